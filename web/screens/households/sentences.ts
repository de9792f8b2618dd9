import { useEffect, useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'
import type { Sentences } from '../../words/words.ts'

/** What only those read who speak with residents. */
const HOUSEHOLDS: Sentences = {
  'zh-CN': async () => (await import('#texts/households/zh-CN.json')).default,
  en: async () => (await import('#texts/households/en.json')).default,
}

/** True when the sentences are there. */
export function useHouseholdWords(): boolean {
  const { words } = useApp()
  const [isSaid, setSaid] = useState(false)
  useEffect(() => {
    void words.add(HOUSEHOLDS).then(() => setSaid(true))
  }, [])
  return isSaid
}
