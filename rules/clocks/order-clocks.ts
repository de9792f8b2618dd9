import type { OrderClass } from '#devices/alarm-definition.ts'
import { OpeningHours } from './opening-hours.ts'
import {
  CALENDARS,
  type CalendarName,
  type Clock,
  CLOCKS,
  type Circumstance,
  type Goal,
  type Planned,
  type Policy,
  policyOf,
  type Target,
} from './policy.ts'

/** What has happened to an order, as far as its clocks go. Times in ms on the wall; null: not yet. */
export type OrderFacts = Readonly<{
  class: OrderClass
  circumstance?: Circumstance | null
  /** Opened, or opened again: the clocks begin. */
  startedAt: number
  acceptedAt: number | null
  arrivedAt: number | null
  /** Whoever may free people has come; left out where nobody is to be freed. */
  rescuerAt?: number | null
  restoredAt: number | null
  /** Those concerned were last told how it goes. */
  toldAt: number | null
  /** The end that they were told last. */
  etaAt?: number | null
  /** When the residents were promised that somebody comes, and when that was promised. */
  appointment?: Readonly<{ for: number; madeAt: number }> | null
  /** Of planned work: its day, and the last one by law. */
  planned?: Planned
  /** An end of null: it rests now. */
  pauses: readonly Readonly<{ from: number; to: number | null }>[]
  /** It rose: until then it was of the class `was`. In their order. */
  raises?: readonly Raise[]
}>
export type Raise = Readonly<{ at: number; was: OrderClass }>

const MINUTE = 60_000
/** So long before a promised end its owner is asked whether it holds. */
const ETA_WARNING_MS = 15 * MINUTE

export type ClockState = 'running' | 'paused' | 'overdue' | 'met' | 'missed'
/** `dueAt` null: it rests, and nobody can say. */
export type ClockReading = Readonly<{
  clock: Clock
  dueAt: number | null
  metAt: number | null
  state: ClockState
  /** After which the promise is broken, where that is later. */
  latestAt?: number
}>
export type Level = 1 | 2 | 3
/** A level, and the clock that it is told of. */
type Told = Readonly<{ clock: Goal; at: number }>
export const LEVELS = [1, 2, 3] as const satisfies readonly Level[]

/** The clocks of orders: a function of what happened, the calendars and the policy of the class. Knows no present. */
export class OrderClocks {
  readonly #timeZone: string
  readonly #hours: Readonly<Record<CalendarName, OpeningHours>>
  /** Parts of a day that goals are told by. */
  readonly #parts = new Map<number, OpeningHours>()

  readonly #isOutsideCities: boolean

  constructor(timeZone: string, { isOutsideCities = false }: Readonly<{ isOutsideCities?: boolean }> = {}) {
    this.#timeZone = timeZone
    this.#isOutsideCities = isOutsideCities
    const hours = Object.entries(CALENDARS).map(([name, daily]) => [name, new OpeningHours(daily, timeZone)])
    this.#hours = Object.fromEntries(hours) as Record<CalendarName, OpeningHours>
  }

  /** When the goal must be reached; null where the class has no such clock, or while it rests. */
  dueAt(facts: OrderFacts, goal: Goal): number | null {
    return this.shareAt(facts, goal, 1)
  }

  /** The moment at which this share (0…1) of the time for a goal is used up: of all that was promised, of what is due first. */
  shareAt(facts: OrderFacts, goal: Goal, share: number): number | null {
    const terms = termsOf(facts)
    const dues = terms.map((term) => this.#shareAt(term, goal, 1) ?? Infinity)
    return this.#shareAt(terms[dues.indexOf(Math.min(...dues))]!, goal, share)
  }

  #shareAt(facts: OrderFacts, goal: Goal, share: number): number | null {
    const policy = this.#policyOf(facts)
    const target = policy?.[goal]
    if (!policy || !target) return null
    // Whoever comes when the residents expect it is in time.
    if (goal === 'arrive' && facts.appointment)
      return Math.round(facts.startedAt + (facts.appointment.for - facts.startedAt) * share)
    if (goal !== 'restore') return this.#targetAt(facts, policy, target, share, 0)
    return isPaused(facts) ? null : this.#targetAt(facts, policy, target, share, this.#rested(facts, policy, target))
  }

  /** Those concerned should hear something by then; null where nobody waits for word, or it is restored. */
  feedbackDueAt(facts: OrderFacts): number | null {
    const { restoredAt, toldAt, etaAt = null } = facts
    if (restoredAt !== null) return null
    const words = termsOf(facts).flatMap(({ class: ofClass, startedAt }) => {
      const feedback = policyOf(ofClass)?.feedback
      if (!feedback) return []
      return toldAt === null || toldAt < startedAt ? startedAt + feedback.firstMs : toldAt + feedback.thenMs
    })
    const wordAt = words.length === 0 ? null : Math.min(...words)
    // A promised end that passes without a word is a broken one, also where no word was due.
    return etaAt === null || wordAt === null ? (etaAt ?? wordAt) : Math.min(etaAt, wordAt)
  }

  /** Whoever promised an end is reminded of it; null where nobody did, or where it is too near. */
  etaWarningAt({ restoredAt, toldAt, etaAt = null }: OrderFacts): number | null {
    if (restoredAt !== null || etaAt === null || etaAt - ETA_WARNING_MS <= (toldAt ?? -Infinity)) return null
    return etaAt - ETA_WARNING_MS
  }

  /** When a level is told, and of which unmet clock; never before that clock itself is due. Null: not as things stand. */
  levelAt(facts: OrderFacts, level: Level): Told | null {
    const told = termsOf(facts).flatMap((term) => this.#levelAt(term, level) ?? [])
    return told.toSorted((a, b) => a.at - b.at)[0] ?? null
  }

  #levelAt(facts: OrderFacts, level: Level): Told | null {
    const policy = this.#policyOf(facts)
    if (!policy) return null
    const hours = this.#hours[policy.calendar]
    let first: Told | null = null
    for (const trigger of policy.levels[level - 1]!) {
      const { clock, since, ms, elapsed, rescuer } = trigger
      const dueAt = this.#shareAt(facts, clock, 1)
      const isMet =
        rescuer && facts.rescuerAt !== undefined ? (facts.rescuerAt ?? facts.restoredAt) : metAt(facts, clock)
      if (dueAt === null || isMet !== null) continue
      const rested = clock === 'restore' && since === 'opened' ? restedMs(facts) : 0
      const from = since === 'due' ? dueAt : hours.nextOpening(facts.startedAt)
      const at =
        since === 'planned'
          ? plannedLevelAt(facts, level, dueAt, ms)
          : Math.max(dueAt, elapsed ? from + ms + rested : hours.after(from, ms + rested))
      if (first === null || at < first.at) first = { clock, at }
    }
    return first
  }

  /** Each clock of the class as it stands at `now`. */
  read(facts: OrderFacts, now: number): readonly ClockReading[] {
    return CLOCKS.flatMap((clock): ClockReading[] => {
      if (clock === 'feedback') {
        const dueAt = this.feedbackDueAt(facts)
        return dueAt === null ? [] : [{ clock, dueAt, metAt: null, state: now > dueAt ? 'overdue' : 'running' }]
      }
      if (!this.#policyOf(facts)?.[clock]) return []
      const dueAt = this.dueAt(facts, clock)
      const met = metAt(facts, clock)
      if (met !== null) return [{ clock, dueAt, metAt: met, state: dueAt !== null && met > dueAt ? 'missed' : 'met' }]
      // Planned work without a day has no clocks.
      if (dueAt === null && !isPaused(facts)) return []
      const latestAt = clock === 'restore' ? this.#latestAt(facts, dueAt) : {}
      const state = dueAt === null ? 'paused' : now > dueAt ? 'overdue' : 'running'
      return [{ clock, dueAt, metAt: null, state, ...latestAt }]
    })
  }

  #policyOf({ class: ofClass, circumstance }: OrderFacts): Policy | null {
    return policyOf(ofClass, circumstance, this.#isOutsideCities)
  }

  #latestAt(facts: OrderFacts, dueAt: number | null): Pick<ClockReading, 'latestAt'> {
    const { startedAt, planned } = facts
    const latest = this.#policyOf(facts)?.latest
    if (dueAt === null) return {}
    if (latest) return { latestAt: startedAt + latest.ms + restedMs(facts) }
    return planned?.latest === undefined ? {} : { latestAt: planned.latest }
  }

  #targetAt(facts: OrderFacts, policy: Policy, target: Target, share: number, rested: number): number | null {
    const { startedAt, planned, appointment } = facts
    if ('beforeMs' in target) {
      if (planned?.due === undefined) return null
      const end = Math.max(planned.due - target.beforeMs, startedAt + (planned.due - startedAt) / 2) + rested
      return Math.round(startedAt + (end - startedAt) * share)
    }
    const hours = this.#hours[policy.calendar]
    if ('dueAt' in target) {
      const end = this.#hourOfDay(appointment?.for ?? startedAt, target) + rested
      return Math.round(startedAt + (end - startedAt) * share)
    }
    const start = target.opens ? this.#hours[target.opens].nextOpening(startedAt) : startedAt
    const ms = Math.round(target.ms * share) + rested
    return target.elapsed ? start + ms : hours.after(start, ms)
  }

  /** The next time that it is this late; whoever came too late in the day waits for tomorrow's. */
  #hourOfDay(at: number, { openedBefore, dueAt, nextDayAt }: Extract<Target, { dueAt: number }>): number {
    const isEarly = this.#daily(0, openedBefore).nextOpening(at) === at
    const minutes = isEarly ? dueAt : nextDayAt
    return this.#daily(minutes - 1, minutes).after(at, MINUTE)
  }

  #daily(from: number, to: number): OpeningHours {
    const key = from * 10_000 + to
    const known = this.#parts.get(key) ?? new OpeningHours([{ from, to }], this.#timeZone)
    this.#parts.set(key, known)
    return known
  }

  /** How much of the clock's own time its pauses took. */
  #rested(facts: OrderFacts, policy: Policy, target: Target): number {
    if ('dueAt' in target || 'beforeMs' in target || target.elapsed) return restedMs(facts)
    const hours = this.#hours[policy.calendar]
    return facts.pauses.reduce((sum, { from, to }) => sum + hours.between(from, to ?? from), 0)
  }
}

/**
 * What was promised of an order, class by class: a graver one promises from the moment at which it rose, for before that
 * nobody could keep it; and what was promised before stands.
 */
function termsOf(facts: OrderFacts): readonly OrderFacts[] {
  const { raises = [], ...last } = facts
  if (raises.length === 0) return [facts]
  const classes = [...raises.map(({ was }) => was), facts.class]
  return classes.map((ofClass, i) => {
    if (i === 0) return { ...last, class: ofClass }
    const startedAt = raises[i - 1]!.at
    const pauses = facts.pauses
      .filter(({ to }) => to === null || to > startedAt)
      .map(({ from, to }) => ({ from: Math.max(from, startedAt), to }))
    return { ...last, class: ofClass, startedAt, pauses }
  })
}

/** When a goal was reached; whoever is there has taken it, and what is restored was reached. */
export function metAt({ acceptedAt, arrivedAt, restoredAt, appointment }: OrderFacts, goal: Goal): number | null {
  if (goal === 'restore') return restoredAt
  if (goal === 'arrive') return arrivedAt ?? restoredAt
  const answered = [acceptedAt, appointment?.madeAt ?? null].filter((at) => at !== null)
  return answered.length > 0 ? Math.min(...answered) : (arrivedAt ?? restoredAt)
}

/** By the day of the plan, or at once on the last day by law; of what was planned late, when its clock is due. */
function plannedLevelAt({ startedAt, planned }: OrderFacts, level: Level, dueAt: number, ms: number): number {
  if (level === 3 && planned?.latest !== undefined) return planned.latest
  const at = planned!.due! + ms
  return at > startedAt ? at : dueAt
}

function isPaused({ pauses }: OrderFacts): boolean {
  return pauses.some(({ to }) => to === null)
}

function restedMs({ pauses }: OrderFacts): number {
  return pauses.reduce((sum, { from, to }) => sum + (to ?? from) - from, 0)
}
