import { createHmac, timingSafeEqual } from 'node:crypto'

/** RFC 6238 as every authenticator has it: SHA-1, six digits, a new code each 30 s. */
const STEP_MS = 30_000
const DIGITS = 6
/** A clock may be a step off, and a person slow. */
const STEPS_OFF = [0, -1, 1] as const
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The code of the step that `atMs` (wall time) lies in. */
export function codeAt(secret: Buffer, atMs: number): string {
  return codeOf(secret, stepAt(atMs))
}

/** The step that this code stands for, now or next to now; null for none. */
export function stepOf(secret: Buffer, code: string, nowMs: number): number | null {
  const given = Buffer.from(code)
  const steps = STEPS_OFF.map((off) => stepAt(nowMs) + off).filter((step) => step >= 0)
  // All are compared, right or not.
  const right = steps.filter((step) => isSame(given, Buffer.from(codeOf(secret, step))))
  return right[0] ?? null
}

/** RFC 4648 without padding: what a person can type. */
export function base32(bytes: Buffer): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
  return bits.replace(/.{1,5}/g, (five) => BASE32[Number.parseInt(five.padEnd(5, '0'), 2)]!)
}

/** What the picture holds that an authenticator reads. */
export function otpauthUri(secret: Buffer, { issuer, name }: Readonly<{ issuer: string; name: string }>): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(name)}`
  return `otpauth://totp/${label}?secret=${base32(secret)}&issuer=${encodeURIComponent(issuer)}`
}

function stepAt(atMs: number): number {
  return Math.floor(atMs / STEP_MS)
}

/** RFC 4226: the counter's HMAC, cut where its last four bits say. */
function codeOf(secret: Buffer, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const number = mac.readUInt32BE(mac[mac.length - 1]! & 0x0f) & 0x7fff_ffff
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0')
}

function isSame(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
