import type { Event, Truth } from './event.ts'

/** While nobody can tell for so long, a person who looked on site may. */
const TOLD_BY_A_PERSON_AFTER_MS = 15 * 60_000

export type ConditionsState = readonly (readonly [rule: string, state: Truth, since: number])[]

/** What the source conditions last became: a function of the events. Each stage that asks keeps its own. */
export class Conditions {
  readonly #known = new Map<string, { state: Truth; since: number }>()

  apply(event: Event): void {
    if (event.type === 'condition.became') this.#known.set(event.rule, { state: event.state, since: event.at })
  }

  /** The worst that these say: one true is true, else one unknown is unknown. */
  worstOf(rules: readonly string[]): Truth {
    const states = rules.map((rule) => this.#known.get(rule)?.state ?? 'unknown')
    return states.includes('true') ? 'true' : states.includes('unknown') ? 'unknown' : 'false'
  }

  /** Unknown for long enough that a person's word replaces the sensor's. */
  isForPersonToTell(rules: readonly string[], at: number): boolean {
    if (this.worstOf(rules) !== 'unknown') return false
    return rules.every((rule) => {
      const known = this.#known.get(rule)
      return known === undefined || known.state === 'false' || at - known.since >= TOLD_BY_A_PERSON_AFTER_MS
    })
  }

  /** Since when all of these are false; null while one is not. */
  falseSince(rules: readonly string[]): number | null {
    if (this.worstOf(rules) !== 'false') return null
    return Math.max(...rules.map((rule) => this.#known.get(rule)!.since))
  }

  snapshot(): ConditionsState {
    return [...this.#known].map(([rule, { state, since }]) => [rule, state, since] as const)
  }

  restore(state: ConditionsState): void {
    this.#known.clear()
    for (const [rule, truth, since] of state) this.#known.set(rule, { state: truth, since })
  }
}
