import { useApp } from '../../app-context.ts'
import type { TextKey } from '../../words/words.ts'
import { outboxOf, type Waiting as Entry } from './outbox.ts'

/** What was done and is not sent yet, and what the gateway refused of it. */
export function Waiting({ order }: { order?: string }) {
  const { connection, words } = useApp()
  const outbox = outboxOf(connection)
  const entries = outbox.waiting.value.filter((entry) => order === undefined || entry.order === order)
  if (entries.length === 0) return null
  const what = ({ step, photo }: Entry) =>
    photo
      ? words.say('web.outbox.photo', { kind: words.sayCode('photo', photo.kind) })
      : words.say(`web.order.${step}` as TextKey)
  return (
    <section class="alert alert-warning alert-soft mb-4 block" aria-label={words.say('web.outbox.title')} data-outbox>
      <h2 class="font-semibold">
        {words.say('web.outbox.title')} ({entries.length})
      </h2>
      <p class="text-sm">{words.say(outbox.isOffline.value ? 'web.outbox.offline' : 'web.outbox.sending')}</p>
      <ul class="mt-1 grid gap-1 text-sm">
        {entries.map((entry) => (
          <li key={entry.key} class="flex flex-wrap items-center gap-2">
            <span>{words.say('web.outbox.step', { order: entry.order, step: what(entry) })}</span>
            {entry.refused !== undefined && (
              <>
                <span>{words.say('web.outbox.refused', { reason: entry.refused })}</span>
                <button type="button" class="btn btn-sm touch" onClick={() => void outbox.drop(entry)}>
                  {words.say('web.outbox.drop')}
                </button>
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
