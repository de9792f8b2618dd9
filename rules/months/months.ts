import { type Command, refuse, type Refusal } from '../command.ts'
import type { Draft } from '../event.ts'
import type { Plan } from '../plan.ts'
import type { Context, Json, Stage } from '../stage.ts'
import { MonthBook, type MonthBookState } from './book.ts'
import { FIGURES_VERSION, figuresOf, hashOf } from './figures.ts'
import { type Month, MonthCalendar } from './month-calendar.ts'

type State = Readonly<{ book: MonthBookState; next: Month | null }>

/**
 * Counts the orders of each month, and freezes their figures on the fifth of the next, at the first moment of the day on the
 * wall: each month once, in order, also those that ended while the gateway was away. What was frozen is forgotten.
 */
export function monthStage(plan: Pick<Plan, 'timeZone' | 'assets' | 'staff'>): Stage {
  const calendar = new MonthCalendar(plan.timeZone)
  const book = new MonthBook(calendar)
  const homes = homesOf(plan)
  /** The first month that is not frozen; null before the first event. */
  let next: Month | null = null
  let freezing = { month: '', wall: Infinity }

  /** Asked after each input, and calendars are slow: counted out once a month. */
  function dueOf(month: Month): number {
    if (freezing.month !== month) freezing = { month, wall: calendar.freezesAt(month) }
    return freezing.wall - book.wallOffsetMs
  }

  /** Each month that is due, in order; after long absence these are several. */
  function frozen({ at, seq }: Context): readonly Draft[] {
    if (next === null) return []
    const drafts: Draft[] = []
    for (let month = next; dueOf(month) <= at; month = calendar.after(month)) {
      const figures = figuresOf(book.factsOf(month), { homes, until: at })
      const hash = hashOf(month, FIGURES_VERSION, figures)
      const what = { month, dueAt: dueOf(month), version: FIGURES_VERSION, hash, figures }
      drafts.push({ type: 'month.frozen', ...what, trace: `M${seq}` })
    }
    return drafts
  }

  /** Nobody praises himself. */
  function praised(command: Extract<Command, { type: 'praise.record' }>, { seq }: Context): readonly Draft[] | Refusal {
    const { by, person, forOrder, text } = command
    const stranger = [by, person].find((id) => !plan.staff.some((known) => known.id === id))
    if (stranger !== undefined) return refuse('unknown_person', { person: stranger })
    if (by === person) return refuse('second_person', { person })
    const of = forOrder === undefined ? {} : { forOrder }
    const why = text === undefined ? {} : { text }
    return [{ type: 'praise.recorded', praise: `PR${seq}`, by, person, ...of, ...why, trace: forOrder ?? `PR${seq}` }]
  }

  return {
    name: 'months',
    version: 1,
    decide(input, context) {
      if (input.type === 'praise.record') return praised(input, context)
      return input.type === 'tick' ? frozen(context) : []
    },
    apply(event) {
      if (event.type === 'month.frozen') {
        next = calendar.after(event.month)
        book.forgetBefore(next)
        return
      }
      book.apply(event, next ?? '')
      next ??= calendar.monthOf(event.at + book.wallOffsetMs)
    },
    due: () => (next === null ? null : dueOf(next)),
    snapshot: (): Json => ({ book: book.snapshot(), next }) satisfies State as unknown as Json,
    restore(state) {
      const known = state as unknown as State
      ;({ next } = known)
      book.restore(known.book)
    },
  }
}

/** Each home that something on the site is there for. */
export function homesOf({ assets }: Pick<Plan, 'assets'>): number {
  return new Set([...assets.values()].flatMap(({ homes }) => homes)).size
}
