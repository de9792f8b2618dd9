import type { DataValue, OpcUa } from './library.ts'

/** What has no plain form: an array, a structure, a number that cannot be held. No point takes it. */
const NO_PLAIN_VALUE = {}

/** A server's value as plain JavaScript: number, text, true or false, null where there is none. */
export function plainValueOf({ DataType, VariantArrayType }: OpcUa, { value: variant }: DataValue): unknown {
  if (!variant || variant.dataType === DataType.Null) return null
  if (variant.arrayType !== VariantArrayType.Scalar) return NO_PLAIN_VALUE
  const value: unknown = variant.value
  switch (variant.dataType) {
    case DataType.Float:
      // Seven digits mean something; the rest is what binary makes of a decimal.
      return typeof value === 'number' && Number.isFinite(value) ? Number(value.toPrecision(7)) : value
    case DataType.Int64:
    case DataType.UInt64:
      return wideOf(value, variant.dataType === DataType.Int64)
    case DataType.DateTime:
      return value instanceof Date ? value.toISOString() : NO_PLAIN_VALUE
    case DataType.LocalizedText:
      return (value as { text?: string | null } | null)?.text ?? null
    default:
      return value === null || ['number', 'string', 'boolean'].includes(typeof value) ? value : NO_PLAIN_VALUE
  }
}

/** 64 bits come as two halves. */
function wideOf(value: unknown, isSigned: boolean): unknown {
  if (!Array.isArray(value)) return NO_PLAIN_VALUE
  const [high, low] = value as [number, number]
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
  const number = Number(isSigned ? BigInt.asIntN(64, bits) : bits)
  return Number.isSafeInteger(number) ? number : NO_PLAIN_VALUE
}
