import type { Value } from './reading.ts'

/** Undefined where the value cannot be made into that. */
export const CONVERSIONS: Readonly<Record<string, (value: Value) => Value | undefined>> = {
  size: (value) => Array.from(value as string).length,
  int: (value) => {
    const number = typeof value === 'string' ? (/^-?\d{1,16}$/.test(value) ? Number(value) : NaN) : Number(value)
    const whole = Math.trunc(number)
    return Number.isSafeInteger(whole) ? whole : undefined
  },
  double: (value) => {
    const number = typeof value === 'string' && (value === '' || value.trim() !== value) ? NaN : Number(value)
    return Number.isFinite(number) ? number : undefined
  },
  string: (value) => String(value),
  bool: (value) =>
    typeof value === 'boolean' ? value : BOOLS.has(String(value)) ? BOOLS.get(String(value)) : undefined,
}

const BOOLS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'True', 'TRUE', 't', '1'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE', 'f', '0'].map((word) => [word, false] as const),
])
