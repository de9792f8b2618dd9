import { useApp, useWords } from '../../app-context.ts'
import type { Order, OrderClock } from '../../api/types.ts'
import { Moment } from '../../parts/moment.tsx'
import { clockKey, TimeLeft } from '../../parts/order-clock.tsx'
import { Panel } from '../../parts/screen.tsx'
import type { TextKey } from '../../words/words.ts'

const TONE: Readonly<Record<OrderClock['state'], string>> = {
  running: 'badge-info badge-soft',
  paused: 'badge-ghost',
  overdue: 'badge-error badge-soft',
  met: 'badge-success badge-soft',
  missed: 'badge-warning badge-soft',
}

/** What was promised, by when, and how it stands; whom its silence and its delays were told to. */
export function OrderClocks({ order }: { order: Order }) {
  const { words, estate } = useApp()
  const now = estate.clock.now.value
  if (order.clocks.length === 0 && order.escalations.length === 0) return null
  return (
    <Panel title={words.say('web.order.clocks')}>
      <p class="mb-2 text-sm font-medium">
        <TimeLeft order={order} />
      </p>
      <ul class="grid gap-1 text-sm">
        {order.clocks.map((clock) => (
          <Line key={clock.clock} name={clockKey(order, clock)} clock={stateNow(clock, now)} />
        ))}
      </ul>
      <Told order={order} />
    </Panel>
  )
}

/** The gateway said how it stood when it was asked; time has passed since. */
function stateNow(clock: OrderClock, now: number): OrderClock {
  const isOver = clock.state === 'running' && clock.dueAt !== null && now > Date.parse(clock.dueAt)
  return isOver ? { ...clock, state: 'overdue' } : clock
}

function Line({ name, clock: { dueAt, state, latestAt } }: { name: TextKey; clock: OrderClock }) {
  const words = useWords()
  return (
    <li class="flex flex-wrap items-center justify-between gap-x-3">
      <span>{words.say(name)}</span>
      <span class="flex items-center gap-2">
        {dueAt !== null && <Moment at={dueAt} class="quiet" />}
        {latestAt !== undefined && (
          <span class="quiet">{words.say('web.intake.latest', { time: words.format.moment(latestAt) })}</span>
        )}
        <span class={`badge badge-sm ${TONE[state]}`}>{words.say(`web.order.clock.state.${state}`)}</span>
      </span>
    </li>
  )
}

function Told({ order: { escalations, updates, pauses } }: { order: Order }) {
  const words = useWords()
  const pause = pauses.at(-1)
  const isPaused = pause !== undefined && pause.to === null
  return (
    <ul class="mt-2 grid gap-1 text-sm empty:hidden">
      {isPaused && (
        <li>
          {words.say('web.order.paused', {
            reason: words.sayCode('pause', pause.reason),
            time: words.format.moment(pause.until),
          })}
        </li>
      )}
      {escalations.map(({ level, at, to, clock }) => (
        <li key={level}>
          <span class="badge badge-error badge-soft badge-sm">{words.say('web.order.level', { level })}</span>{' '}
          {words.say('web.order.told', {
            who: to.length === 0 ? words.say('web.order.told.nobody') : to.join(', '),
            time: words.format.moment(at),
            clock: words.say(`web.order.clock.${clock}`),
          })}
        </li>
      ))}
      {updates.map(({ at, by, text, eta }) => (
        <li key={at}>
          <q class="break-words whitespace-pre-line">{text}</q>{' '}
          <span class="quiet">
            {by} · {words.format.moment(at)}
            {eta !== null && ` · ${words.say('web.order.eta', { time: words.format.moment(eta) })}`}
          </span>
        </li>
      ))}
    </ul>
  )
}
