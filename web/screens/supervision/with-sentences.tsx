import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { useApp } from '../../app-context.ts'
import { Screen, Skeletons } from '../../parts/screen.tsx'
import { may, type Permission } from '../../roles.ts'
import type { TextKey } from '../../words/words.ts'
import { useRole } from '../alarms/person.tsx'
import { SUPERVISION } from './sentences.ts'

/** True once the sentences of these screens are there. */
export function useSentences(): boolean {
  const { words } = useApp()
  const [isSaid, setSaid] = useState(false)
  useEffect(() => {
    void words.add(SUPERVISION).then(() => setSaid(true))
  }, [])
  return isSaid
}

export function WithSentences({ children }: { children: () => ComponentChildren }) {
  const { words } = useApp()
  if (useSentences()) return <>{children()}</>
  return (
    <Screen title={words.say('web.screen.orders')}>
      <Skeletons count={4} height="h-18" />
    </Screen>
  )
}

const PAGES: readonly (readonly [string, TextKey, Permission])[] = [
  ['/orders', 'web.orders.tab.list', 'readOrders'],
  ['/handovers', 'web.orders.tab.handovers', 'handOver'],
  ['/cases', 'web.orders.tab.cases', 'readCases'],
  ['/scores', 'web.orders.tab.scores', 'readCases'],
  ['/months', 'web.orders.tab.months', 'readCases'],
]

/** What stands beside the board of orders, as far as the role may see it. Keeps its place until its words are there. */
export function OrderPages() {
  const { words } = useApp()
  const { path } = useLocation()
  const role = useRole()
  const isSaid = useSentences()
  const pages = PAGES.filter(([, , permission]) => role !== null && may(role, permission))
  if (pages.length < 2) return null
  return (
    <nav
      aria-label={isSaid ? words.say('web.orders.tabs') : words.say('web.screen.orders')}
      class="border-base-300 mb-4 flex min-h-11 gap-1 overflow-x-auto border-b lg:min-h-9"
    >
      {isSaid &&
        pages.map(([href, key]) => {
          const isHere = path === href
          return (
            <a
              key={href}
              href={href}
              aria-current={isHere ? 'page' : undefined}
              class={`touch inline-flex items-center border-b-2 px-2 text-sm whitespace-nowrap sm:px-3 ${isHere ? 'border-primary text-primary font-semibold' : 'quiet hover:border-base-content/30 border-transparent'}`}
            >
              {words.say(key)}
            </a>
          )
        })}
    </nav>
  )
}
