import type { Sentences } from '../../words/words.ts'

/** A screen with a checklist for each kind of trouble has more to say than all others together need at first. */
export const FIELD_BUS: Sentences = {
  'zh-CN': async () => (await import('#texts/field-bus/zh-CN.json')).default,
  en: async () => (await import('#texts/field-bus/en.json')).default,
}
