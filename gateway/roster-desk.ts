import type { Event } from '#rules/event.ts'
import type { FlowSnapshot } from '#rules/flow.ts'
import type { Plan } from '#rules/plan.ts'
import { RosterBook, type RosterState } from '#rules/roster/book.ts'
import { type Coverage, coverageOf, daysFrom } from '#rules/roster/coverage.ts'

/** Who is there when, as far as it is durable: for screens and the command line. */
export class RosterDesk {
  #plan: Plan
  #book: RosterBook
  #seq = 0

  constructor(plan: Plan) {
    this.#plan = plan
    this.#book = new RosterBook(plan)
  }

  get book(): RosterBook {
    return this.#book
  }

  rebuilt({ seq, stages }: FlowSnapshot): void {
    this.#book = new RosterBook(this.#plan)
    const known = stages['roster']?.state as unknown as { roster: RosterState } | undefined
    if (known) this.#book.restore(known.roster)
    this.#seq = seq
  }

  replan(plan: Plan): void {
    const known = this.#book.snapshot()
    this.#plan = plan
    this.#book = new RosterBook(plan)
    this.#book.restore(known)
  }

  /** What was judged again while memory was built is known already. */
  committed(events: readonly Event[]): void {
    for (const event of events) {
      if (event.seq <= this.#seq) continue
      this.#book.apply(event)
      this.#seq = event.seq
    }
  }

  /** Gaps of so many days from this one on, or from the one after so many. */
  coverage(wall: number, { first, count }: Readonly<{ first: number; count: number }>) {
    const span = daysFrom(wall, first, count, this.#plan.timeZone)
    const rows: readonly Coverage[] = coverageOf(this.#plan, this.#book, span.from, span.to)
    return { ...span, rows }
  }
}
