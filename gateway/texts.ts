import type { ConfigFault, Params, Said } from '#devices/fault.ts'
import type { Text } from '#devices/point.ts'
import ownEn from '#texts/en.json' with { type: 'json' }
import residentsEn from '#texts/residents/en.json' with { type: 'json' }
import residentsZh from '#texts/residents/zh-CN.json' with { type: 'json' }
import ownZh from '#texts/zh-CN.json' with { type: 'json' }
import type { RowCode } from './households/row-code.ts'

export const LANGUAGES = ['zh-CN', 'en'] as const
export type Language = (typeof LANGUAGES)[number]
const en = { ...ownEn, ...residentsEn }
const zhCN = { ...ownZh, ...residentsZh }
export type TextKey = keyof typeof en

/** Both catalogues hold the same keys: tsc checks it here. */
const CATALOGUES: Readonly<Record<Language, Readonly<Record<TextKey, string>>>> = { en, 'zh-CN': zhCN }

/** A sentence in the reader's language; `{name}` is replaced by the parameter, or by nothing. */
export function say(language: Language, key: TextKey, params: Params = {}): string {
  return CATALOGUES[language][key].replace(/\{(\w+)\}/g, (_, name: string) =>
    Object.hasOwn(params, name) ? String(params[name]) : '',
  )
}

export function isTextKey(key: string): key is TextKey {
  return Object.hasOwn(en, key)
}

/** The same text in all languages, as data. */
export function inAllLanguages(key: TextKey, params: Params = {}): { 'zh-CN': string; en: string } {
  return { 'zh-CN': say('zh-CN', key, params), en: say('en', key, params) }
}

export function inLanguage(text: Text, language: Language): string {
  return typeof text === 'string' ? text : text[language]
}

/** What is wrong and, where something is near, what was probably meant. */
export function sayFault(language: Language, { code, params }: Said): string {
  const hint = 'hint' in params ? say(language, 'hint', params) : ''
  return say(language, `fault.${code}`, params) + hint
}

/** `site.yaml:8:5 unknown key "conection" (did you mean "connection"?)` */
export function sayConfigFault(language: Language, fault: ConfigFault): string {
  return `${fault.file}:${fault.line}:${fault.column} ${sayFault(language, fault)}`
}

/** What is wrong with a row of a list, by its line. */
export function sayRowFault({ code, params }: Readonly<{ code: RowCode; params: Params }>): Record<Language, string> {
  return inAllLanguages(`households.${code}`, params)
}
