import { useState } from 'preact/hooks'
import type { PhotoKind } from '../../api/order-types.ts'
import type { Order } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Refused } from '../../parts/action.tsx'
import { Panel } from '../../parts/screen.tsx'
import { outboxOf } from './outbox.ts'
import { shrunk } from './send-photo.ts'

const KINDS: readonly PhotoKind[] = ['before', 'after', 'other']

/** Photos of the work; a new one waits in the outbox like every other step. */
export function Photos({ order, by }: { order: Order; by: string | null }) {
  const { words, connection, estate } = useApp()
  const [wrong, setWrong] = useState<string | null>(null)
  const { photos, waitsFor, id, closedAt } = order
  const add = async (kind: PhotoKind, input: HTMLInputElement) => {
    const file = input.files?.[0]
    input.value = ''
    if (!file || by === null) return
    const blob = await shrunk(file)
    setWrong(blob === null ? words.say('web.order.photo.bad') : null)
    if (blob === null) return
    const deviceAt = new Date(Math.round(estate.clock.now.peek())).toISOString()
    await outboxOf(connection).add({ order: id, step: 'photo', by, body: { deviceAt }, photo: { kind, blob } })
  }
  const name = (kind: PhotoKind) => words.sayCode('photo', kind)
  return (
    <Panel title={words.say('web.order.photos')}>
      {waitsFor.photos.length > 0 && (
        <p class="mb-2 text-sm font-medium">
          {words.say('web.order.photos.wanted', { kinds: waitsFor.photos.map(name).join(', ') })}
        </p>
      )}
      {photos.length === 0 ? (
        <p class="quiet text-sm">{words.say('web.order.photos.none')}</p>
      ) : (
        <ul class="grid grid-cols-2 gap-2 sm:grid-cols-3">
          {photos.map(({ photo, kind, by: whose, at }) => (
            <li key={photo + kind}>
              <a href={`/api/v1/orders/${id}/photos/${photo}`} download>
                <img
                  loading="lazy"
                  class="rounded-field bg-base-200 aspect-square w-full object-cover"
                  src={`/api/v1/orders/${id}/photos/${photo}`}
                  alt={words.say('web.order.photo.of', { kind: name(kind), by: whose, time: words.format.moment(at) })}
                />
              </a>
              <span class="quiet text-xs">
                {name(kind)} · {words.format.time(at)}
              </span>
            </li>
          ))}
        </ul>
      )}
      {by !== null && closedAt === null && (
        <div class="mt-2 flex flex-wrap gap-2">
          {KINDS.map((kind) => (
            <label
              key={kind}
              class="btn btn-sm touch focus-within:outline-primary cursor-pointer focus-within:outline-2"
            >
              {words.say('web.order.photo.take', { kind: name(kind) })}
              <input
                type="file"
                class="sr-only"
                accept="image/*"
                capture="environment"
                data-photo={kind}
                onChange={(event) => void add(kind, event.currentTarget)}
              />
            </label>
          ))}
        </div>
      )}
      <Refused text={wrong} />
    </Panel>
  )
}
