import type { Order } from './point.ts'

/** Words as they came → their bytes as one big-endian value. */
export function viewOf(words: readonly number[], order: Order): DataView {
  const view = new DataView(new ArrayBuffer(words.length * 2))
  arranged(words, order).forEach((word, i) => view.setUint16(i * 2, word))
  return view
}

/** The inverse of `viewOf`. */
export function wordsOf(view: DataView, order: Order): number[] {
  const words = Array.from({ length: view.byteLength / 2 }, (_, i) => view.getUint16(i * 2))
  return [...arranged(words, order)]
}

/** Every order is its own inverse: it swaps bytes of a word, words of a half, or halves. */
function arranged(words: readonly number[], order: Order): readonly number[] {
  if (order.length > 4) return order.length === words.length * 2 ? lettered(words, order) : words
  const swapWords = order === 'CDAB' || order === 'DCBA'
  const swapBytes = order === 'BADC' || order === 'DCBA'
  const inOrder = swapWords ? words.toReversed() : words
  return swapBytes ? inOrder.map((word) => ((word & 0xff) << 8) | (word >> 8)) : inOrder
}

/** A letter says where in the big-endian value the byte at its place belongs: A is the first. */
function lettered(words: readonly number[], order: Order): number[] {
  const byteAt = (at: number) => (at % 2 === 0 ? words[at >> 1]! >> 8 : words[at >> 1]! & 0xff)
  const bytes = Array.from(order, (_, at) => byteAt(order.charCodeAt(at) - 0x41))
  return words.map((_, i) => (bytes[i * 2]! << 8) | bytes[i * 2 + 1]!)
}
