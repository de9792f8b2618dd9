import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'
import { Screen, Skeletons } from '../../parts/screen.tsx'
import type { Sentences } from '../../words/words.ts'

/** What the screens of notices say beyond what the overview says of them. */
const NOTICES: Sentences = {
  'zh-CN': async () => (await import('#texts/notices/zh-CN.json')).default,
  en: async () => (await import('#texts/notices/en.json')).default,
}

/** Its sentences are loaded with the screen; until then it keeps its place. */
export function WithSentences({ children }: { children: () => ComponentChildren }) {
  const { words } = useApp()
  const [isSaid, setSaid] = useState(false)
  useEffect(() => {
    void words.add(NOTICES).then(() => setSaid(true))
  }, [])
  if (isSaid) return <>{children()}</>
  return (
    <Screen title={words.say('web.screen.notices')}>
      <Skeletons count={4} height="h-28" />
    </Screen>
  )
}
