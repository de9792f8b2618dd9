import type { Command } from '../command.ts'
import type { Draft, Event } from '../event.ts'
import type { Plan } from '../plan.ts'
import type { Json, Stage, Tick } from '../stage.ts'
import { type Level, LEVELS, metAt, OrderClocks, type OrderFacts } from './order-clocks.ts'
import { circumstanceOf, type Goal } from './policy.ts'
import { change, factsOf, supervised, type SupervisedOrder } from './supervised-order.ts'
import { supervisorsIn } from './supervisors.ts'

const GOALS: readonly Goal[] = ['ack', 'arrive', 'restore']
/** Of a clock's time, in percent: then its assignee is warned, and nobody else. */
const WARNINGS = [50, 80] as const
/** Told later than this after it was due, it was told late. */
const LATE_MS = 1_000

type Book = Map<string, SupervisedOrder & { nextAt: number }>
type State = Readonly<{ orders: readonly SupervisedOrder[]; wallOffsetMs: number; blind: Blind | null }>
type Blind = Readonly<{ from: number; to: number }>

/**
 * Watches the clocks of open orders: warns the assignee at 50 and 80 %, tells three levels of supervision, in order and
 * once each, and says when those concerned hear nothing. What fell due while the gateway was dead is told once it is
 * back, marked as late.
 */
export function supervisionStage(
  plan: Pick<Plan, 'timeZone' | 'staff' | 'fallback' | 'supervisors'> & Partial<Pick<Plan, 'assets' | 'rescue'>>,
): Stage {
  const clocks = new OrderClocks(plan.timeZone, plan.rescue)
  const book: Book = new Map()
  const supervisorsOf = supervisorsIn(plan)
  let wallOffsetMs = 0
  let blind: Blind | null = null

  const factsFor = (known: SupervisedOrder): OrderFacts => factsOf(known, wallOffsetMs)

  function nextAt(known: SupervisedOrder): number {
    const facts = factsFor(known)
    const moments = [
      nextWarning(known, facts)?.at,
      nextLevel(known, facts)?.at,
      silenceAt(known, facts),
      etaWarningAt(known, facts),
    ]
    return Math.min(...moments.map((at) => (at == null ? Infinity : at - wallOffsetMs)))
  }

  /** The next share of a clock that nobody was warned of yet; times on the wall. */
  function nextWarning(known: SupervisedOrder, facts: OrderFacts) {
    let next: { clock: Goal; percent: 50 | 80; at: number; dueAt: number } | null = null
    for (const clock of GOALS) {
      const percent = WARNINGS.find((share) => share > (known.warned[clock] ?? 0))
      if (percent === undefined || metAt(facts, clock) !== null) continue
      const at = clocks.shareAt(facts, clock, percent / 100)
      const dueAt = clocks.dueAt(facts, clock)
      if (at !== null && dueAt !== null && (next === null || at < next.at)) next = { clock, percent, at, dueAt }
    }
    return next
  }

  /** The first level above those told that is due by what it says; with it go the levels between. */
  function nextLevel(known: SupervisedOrder, facts: OrderFacts) {
    let next: { level: Level; clock: Goal; at: number } | null = null
    for (const level of LEVELS) {
      if (level <= known.level) continue
      const due = clocks.levelAt(facts, level)
      if (due !== null && (next === null || due.at < next.at)) next = { level, ...due }
    }
    return next
  }

  function silenceAt(known: SupervisedOrder, facts: OrderFacts): number | null {
    return known.isSilenceTold ? null : clocks.feedbackDueAt(facts)
  }

  function etaWarningAt(known: SupervisedOrder, facts: OrderFacts): number | null {
    return known.warned['eta'] === undefined ? clocks.etaWarningAt(facts) : null
  }

  function onTick(at: number): readonly Draft[] {
    return [...book.values()].filter((known) => known.nextAt <= at).flatMap((known) => dueOf(known, at))
  }

  /** One moment of one order; what else is due follows in the next round. */
  function dueOf(known: SupervisedOrder, at: number): readonly Draft[] {
    const now = at + wallOffsetMs
    const facts = factsFor(known)
    const level = nextLevel(known, facts)
    if (level !== null && level.at <= now) return escalated(known, level, at)
    const warning = nextWarning(known, facts)
    if (warning !== null && warning.at <= now) return [warned(known, facts, warning, now)]
    const { order, trace } = known
    const nearAt = etaWarningAt(known, facts)
    if (nearAt !== null && nearAt <= now) {
      const dueAt = facts.etaAt! - wallOffsetMs
      return [{ type: 'order.warned', order, clock: 'eta', percent: 100, dueAt, to: assigneeOf(known), trace }]
    }
    const silentAt = silenceAt(known, facts)
    if (silentAt === null || silentAt > now) return []
    return [{ type: 'order.silent', order, dueAt: silentAt - wallOffsetMs, to: assigneeOf(known), trace }]
  }

  /** Two shares that passed unseen are one warning: the later, with the time that is truly left. */
  function warned(
    known: SupervisedOrder,
    facts: OrderFacts,
    due: NonNullable<ReturnType<typeof nextWarning>>,
    now: number,
  ): Draft {
    const { clock } = due
    const percent =
      WARNINGS.findLast((share) => (clocks.shareAt(facts, clock, share / 100) ?? Infinity) <= now) ?? due.percent
    const { order, trace } = known
    return {
      type: 'order.warned',
      order,
      clock,
      percent,
      dueAt: due.dueAt - wallOffsetMs,
      to: assigneeOf(known),
      trace,
    }
  }

  /** A level without anybody is passed at once; above the last stands whoever is told when nobody else is there. */
  function escalated(
    known: SupervisedOrder,
    due: NonNullable<ReturnType<typeof nextLevel>>,
    at: number,
  ): readonly Draft[] {
    const dueAt = due.at - wallOffsetMs
    const byMs = at - dueAt
    const late =
      byMs <= LATE_MS
        ? {}
        : { late: { byMs, isGatewayDown: blind !== null && dueAt <= blind.to && dueAt >= blind.from } }
    const drafts: Draft[] = []
    for (const level of LEVELS) {
      if (level <= known.level) continue
      const to = supervisorsOf(known.skill, level)
      const isEnough = level >= due.level && to.length > 0
      const told = to.length === 0 && level === 3 ? [plan.fallback] : to
      const { order, trace } = known
      drafts.push({ type: 'order.escalated', order, level, clock: due.clock, dueAt, to: told, ...late, trace })
      if (isEnough) break
    }
    return drafts
  }

  function assigneeOf({ assignee }: SupervisedOrder): string {
    return assignee ?? plan.fallback
  }

  function lookAgain(known: SupervisedOrder & { nextAt: number }): void {
    known.nextAt = nextAt(known)
  }

  return {
    name: 'supervision',
    version: 3,
    decide: (input: Event | Command | Tick, { at }) => (input.type === 'tick' ? onTick(at) : []),
    apply(event) {
      if (event.type === 'gateway.started') {
        ;({ wallOffsetMs } = event)
        blind = event.blindFrom === null ? null : { from: event.blindFrom, to: event.at }
        for (const known of book.values()) lookAgain(known)
      } else if (event.type === 'clock.stepped') {
        wallOffsetMs += event.byMs
        for (const known of book.values()) lookAgain(known)
      } else if (event.type === 'order.opened') {
        const known = { ...supervised(event, circumstanceOf(plan.assets?.get(event.asset))), nextAt: Infinity }
        book.set(event.order, known)
        lookAgain(known)
      } else if (event.type === 'order.closed') {
        book.delete(event.order)
      } else if (event.type === 'order.reopened' && event.was) {
        const known = {
          ...supervised({ ...event, ...event.was }, circumstanceOf(plan.assets?.get(event.was.assets[0] ?? ''))),
          nextAt: Infinity,
        }
        book.set(event.order, known)
        lookAgain(known)
      } else if ('order' in event) {
        const known = book.get(event.order)
        if (!known) return
        change(known, event)
        lookAgain(known)
      }
    },
    due() {
      let due = Infinity
      for (const { nextAt: at } of book.values()) due = Math.min(due, at)
      return due === Infinity ? null : due
    },
    snapshot: (): Json =>
      ({
        orders: [...book.values()].map(({ nextAt: _, ...known }) => structuredClone(known)),
        wallOffsetMs,
        blind,
      }) satisfies State as unknown as Json,
    restore(state) {
      const known = state as unknown as State
      ;({ wallOffsetMs, blind } = known)
      book.clear()
      for (const order of known.orders) {
        const own = { ...structuredClone(order), nextAt: Infinity }
        book.set(own.order, own)
        lookAgain(own)
      }
    },
  }
}
