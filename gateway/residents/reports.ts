import type { IntakeClass } from '#rules/orders/intake.ts'
import { IS_AT_WORK, type OrderState } from '#rules/orders/states.ts'
import type { Register } from '../households/register.ts'
import { reportsOf as inWords } from '../intake/reports.ts'
import type { PrivateStore } from '../private/private-store.ts'
import type { Site } from '../site/site.ts'
import type { OrderDocument } from '../store/documents.ts'
import type { Store } from '../store/store.ts'

/** What a resident may tell us from the page; what is urgent is rung up. */
export const TOPICS = ['water', 'electric', 'other', 'enquiry', 'complaint'] as const
export type Topic = (typeof TOPICS)[number]
const CLASS_OF: Readonly<Partial<Record<Topic, IntakeClass>>> = { enquiry: 'P5q', complaint: 'P5' }

/** How far it is, as of a parcel; `at` is null for what is still to come. Site time. */
export const STEPS = ['received', 'assigned', 'working', 'done'] as const
type Step = Readonly<{ step: (typeof STEPS)[number]; at: number | null }>
/** A report of this home on its way, as far as its author may follow it: no names of people, nothing of anybody else. */
export type OwnReport = Readonly<{
  id: string
  class: OrderDocument['class']
  state: OrderState
  /** In the words of whoever told us; null where they are gone. */
  text: string | null
  at: number
  steps: readonly Step[]
  /** On the wall. */
  comesAt: number | null
  updates: readonly Readonly<{ at: number; text: string }>[]
  stars: number | null
  /** It is done, and nobody of the home said yet how. */
  mayRate: boolean
  mayReopen: boolean
}>

const MOST = 30
const RATED_FOR_MS = 7 * 24 * 3_600_000

export type ReportSources = Readonly<{
  site: Site
  read: Pick<Store['read'], 'list' | 'get'>
  secrets: PrivateStore
  register: Register
  clock: Readonly<{ now(): number; wallOffsetMs(): number }>
}>

/** The newest first; nothing from before those came who live there now. */
export async function reportsOfHome(sources: ReportSources, home: string): Promise<readonly OwnReport[]> {
  const { items } = await sources.read.list('orders', { home, limit: MOST })
  return items.filter((order) => isTheirs(sources, home, order)).map((order) => reportOf(sources, home, order))
}

/** Null also for what is another home's. */
export async function reportOfHome(sources: ReportSources, home: string, id: string): Promise<OwnReport | null> {
  const order = await sources.read.get('orders', id)
  return order && isTheirs(sources, home, order) ? reportOf(sources, home, order) : null
}

function isTheirs({ register, clock }: ReportSources, home: string, order: OrderDocument): boolean {
  if (order.home !== home || order.source === undefined) return false
  const { contacts } = register.roll().at(home, clock.now() + clock.wallOffsetMs())
  const since = Math.min(...contacts.map(({ from }) => from), Infinity)
  return since <= order.openedAt + clock.wallOffsetMs()
}

function reportOf({ secrets, register, clock }: ReportSources, home: string, order: OrderDocument): OwnReport {
  const { id, class: ofClass, state, openedAt, updates = [], appointment, rating, closedAt } = order
  const startedAt = order.arrivedAt ?? order.startedAt ?? null
  const doneAt = order.finishedAt ?? order.verifiedAt ?? closedAt
  const isDone = state === 'verified' || (state === 'closed' && order.verifiedAt !== null)
  const isLate = closedAt !== null && clock.now() > closedAt + RATED_FOR_MS
  const own = inWords(order, { secrets, register }).find((report) => report.home === home)
  return {
    id,
    class: ofClass,
    state,
    text: own?.text ?? null,
    at: openedAt,
    steps: [
      { step: 'received', at: openedAt },
      { step: 'assigned', at: order.acceptedAt ?? (order.assignee === null ? null : openedAt) },
      { step: 'working', at: startedAt ?? doneAt },
      { step: 'done', at: IS_AT_WORK[state] ? null : doneAt },
    ],
    comesAt: doneAt === null && startedAt === null ? (appointment?.for ?? null) : null,
    updates: updates.map(({ at, text }) => ({ at, text })),
    stars: rating?.stars ?? null,
    mayRate: isDone && !isLate && rating === undefined,
    mayReopen: isDone && !isLate,
  }
}

/** As what it is opened, and for whom it is likely work. */
export function intakeOf({ plan }: Pick<Site, 'plan'>, topic: Topic): Readonly<{ class: IntakeClass; skill?: string }> {
  const ofClass = CLASS_OF[topic]
  if (ofClass) return { class: ofClass }
  const known = plan.staff.some(({ skills }) => skills.includes(topic))
  const hands = plan.staff.find(({ role, skills }) => role === 'technician' && skills.length > 0)
  const skill = known ? topic : hands?.skills[0]
  return { class: 'P4b', ...(skill === undefined ? {} : { skill }) }
}
