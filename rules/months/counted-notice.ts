import type { Event, EventOf, EventType } from '../event.ts'
import { PHASES } from '../reach/events.ts'
import type { Month } from './month-calendar.ts'

/** What the figures of a month need of one notice: the homes that were to hear of it, and which of them did. Ids only. */
export type CountedNotice = Readonly<{
  notice: string
  /** In which it was first told. */
  month: Month
  /** True: reached. */
  homes: Map<string, boolean>
  /** Messages that may still arrive, and errands, each with the homes it is for. */
  underWay: Map<string, readonly string[]>
}>
export type StoredNotice = Readonly<{
  notice: string
  month: Month
  homes: readonly (readonly [home: string, isReached: boolean])[]
  underWay: readonly (readonly [id: string, homes: readonly string[]])[]
}>

const STEPS = [
  'notice.addressed',
  'reach.queued',
  'message.settled',
  'reach.tasks_opened',
  'reach.task_done',
  'reach.corrected',
] as const satisfies readonly EventType[]
type Step = EventOf<(typeof STEPS)[number]>
const IS_STEP: ReadonlySet<string> = new Set(STEPS)

/** It may change what is counted of its notice. */
export function isNoticeStep(event: Event): event is Step {
  return IS_STEP.has(event.type)
}

export function countedNotice(notice: string, month: Month): CountedNotice {
  return { notice, month, homes: new Map(), underWay: new Map() }
}

/** Only the beginning counts: whoever heard of that hears of the rest. */
export function changeNotice({ notice, homes, underWay }: CountedNotice, event: Step): void {
  const reached = (those: readonly string[]) => those.forEach((home) => homes.set(home, true))
  switch (event.type) {
    case 'notice.addressed':
      for (const { home } of event.homes) if (!homes.has(home)) homes.set(home, false)
      return
    case 'reach.queued':
      if (PHASES[event.phase] !== 'begins') return
      event.lines.forEach(({ home }, i) => underWay.set(`${notice}-${event.seq}-${i}`, [home]))
      return
    case 'message.settled': {
      const { message, result, next, seq } = event
      const those = underWay.get(message)
      if (!those) return
      // Tried by another channel, it goes on under another id; accepted is not there yet.
      if (next !== undefined) underWay.set(`${notice}-${seq}-${next}`, those)
      if (result === 'delivered') reached(those)
      if (result !== 'accepted') underWay.delete(message)
      return
    }
    case 'reach.tasks_opened':
      if (PHASES[event.phase] !== 'begins') return
      // A sheet at the entrance reaches nobody for certain.
      for (const { task, kind, homes: those } of event.tasks) if (kind !== 'sheet') underWay.set(task, those)
      return
    case 'reach.task_done':
      if (event.result === 'told') reached(underWay.get(event.task) ?? [])
      underWay.delete(event.task)
      return
    case 'reach.corrected':
      homes.set(event.home, event.isReached)
      return
    default:
  }
}

export function stored({ notice, month, homes, underWay }: CountedNotice): StoredNotice {
  return { notice, month, homes: [...homes], underWay: [...underWay] }
}

export function recalled({ notice, month, homes, underWay }: StoredNotice): CountedNotice {
  return { notice, month, homes: new Map(homes), underWay: new Map(underWay) }
}
