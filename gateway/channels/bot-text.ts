import { type Language, LANGUAGES } from '../texts.ts'
import type { Message } from './channel.ts'

/** What a group reads: the notice in each language, one below the other. */
export function botText({ texts }: Pick<Message, 'texts'>): { title: string; text: string } {
  const of = (language: Language) => texts[language]
  const title = LANGUAGES.map((language) => of(language).title).join(' / ')
  return { title, text: LANGUAGES.map((language) => `${of(language).title}\n${of(language).body}`).join('\n\n') }
}
