import { ControlBook, type Request } from '#rules/control/book.ts'
import type { Event } from '#rules/event.ts'
import type { FlowSnapshot } from '#rules/flow.ts'
import type { Plan } from '#rules/plan.ts'

/** What is durable of leases, requests, locks and people on site: for screens, and for a last look before a write. */
export class ControlDesk {
  readonly #waiting = new Map<string, Set<(settled: Request) => void>>()
  #plan: Plan
  #book: ControlBook

  constructor(plan: Plan) {
    this.#plan = plan
    this.#book = new ControlBook(plan)
  }

  get book(): ControlBook {
    return this.#book
  }

  /** Memory was built again from disk. */
  rebuilt({ stages }: FlowSnapshot): void {
    this.#book = new ControlBook(this.#plan)
    const known = stages['control']
    if (known) this.#book.restore(known.state as unknown as ReturnType<ControlBook['snapshot']>)
  }

  /** Another plan is in force: who is related to whom, by the next look on. */
  replan(plan: Plan): void {
    const known = this.#book.snapshot()
    this.#plan = plan
    this.#book = new ControlBook(plan)
    this.#book.restore(known)
  }

  /** After each commit. What was judged again while memory was built is known already. */
  committed(events: readonly Event[]): void {
    for (const event of events) {
      if (event.seq <= this.#book.seq) continue
      this.#book.apply(event)
      if (event.type !== 'control.settled') continue
      const request = this.#book.request(event.request)
      for (const tell of this.#waiting.get(event.request) ?? []) if (request) tell(request)
      this.#waiting.delete(event.request)
    }
  }

  /** The request with its outcome, or as it is when `patience` runs out. */
  settled(request: string, patience: (run: () => void) => () => void): Promise<Request | undefined> {
    const asked = this.#book.request(request)
    if (!asked || asked.settled) return Promise.resolve(asked)
    return new Promise((resolve) => {
      const tell = (settled: Request) => {
        cancel()
        resolve(settled)
      }
      const waiting = this.#waiting.get(request) ?? new Set()
      this.#waiting.set(request, waiting.add(tell))
      const cancel = patience(() => {
        waiting.delete(tell)
        resolve(this.#book.request(request))
      })
    })
  }
}
