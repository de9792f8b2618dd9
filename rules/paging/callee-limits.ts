import { CALLEE_LIMITS, type Road } from './policy.ts'

type Times = Partial<Record<Road, readonly number[]>>
export type CalleeLimitsState = Readonly<Record<string, Times>>

/** How much each person had of each road in the last hours. */
export class CalleeLimits {
  readonly #times = new Map<string, Times>()

  /** When the next one may go; `at` itself for now. */
  freeAt(person: string, road: Road, at: number): number {
    const times = this.#times.get(person)?.[road] ?? []
    return Math.max(
      at,
      ...CALLEE_LIMITS[road].map(({ most, withinMs }) => {
        const oldest = times.at(-most)
        return oldest === undefined ? at : oldest + withinMs
      }),
    )
  }

  note(person: string, road: Road, at: number): void {
    const longest = Math.max(0, ...CALLEE_LIMITS[road].map(({ withinMs }) => withinMs))
    const known = this.#times.get(person) ?? {}
    const times = (known[road] ?? []).filter((time) => time > at - longest)
    if (longest > 0) this.#times.set(person, { ...known, [road]: [...times, at] })
  }

  snapshot(): CalleeLimitsState {
    return Object.fromEntries(this.#times)
  }

  restore(state: CalleeLimitsState): void {
    this.#times.clear()
    for (const [person, times] of Object.entries(state)) this.#times.set(person, times)
  }
}
