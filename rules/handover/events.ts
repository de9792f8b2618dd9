import type { Text } from '#devices/point.ts'

export const SIDES = ['outgoing', 'incoming'] as const
export type Side = (typeof SIDES)[number]

/** So long after the change both sides have signed, or the head hears of it. */
export const SIGNED_WITHIN_MS = 15 * 60_000

/** What one shift leaves to the next, by ids: the open orders, what is in alarm and what is kept silent, locks, promises. */
export type HandoverItems = Readonly<{
  orders: readonly string[]
  /** In alarm, and told. */
  standing: readonly string[]
  shelved: readonly string[]
  /** By a maintenance window, a mode, a known cause. */
  suppressed: readonly string[]
  outOfService: readonly string[]
  lockouts: readonly string[]
  permits: readonly string[]
  /** Ends that residents were promised. */
  promises: readonly Readonly<{ order: string; eta: number }>[]
}>

/** Shifts hand over to each other 交接班. `post` is whose shifts these are; all times but `changeAt` are site time. */
export type HandoverEvents = {
  /** A change of shift comes. `changeAt` is on the wall. */
  'handover.opened': {
    handover: string
    post: string
    name: Text
    changeAt: number
    dueAt: number
    outgoing: readonly string[]
    incoming: readonly string[]
  }
  /** The same people stay, or nobody was asked to sign yet: nothing is handed over. */
  'handover.skipped': { post: string; changeAt: number }
  /** What stood on the sheet when it was signed. */
  'handover.signed': { handover: string; side: Side; by: string; note?: string; items: HandoverItems }
  /** Not signed by both a quarter of an hour after the change. */
  'handover.overdue': { handover: string; post: string; missing: readonly Side[]; dueAt: number; to: readonly string[] }
  /** The next change came, and it was never signed by both. */
  'handover.lapsed': { handover: string; missing: readonly Side[] }
}
