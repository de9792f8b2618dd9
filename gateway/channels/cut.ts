const ENDS = ['。', '！', '？', '. ', '! ', '? ', '\n']

/** At most so many bytes of UTF-8, ended where a sentence ends; a provider that gets more drops the whole message. */
export function cutToBytes(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text
  let end = 0
  let bytes = 0
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > most) break
    end += character.length
  }
  const fitting = text.slice(0, end)
  const sentence = Math.max(
    ...ENDS.map((mark) => fitting.lastIndexOf(mark) + (fitting.includes(mark) ? mark.length : 0)),
  )
  return sentence > 0 ? fitting.slice(0, sentence).trimEnd() : fitting
}
