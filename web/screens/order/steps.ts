import type { Order, OrderState, Role } from '../../api/types.ts'
import type { IconName } from '../../parts/icon.tsx'
import { may, type Permission } from '../../roles.ts'
import type { TextKey } from '../../words/words.ts'
import type { Waiting } from './outbox.ts'

export type FieldName =
  | 'reason'
  | 'text'
  | 'finding'
  | 'report'
  | 'to'
  | 'pause'
  | 'into'
  | 'proof'
  | 'callBack'
  | 'stars'
  | 'tag'
  | 'for'

/** Something a person may do about an order; `to` is the state it leads to, shown while it waits to be sent. */
export type Step = Readonly<{
  name: string
  label: TextKey
  icon: IconName
  asks: readonly FieldName[]
  means?: TextKey
  to?: OrderState
  /** Under "more": done seldom, or by few. */
  isAside?: true
}>

const step = (name: string, icon: IconName, more: Partial<Step> = {}): Step => ({
  name,
  label: `web.order.${name}` as TextKey,
  icon,
  asks: [],
  ...more,
})

const ACCEPT = step('accept', 'check', { to: 'accepted' })
const DEPART = step('depart', 'map-pin', { to: 'en_route' })
const ARRIVE = step('arrive', 'map-pin', { to: 'arrived' })
const START = step('start', 'wrench', { to: 'working' })
const FINISH = step('finish', 'wrench', { asks: ['report'], to: 'restored' })
const REPORT = step('report', 'clipboard-list', { asks: ['report'] })
const RESUME = step('resume', 'check', { to: 'accepted' })
const CLOSE = step('close', 'flag', { means: 'web.order.close.means' })
const APPOINT = step('appoint', 'clock', { asks: ['for'] })
const UPDATE = step('update', 'megaphone', { asks: ['text'] })
const DECLINE = step('decline', 'undo-2', { asks: ['reason'] })
const PAUSE = step('pause', 'clock', { asks: ['pause'], isAside: true })
const TRANSFER = step('transfer', 'users', { asks: ['to', 'reason'], isAside: true })
const MERGE = step('merge', 'clipboard-list', { asks: ['into'], isAside: true })
const FALSE_ALARM = step('false-alarm', 'triangle-alert', { asks: ['proof', 'reason'], isAside: true })
const AGREE = step('false-alarm/approve', 'check', {
  label: 'web.order.false-alarm.approve',
  means: 'web.order.false-alarm.means',
})
const CANCEL = step('cancel', 'x', { asks: ['reason'], isAside: true })
const REOPEN = step('reopen', 'rotate-ccw', { asks: ['reason'], isAside: true })
const CALL_BACK = step('call-back', 'megaphone', { asks: ['callBack'] })
const RATE = step('rate', 'circle-check', { asks: ['stars'], isAside: true })

const LEADS: Readonly<Record<string, OrderState | undefined>> = Object.fromEntries(
  [ACCEPT, DEPART, ARRIVE, START, FINISH, RESUME].map(({ name, to }) => [name, to]),
)

/** The order as it will be once all that waits was sent: who is offline goes on. */
export function afterWaiting(order: Order, waiting: readonly Waiting[]): Order {
  return waiting
    .filter((entry) => entry.order === order.id && entry.refused === undefined)
    .reduce<Order>((known, { step: name, photo }) => {
      const { waitsFor } = known
      if (photo)
        return { ...known, waitsFor: { ...waitsFor, photos: waitsFor.photos.filter((kind) => kind !== photo.kind) } }
      return { ...known, state: LEADS[name] ?? known.state }
    }, order)
}

const WORK: Readonly<Record<OrderState, readonly Step[]>> = {
  new: [ACCEPT],
  dispatched: [ACCEPT, DECLINE, TRANSFER],
  accepted: [ARRIVE, DEPART, DECLINE, PAUSE, TRANSFER],
  en_route: [ARRIVE, DECLINE, PAUSE, TRANSFER],
  arrived: [FINISH, START, PAUSE, TRANSFER],
  working: [FINISH, PAUSE, TRANSFER],
  paused: [RESUME, TRANSFER],
  restored: [REPORT, CLOSE],
  feedback: [CLOSE],
  verified: [CLOSE, REPORT],
  closed: [],
  merged: [],
  false_alarm: [],
  cancelled: [],
}
const DECIDE: readonly Step[] = [MERGE, CANCEL]
/** A contractor knows nobody to hand over to, and whether it is over is for the house to say. */
const OF_THE_HOUSE: readonly Step[] = [TRANSFER, CLOSE]
const NEVER_PAUSES = ['P0', 'P1']
/** Answered, not mended: nobody goes anywhere for them. */
const ANSWERED = ['P5', 'P5q']
const AT_HOME = ['P4a', 'P4b']
const BEFORE_ONE_COMES: readonly OrderState[] = ['new', 'dispatched', 'accepted']

/** Some work at what they were given alone. */
export function mayWorkAt({ assignee }: Order, role: Role, person: string | null): boolean {
  return may(role, 'work') || (may(role, 'workOwn') && person !== null && assignee === person)
}

/** What this role is offered in this state, the next step first. The gateway has the last word. */
export function stepsOf(order: Order, role: Role, person: string | null = null): readonly Step[] {
  const { state, class: ofClass, waitsFor, closedAt, finishedAt, falseAlarm } = order
  const isOpenTo = (each: Step) => role !== 'contractor' || !OF_THE_HOUSE.includes(each)
  const offered = (permission: Permission, steps: readonly Step[]) =>
    may(role, permission) ? steps.filter(isOpenTo) : []
  const isOver = closedAt !== null
  const work = WORK[state].filter((each) => each !== PAUSE || !NEVER_PAUSES.includes(ofClass))
  const going = ANSWERED.includes(ofClass) && state === 'accepted' ? [FINISH, DECLINE, PAUSE, TRANSFER] : work
  const isExpected = AT_HOME.includes(ofClass) && BEFORE_ONE_COMES.includes(state)
  const isHis = person !== null && order.assignee === person
  const permission = isHis && !may(role, 'work') ? 'workOwn' : 'work'
  const talk = [...(isExpected ? [APPOINT] : []), ...(isOver ? [] : [UPDATE])]
  const isAskedFirst = !may(role, 'work') && !isHis && person !== null && order.owner === person
  const scanned = going.map((each) => (each === ARRIVE && waitsFor.scan ? { ...ARRIVE, asks: ['tag'] as const } : each))
  const called = finishedAt === null ? [] : [...(waitsFor.callBackBy === null ? [] : [CALL_BACK]), RATE]
  const isReopenable = state === 'restored' || state === 'feedback' || state === 'verified' || isOver
  return [
    ...offered(permission, [...scanned, ...talk]),
    ...(isAskedFirst ? offered('workOwn', talk) : []),
    ...offered('callBack', [...called, ...(isReopenable && state !== 'merged' ? [REOPEN] : [])]),
    ...offered('findFalse', isOver || state === 'verified' ? [] : [FALSE_ALARM]),
    ...offered('decideOrders', isOver ? [] : [...(falseAlarm ? [AGREE] : []), ...DECIDE]),
  ]
}
