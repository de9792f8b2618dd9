import type { OrderClass } from '#devices/alarm-definition.ts'
import { hoursOfClasses } from '../clocks/class-hours.ts'
import { supervisorsIn } from '../clocks/supervisors.ts'
import { type Command, refuse, type Refusal } from '../command.ts'
import type { Draft, EventOf } from '../event.ts'
import { graver } from '../orders/order.ts'
import type { Plan } from '../plan.ts'
import { dayOf } from '../roster/calendar.ts'
import type { Json, Stage } from '../stage.ts'
import type { ChainStep } from '../tasks/chain.ts'
import { type Call, type PagedOrder, PagingBook } from './book.ts'
import type { About, PageEnd } from './events.ts'
import { BY_CARD_AND_TEXT, LONGEST_WAIT_MS, ONCE_BY_CARD, PAGING, type Purpose, type Road, ROADS } from './policy.ts'

type PagedPlan = Pick<
  Plan,
  'timeZone' | 'staff' | 'fallback' | 'supervisors' | 'paging' | 'assets' | 'rescue' | 'rules'
>
/** Somebody is to be paged. */
type Wish = Readonly<{
  about: About
  subject: string
  purpose: Purpose
  class: OrderClass
  person: string
  roads: readonly Road[]
  everyMs?: number | null
  line?: number
  trace: string
}>

/**
 * Calls staff: whoever gets an order until somebody accepts it, and once whoever is told of something. What is decided
 * here is sent by the outbox. Only accepting, and the end of the order, stops a call; an acknowledged alarm does not.
 */
export function pagingStage(plan: PagedPlan): Stage {
  const callsByTask = new Map(
    plan.rules.flatMap(({ id, rescue, intercom }) =>
      rescue || intercom ? [[id, rescue ? 'horn' : 'card'] as const] : [],
    ),
  )
  const book = new PagingBook((rule) => callsByTask.get(rule) ?? null)
  const paging = plan.paging
  const roadsHere = paging?.roads ?? []
  const supervisorsOf = supervisorsIn(plan)
  const hoursOf = hoursOfClasses(plan)
  const due = new WeakMap<Call, Readonly<{ nextAt: number; wallOffsetMs: number; dueAt: number }>>()

  /** One call for each wish that a road of this site can carry; several for one person at once get ids of their own. */
  function called(wishes: readonly Wish[], { at, seq }: Readonly<{ at: number; seq: number }>): readonly Draft[] {
    return wishes.flatMap((wish, i): Draft[] => {
      const { about, subject, purpose, person, everyMs = null, line, trace } = wish
      const roads = ROADS.filter((road) => wish.roads.includes(road) && roadsHere.includes(road))
      if (roads.length === 0) return []
      const call = `PG${seq}${i === 0 ? '' : `x${i}`}`
      const from = openAt(wish, at)
      const what = {
        about,
        subject,
        purpose,
        class: wish.class,
        person,
        roads,
        everyMs,
        from,
        ...(line === undefined ? {} : { line }),
      }
      return [{ type: 'page.called', call, ...what, trace }]
    })
  }

  /** Outside the hours of its class an order pages nobody. */
  function openAt(wish: Pick<Wish, 'class' | 'subject'>, at: number): number {
    const hours = hoursOf(wish.class, book.order(wish.subject)?.asset ?? '')
    return hours.nextOpening(at + book.wallOffsetMs) - book.wallOffsetMs
  }

  /** By all roads at once. One that this person had too much of waits; what went through once is not said twice. */
  function tried(call: Call, at: number): readonly Draft[] {
    const roads = call.roads.filter((road) => call.everyMs !== null || isUntried(call.pages[road]?.result))
    return roads.map((road): Draft => {
      const person = road === 'sounder' ? (paging?.room ?? call.person) : call.person
      const line = { ...lineOf(call, road), person, try: call.tries + 1 }
      const freeAt = book.limits.freeAt(person, road, at)
      if (freeAt > at) {
        const why = { code: 'callee_limit', params: { person, road } }
        return { type: 'page.held', ...line, why, freeAt, trace: call.trace }
      }
      const phone = call.line === undefined ? {} : { line: call.line }
      return { type: 'page.sent', ...line, until: at + (call.everyMs ?? LONGEST_WAIT_MS), ...phone, trace: call.trace }
    })
  }

  function onOpened(order: PagedOrder): readonly Wish[] {
    const { told, tell } = PAGING[order.class]
    const stewards = plan.staff.filter(({ role, regions }) => role === 'steward' && regions.includes(order.region))
    const persons = told.flatMap((who) => {
      if (who === 'steward') return stewards.map(({ id }) => id)
      return supervisorsOf(order.skill, who === 'head' ? 1 : 2)
    })
    return [...new Set(persons)].map((person) => wish(order, 'told', person, tell))
  }

  function wish(order: PagedOrder, purpose: Purpose, person: string, roads: readonly Road[]): Wish {
    const { order: subject, trace } = order
    return { about: 'order', subject, purpose, class: order.class, person, roads, trace }
  }

  function wanted(order: PagedOrder, person: string): Wish {
    // The intercom is answered long before anybody reads of it.
    if (order.byTask === 'card') return wish(order, 'accept', person, ONCE_BY_CARD)
    const { roads, everyMs } = PAGING[order.class]
    return { ...wish(order, 'accept', person, order.byTask === 'horn' ? HORN : roads), everyMs }
  }

  function ended(calls: readonly Call[], end: PageEnd, by: string | null = null): readonly Draft[] {
    return calls.map(({ call, subject, person, pages, trace }) => {
      const tried = Object.keys(pages) as Road[]
      return { type: 'page.ended', call, subject, person, tried, end, by, trace }
    })
  }

  /** Whoever has it now is called instead of whoever had it. */
  function onAssigned(id: string, person: string, context: Context): readonly Draft[] {
    const order = book.order(id)
    return [...ended(book.wanted(id), 'passed_on'), ...(order ? called([wanted(order, person)], context) : [])]
  }

  /** It is graver than whoever is called was told. */
  function onJoined({ order: id, ...event }: EventOf<'order.joined'>, context: Context): readonly Draft[] {
    const order = book.order(id)
    const calls = book.wanted(id).filter((call) => call.class !== graver(call.class, event.class))
    if (!order || calls.length === 0) return []
    const again = calls.map(({ person }) => wanted(order, person))
    return [...ended(calls, 'passed_on'), ...called([...again, ...onOpened(order)], context)]
  }

  function onLevel({ order: id, to }: EventOf<'order.escalated'>, context: Context): readonly Draft[] {
    const order = book.order(id)
    return order
      ? called(
          to.map((person) => wish(order, 'level', person, PAGING[order.class].level)),
          context,
        )
      : []
  }

  function byCard(id: string, purpose: Purpose, person: string, context: Context): readonly Draft[] {
    const order = book.order(id)
    return order ? called([wish(order, purpose, person, ONCE_BY_CARD)], context) : []
  }

  /** Nobody who is there may do the work: whoever owns the roster hears it at once, unless he has the order himself. */
  function onGap({ order: id, to }: Readonly<{ order: string; to: string }>, context: Context): readonly Draft[] {
    const order = book.order(id)
    const isTold = book
      .about(id)
      .some(({ purpose, person }) => person === to && (purpose === 'gap' || purpose === 'accept'))
    return order && !isTold ? called([wish(order, 'gap', to, BY_CARD_AND_TEXT)], context) : []
  }

  /** Tomorrow nobody will be there: there is still time to find somebody. */
  function onChecked({ gaps, to, trace }: EventOf<'roster.checked'>, context: Context): readonly Draft[] {
    const [first] = gaps
    if (!first) return []
    const subject = dayOf(first.from, plan.timeZone)
    const what = { about: 'roster', purpose: 'gap_tomorrow', class: 'P2', roads: BY_CARD_AND_TEXT, trace } as const
    return called([{ ...what, subject, person: to }], context)
  }

  /** Each task calls its own people; accepting another one, or the order, does not stop that. */
  function onTask(event: EventOf<'task.opened' | 'task.called'>, context: Context): readonly Draft[] {
    const isSupply = event.task.endsWith('-supply')
    const ofClass = isSupply ? 'P1' : 'P0'
    const { roads, everyMs } = PAGING[ofClass]
    const line = event.type === 'task.called' && event.to === plan.rescue?.contractor ? LINES[event.step] : undefined
    const own = { about: 'task', subject: event.task, purpose: 'accept', class: ofClass, person: event.to } as const
    const phone = line === undefined ? {} : { line }
    // The horn is the order's; of an alarm button there is nothing else to hear.
    const byPerson = event.task.endsWith('-intercom') ? roads : roads.filter((road) => road !== 'sounder')
    return called([{ ...own, roads: byPerson, everyMs, ...phone, trace: event.trace }], context)
  }

  /** Nobody spoke with them in time, nobody came, nothing was brought. */
  function onMissed({ task, clock, to, trace }: EventOf<'task.missed'>, context: Context): readonly Draft[] {
    if (clock === 'accept') return []
    const own = { about: 'task', subject: task, class: 'P0', person: to, roads: PAGING.P0.level, trace } as const
    return called([{ ...own, purpose: clock === 'contact' || clock === 'all_cars' ? 'silent' : 'warned' }], context)
  }

  /** Something that is no order. */
  function toAll(
    persons: readonly string[],
    about: About,
    subject: string,
    purpose: Purpose,
    of: Readonly<{ class: OrderClass; trace: string }>,
    context: Context,
  ): readonly Draft[] {
    const what = { about, subject, purpose, class: of.class, roads: ONCE_BY_CARD, trace: of.trace }
    return called(
      persons.map((person) => ({ ...what, person })),
      context,
    )
  }

  /** The horn falls silent with the last who was wanted by it. */
  function onEnded({ call, person, tried, trace }: EventOf<'page.ended'>): readonly Draft[] {
    const isWanted = book.calls().some(({ roads }) => roads.includes('sounder'))
    if (!tried.includes('sounder') || isWanted) return []
    return [{ type: 'sounder.silenced', call, person: paging?.room ?? person, trace }]
  }

  /** No road led to the person: the alarm is the gateway's own; whoever stands in for everybody hears of it. */
  function onUnreached({ person, trace, ...event }: EventOf<'page.unreached'>, context: Context): readonly Draft[] {
    const { about, subject, class: ofClass, purpose } = event
    if (person === plan.fallback || purpose === 'unreached') return []
    const roads = roadsHere.filter((road) => road !== 'sounder')
    return called(
      [{ about, subject, purpose: 'unreached', class: ofClass, person: plan.fallback, roads, trace }],
      context,
    )
  }

  function settle(command: Extract<Command, { type: 'page.settle' }>): readonly Draft[] | Refusal {
    const found = find(command.page)
    if (!found) return []
    const { call, road } = found
    const { result, reason, try: number } = command
    const person = road === 'sounder' ? (paging?.room ?? call.person) : call.person
    const line = { ...lineOf(call, road), person, try: number }
    const said = reason === undefined ? {} : { reason }
    const settled: Draft = { type: 'page.settled', ...line, result, ...said, trace: call.trace }
    const others = Object.entries(call.pages).filter(([other]) => other !== road)
    const isAlone = others.every(([, { result: other }]) => other === 'failed' || other === 'held')
    if (result === 'delivered' || number !== call.pages[road]?.tries || !isAlone || call.isUnreachedTold)
      return [settled]
    const { about, subject, purpose, class: ofClass, trace } = call
    const who = { call: call.call, about, subject, purpose, class: ofClass, person: call.person }
    return [settled, { type: 'page.unreached', ...who, trace }]
  }

  function answer({ page, key }: Extract<Command, { type: 'page.answer' }>): readonly Draft[] | Refusal {
    const found = find(page)
    if (!found) return refuse('unknown_page', { page })
    const { call, road } = found
    const line = { ...lineOf(call, road), try: call.pages[road]?.tries ?? 0 }
    return [{ type: 'page.answered', ...line, key, trace: call.trace }]
  }

  /** What is over is not known any more, and of no interest. */
  function find(page: string): { call: Call; road: Road } | null {
    const [id = '', road = ''] = page.split('-')
    const call = book.call(id)
    return call?.roads.includes(road as Road) ? { call, road: road as Road } : null
  }

  /** Outside the hours of its class a call rests, too. Asked after each input, and calendars are slow: counted out once. */
  function dueOf(call: Call): number {
    const { nextAt } = call
    if (nextAt === null) return Infinity
    const { wallOffsetMs } = book
    const known = due.get(call)
    if (known?.nextAt === nextAt && known.wallOffsetMs === wallOffsetMs) return known.dueAt
    const dueAt = openAt(call, nextAt)
    due.set(call, { nextAt, wallOffsetMs, dueAt })
    return dueAt
  }

  return {
    name: 'paging',
    version: 2,
    decide(input, context) {
      if (!paging) return []
      switch (input.type) {
        case 'order.opened': {
          const order = book.order(input.order)
          return order ? called(onOpened(order), context) : []
        }
        case 'order.dispatched':
          return onAssigned(input.order, input.assignee, context)
        case 'order.transferred':
          return onAssigned(input.order, input.to, context)
        case 'order.joined':
          return onJoined(input, context)
        case 'order.accepted':
          return ended(book.wanted(input.order), 'accepted', input.by)
        case 'order.declined':
          return ended(book.wanted(input.order), 'declined', input.by)
        case 'order.closed':
          return ended(book.about(input.order), 'over')
        case 'order.escalated':
          return onLevel(input, context)
        case 'order.warned':
          return byCard(input.order, 'warned', input.to, context)
        case 'order.silent':
          return byCard(input.order, 'silent', input.to, context)
        case 'task.opened':
          // A rescue asks the steps of its chain, one after the other.
          return input.kind === 'rescue' ? [] : onTask(input, context)
        case 'task.called':
          return [...ended(book.about(input.task), 'passed_on'), ...onTask(input, context)]
        case 'task.accepted':
          return [
            ...ended(book.about(input.task), 'accepted', input.by),
            ...(input.task.endsWith('-rescue') ? ended(book.wanted(input.order), 'accepted', input.by) : []),
          ]
        case 'task.contacted':
        case 'task.arrived':
          return ended(book.about(input.task), 'accepted', input.by)
        case 'task.ended':
          return ended(book.about(input.task), 'over')
        case 'task.uncovered':
        case 'roster.gap_found':
          return onGap(input, context)
        case 'roster.checked':
          return onChecked(input, context)
        case 'task.missed':
          return onMissed(input, context)
        case 'case.opened':
          return input.dueAt === null ? [] : toAll(input.to, 'case', input.case, 'explain', input, context)
        case 'handover.overdue':
          return toAll(input.to, 'handover', input.handover, 'handover', { ...input, class: 'P1' }, context)
        case 'page.called': {
          const call = book.call(input.call)
          return call && input.from <= context.at ? tried(call, context.at) : []
        }
        case 'page.ended':
          return onEnded(input)
        case 'page.unreached':
          return onUnreached(input, context)
        case 'page.settle':
          return settle(input)
        case 'page.answer':
          return answer(input)
        case 'tick':
          return book
            .calls()
            .filter((call) => dueOf(call) <= context.at)
            .flatMap((call) => tried(call, context.at))
        default:
          return []
      }
    },
    apply: (event) => book.apply(event),
    due() {
      if (!paging) return null
      const first = book.calls().reduce((least, call) => Math.min(least, dueOf(call)), Infinity)
      return first === Infinity ? null : first
    },
    snapshot: () => book.snapshot() as unknown as Json,
    restore: (state) => book.restore(state as unknown as ReturnType<PagingBook['snapshot']>),
  }
}

type Context = Readonly<{ at: number; seq: number }>

/** A rescue calls people by its tasks; the room hears of the order. */
const HORN: readonly Road[] = ['sounder']

/** Which of the contractor's numbers a step of the chain dials. */
const LINES: Readonly<Partial<Record<ChainStep, number>>> = { contractor: 0, contractor_second: 1 }

function isUntried(result: 'delivered' | 'failed' | 'held' | null | undefined): boolean {
  return result === undefined || result === 'held'
}

function lineOf({ call, about, subject, purpose, class: ofClass, person }: Call, road: Road) {
  return { page: `${call}-${road}`, call, about, subject, purpose, class: ofClass, person, road }
}
