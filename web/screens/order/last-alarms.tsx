import { useEffect, useState } from 'preact/hooks'
import type { Alarm, Order, Page } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Moment } from '../../parts/moment.tsx'
import { Panel } from '../../parts/screen.tsx'

/** What this equipment had of late, and the way to how it went. */
export function LastAlarms({ order: { asset, id } }: { order: Order }) {
  const { connection, words } = useApp()
  const [alarms, setAlarms] = useState<readonly Alarm[]>([])
  useEffect(() => {
    let isWanted = true
    connection.getIfThere<Page<Alarm>>(`/alarms?asset=${encodeURIComponent(asset)}&limit=5`).then(
      (page) => isWanted && setAlarms(page?.items ?? []),
      // Offline: what is known is on the page.
      () => {},
    )
    return () => {
      isWanted = false
    }
  }, [asset, id])
  return (
    <Panel
      title={words.say('web.order.faults')}
      aside={
        <a class="link text-sm" href={`/assets/${asset}?range=24h`}>
          {words.say('web.order.trend')}
        </a>
      }
    >
      <ul class="grid gap-1 text-sm">
        {alarms.map((alarm) => (
          <li key={alarm.id} class="flex flex-wrap items-center justify-between gap-x-3">
            <a class="link inline-flex min-h-11 items-center lg:min-h-6" href={`/alarms/${alarm.id}`}>
              {words.of(alarm.name)}
            </a>
            <Moment at={alarm.raisedAt} class="quiet" />
          </li>
        ))}
      </ul>
    </Panel>
  )
}
