import { useApp } from '../../app-context.ts'
import type { Order } from '../../api/types.ts'
import { Refused, useSending } from '../../parts/action.tsx'
import { Panel } from '../../parts/screen.tsx'

/** What the alarm's response asks for, step by step; ticked by whoever has the order. */
export function Checklist({ order, by }: { order: Order; by: string | null }) {
  const { words } = useApp()
  const sending = useSending()
  const { checklist, id, closedAt } = order
  if (checklist.length === 0) return null
  return (
    <Panel title={words.say('web.order.checklist')}>
      <ol class="grid gap-1">
        {checklist.map(({ rule, item, text, done }) => (
          <li key={`${rule} ${item}`}>
            <label class="flex min-h-11 items-start gap-2 py-1 lg:min-h-8">
              <input
                type="checkbox"
                class="checkbox mt-0.5"
                checked={done !== null}
                disabled={by === null || closedAt !== null || sending.isBusy}
                onChange={(event) =>
                  void sending.send(`/orders/${id}/tick`, { by, rule, item, done: event.currentTarget.checked })
                }
              />
              <span class="min-w-0">
                <span class="break-words">{words.of(text)}</span>
                {done && (
                  <span class="quiet block text-sm">
                    {words.say('web.order.checklist.done', { by: done.by, time: words.format.time(done.at) })}
                  </span>
                )}
              </span>
            </label>
          </li>
        ))}
      </ol>
      <Refused text={sending.refused} />
    </Panel>
  )
}
