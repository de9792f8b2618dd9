import { useEffect, useState } from 'preact/hooks'
import type { OrderReport } from '../../api/order-types.ts'
import type { Order } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Moment } from '../../parts/moment.tsx'
import { Panel } from '../../parts/screen.tsx'

/** What people told us, in their words, and how they are reached: read when somebody looks, and kept nowhere. */
export function Reports({ order }: { order: Order }) {
  const { words, connection } = useApp()
  const [reports, setReports] = useState<readonly OrderReport[]>([])
  useEffect(() => {
    let isWanted = true
    if (order.reporters > 0)
      connection.getIfThere<{ reports: readonly OrderReport[] }>(`/orders/${order.id}`).then(
        (found) => isWanted && setReports(found?.reports ?? []),
        () => {},
      )
    return () => {
      isWanted = false
    }
    // Whoever takes the order sees the number from then on.
  }, [order.id, order.reporters, order.assignee])
  if (order.reporters === 0) return null
  return (
    <Panel title={words.say('web.intake.reported')}>
      <ul class="grid gap-3 text-sm">
        {reports.map(({ at, home, name, phone, text }) => (
          <li key={at}>
            <p class={`whitespace-pre-line break-words ${text === null ? 'quiet' : ''}`}>
              {text ?? words.say('web.intake.erased')}
            </p>
            <p class="quiet mt-1 flex flex-wrap gap-x-3">
              {home && <span>{home}</span>}
              {name && <span>{name}</span>}
              {phone &&
                (phone.includes('*') ? (
                  <span>{phone}</span>
                ) : (
                  <a class="link" href={`tel:${phone}`}>
                    {phone}
                  </a>
                ))}
              <Moment at={at} />
            </p>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
