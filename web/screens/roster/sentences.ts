import type { Sentences } from '../../words/words.ts'

export const ROSTER: Sentences = {
  'zh-CN': async () => (await import('#texts/roster/zh-CN.json')).default,
  en: async () => (await import('#texts/roster/en.json')).default,
}
