import type { Sentences } from '../../words/words.ts'

export const OPC_UA: Sentences = {
  'zh-CN': async () => (await import('#texts/opcua/zh-CN.json')).default,
  en: async () => (await import('#texts/opcua/en.json')).default,
}
