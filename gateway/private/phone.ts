/**
 * One number however it is written: `+86 139-1234-5678`, `0086 13912345678` and `13912345678` are the same. Null when
 * it cannot be a number at all.
 */
export function normalPhone(text: string): string | null {
  const written = text.replace(/[\s\-().·]/g, '')
  if (!/^\+?\d{3,15}$/.test(written)) return null
  return written.replace(/^(?:\+86|0086|86(?=1\d{10}$))/, '').replace(/^00/, '+')
}

/** `138****1234`: enough to recognise, not enough to call. */
export function maskedPhone(phone: string): string {
  return phone.length < 8 ? '****' : `${phone.slice(0, 3)}****${phone.slice(-4)}`
}
