import type { Sentences } from '../../words/words.ts'

/** What is to be said of brokers: most sites have none but the gateway's own. */
export const BROKERS: Sentences = {
  'zh-CN': async () => (await import('#texts/brokers/zh-CN.json')).default,
  en: async () => (await import('#texts/brokers/en.json')).default,
}
