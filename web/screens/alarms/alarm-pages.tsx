import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { useApp } from '../../app-context.ts'
import { Screen, Skeletons } from '../../parts/screen.tsx'
import { ALARMS } from './sentences.ts'

/** Its sentences are loaded with the screen; until then it keeps its place. */
export function WithSentences({ children }: { children: () => ComponentChildren }) {
  const { words } = useApp()
  const [isSaid, setSaid] = useState(false)
  useEffect(() => {
    void words.add(ALARMS).then(() => setSaid(true))
  }, [])
  if (isSaid) return <>{children()}</>
  return (
    <Screen title={words.say('web.screen.alarms')}>
      <Skeletons count={6} height="h-18" />
    </Screen>
  )
}

const PAGES = [
  ['/alarms', 'web.alarms.tab.list'],
  ['/silences', 'web.alarms.tab.silences'],
  ['/alarm-health', 'web.alarms.tab.health'],
] as const

/** The three pages of alarms: what stands, what is silent, and whether the alarms themselves are any good. */
export function AlarmPages() {
  const { words } = useApp()
  const { path } = useLocation()
  return (
    <nav aria-label={words.say('web.alarms.tabs')} class="border-base-300 mb-4 flex gap-1 border-b">
      {PAGES.map(([href, key]) => {
        const isHere = path === href
        return (
          <a
            key={href}
            href={href}
            aria-current={isHere ? 'page' : undefined}
            class={`touch inline-flex items-center border-b-2 px-2 text-sm sm:px-3 ${isHere ? 'border-primary text-primary font-semibold' : 'quiet hover:border-base-content/30 border-transparent'}`}
          >
            {words.say(key)}
          </a>
        )
      })}
    </nav>
  )
}
