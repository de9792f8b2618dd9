import { type Language, LANGUAGES } from '../texts.ts'
import type { Message } from './channel.ts'

/** What a group reads: the notice in each language, one below the other. */
export function botText({ texts }: Pick<Message, 'texts'>): { title: string; text: string } {
  const of = (language: Language) => texts[language]
  const title = LANGUAGES.map((language) => of(language).title).join(' / ')
  return { title, text: LANGUAGES.map((language) => `${of(language).title}\n${of(language).body}`).join('\n\n') }
}

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
