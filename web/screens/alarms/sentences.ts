import type { Sentences } from '../../words/words.ts'

/** What the screens of alarms say beyond what the overview says of them. */
export const ALARMS: Sentences = {
  'zh-CN': async () => (await import('#texts/alarms/zh-CN.json')).default,
  en: async () => (await import('#texts/alarms/en.json')).default,
}
