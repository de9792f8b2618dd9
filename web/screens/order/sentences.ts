import { useEffect, useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'
import type { Sentences } from '../../words/words.ts'

/** What the screens of orders say beyond what the overview says of them. */
const ORDERS: Sentences = {
  'zh-CN': async () => (await import('#texts/orders/zh-CN.json')).default,
  en: async () => (await import('#texts/orders/en.json')).default,
}

/** False until they are there. */
export function useOrderSentences(): boolean {
  const { words } = useApp()
  const [isSaid, setSaid] = useState(false)
  useEffect(() => {
    void words.add(ORDERS).then(() => setSaid(true))
  }, [words])
  return isSaid
}
