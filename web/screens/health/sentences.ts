import type { Sentences } from '../../words/words.ts'

/** What is to be said of the roads to people; also on the page of one's own account. */
export const CHANNELS: Sentences = {
  'zh-CN': async () => (await import('#texts/channels/zh-CN.json')).default,
  en: async () => (await import('#texts/channels/en.json')).default,
}

/** What is to be said of brokers: most sites have none but the gateway's own. */
export const BROKERS: Sentences = {
  'zh-CN': async () => (await import('#texts/brokers/zh-CN.json')).default,
  en: async () => (await import('#texts/brokers/en.json')).default,
}
