import type { Text } from '#devices/point.ts'
import type { Params } from '#devices/fault.ts'
import type { Why } from '#rules/event.ts'
import { type Language, LANGUAGES, inLanguage, isTextKey, say } from '../../texts.ts'

export type InAllLanguages = Readonly<Record<Language, string>>

/** A text as people wrote it, in every language. */
export function both(text: Text): InAllLanguages {
  return Object.fromEntries(LANGUAGES.map((language) => [language, inLanguage(text, language)])) as InAllLanguages
}

export function bothOrNull(text: Text | undefined): InAllLanguages | null {
  return text === undefined ? null : both(text)
}

/** A reason as data and in words; words of the site (skills) are said where we know them. */
export function sayWhy({ code, params }: Why): Why & Readonly<{ text: InAllLanguages }> {
  const key = `why.${code}`
  const text = LANGUAGES.map((language) => [
    language,
    isTextKey(key) ? say(language, key, worded(language, params)) : code,
  ])
  return { code, params, text: Object.fromEntries(text) as InAllLanguages }
}

function worded(language: Language, params: Params): Params {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      const key = `${name}.${value}`
      return [name, isTextKey(key) ? say(language, key) : value]
    }),
  )
}
