import { Fault } from '#devices/fault.ts'
import common from './common-passwords.json' with { type: 'json' }

export const PASSWORD = { least: 8, most: 128 } as const
/** Shorter words stand in too many good passwords by chance. */
const SHORTEST_WORD = 3

/**
 * S06: length decides, not which kinds of characters. What everybody tries first does not count: the best-known
 * passwords, also with a tail of digits and signs, and the words of this site and of the account's own name.
 */
export function demandStrength(password: string, words: readonly string[]): void {
  const folded = fold(password)
  const isCommon = [folded, folded.replace(/[^\p{L}]+$/u, '')].some((text) => COMMON.has(text))
  if (isCommon || lengthOf(without(folded, words)) < PASSWORD.least)
    throw new Fault('weak_password', { least: PASSWORD.least })
}

/** The words of a name, as somebody who guesses would write them. */
export function wordsOf(names: readonly string[]): string[] {
  return names
    .flatMap((name) => [fold(name).replace(/\s+/g, ''), ...fold(name).split(/[^\p{L}\p{N}]+/u)])
    .filter((word) => word.length >= SHORTEST_WORD || /\p{Script=Han}{2,}/u.test(word))
}

const COMMON: ReadonlySet<string> = new Set(common)

/** The longest first: what it leaves may hold a shorter one. */
function without(text: string, words: readonly string[]): string {
  return words.toSorted((a, b) => b.length - a.length).reduce((rest, word) => rest.replaceAll(word, ''), text)
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

function lengthOf(text: string): number {
  // In code points, as the schema of a request counts.
  return Array.from(text).length
}
