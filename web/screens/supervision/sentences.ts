import type { Sentences } from '../../words/words.ts'

/** What is said of supervision, handovers and pages. */
export const SUPERVISION: Sentences = {
  'zh-CN': async () => (await import('#texts/supervision/zh-CN.json')).default,
  en: async () => (await import('#texts/supervision/en.json')).default,
}
