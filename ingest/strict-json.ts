const MAX_DEPTH = 32

/**
 * JSON text or UTF-8 bytes → its value; undefined for what a well-meant message never is: not UTF-8, not JSON, nested
 * more than 32 deep, with a number beyond all numbers (1e999), a key twice, or the key `__proto__`.
 */
export function parseStrict(payload: Uint8Array | string): unknown {
  try {
    const text = typeof payload === 'string' ? payload : utf8(payload)
    const value: unknown = text === undefined ? undefined : JSON.parse(text)
    const keys = keysOf(value, 1)
    // Of a key given twice JSON.parse keeps the last: then the text has more pairs than the value.
    return text !== undefined && keys === pairsIn(text) ? value : undefined
  } catch {
    return undefined
  }
}

export function utf8(payload: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(payload)
  } catch {
    return undefined
  }
}

/** How many keys a value has, at all depths; NaN when it is not harmless. */
function keysOf(value: unknown, depth: number): number {
  if (typeof value === 'number') return Number.isFinite(value) ? 0 : NaN
  if (typeof value !== 'object' || value === null) return 0
  if (depth > MAX_DEPTH || Object.hasOwn(value, '__proto__')) return NaN
  const inner = Object.values(value)
  return inner.reduce<number>((sum, each) => sum + keysOf(each, depth + 1), Array.isArray(value) ? 0 : inner.length)
}

/** Colons outside of strings: one for each pair of an object, in a text that is JSON. */
function pairsIn(text: string): number {
  let pairs = 0
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (char === COLON) pairs++
    else if (char === QUOTE) {
      for (i++; text.charCodeAt(i) !== QUOTE; i++) if (text.charCodeAt(i) === BACKSLASH) i++
    }
  }
  return pairs
}

const QUOTE = 0x22
const COLON = 0x3a
const BACKSLASH = 0x5c
