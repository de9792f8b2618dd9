/** What stands behind the whole part, by thousandths. */
const FRACTIONS: readonly string[] = Array.from({ length: 1_000 }, (_, thousandths) =>
  String(thousandths / 1_000).slice(1),
)
const LARGEST = 1e12

/**
 * The same as `String`, in half the time for what devices say: numbers of up to three decimals. A float64 that comes from
 * so short a number has it as its shortest text.
 */
export function numberText(value: number): string {
  if (value < 0) return `-${numberText(-value)}`
  const thousandths = Math.round(value * 1_000)
  if (thousandths / 1_000 !== value || thousandths > LARGEST) return String(value)
  const whole = Math.floor(thousandths / 1_000)
  return String(whole) + FRACTIONS[thousandths - whole * 1_000]!
}
