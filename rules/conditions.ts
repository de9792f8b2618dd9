import type { Event, Truth } from './event.ts'

/** While nobody can tell for so long, a person who looked on site may. */
const TOLD_BY_A_PERSON_AFTER_MS = 15 * 60_000

/** `heldSince`: where its data began to say so, a delay before it was believed; older states have none. */
export type ConditionsState = readonly (readonly [rule: string, state: Truth, since: number, heldSince?: number])[]

/** What the source conditions last became: a function of the events. Each stage that asks keeps its own. */
export class Conditions {
  readonly #known = new Map<string, { state: Truth; since: number; heldSince: number }>()

  apply(event: Event): void {
    if (event.type !== 'condition.became') return
    const { rule, state, found, at } = event
    // What was found so when somebody looked again was seen by nobody before.
    this.#known.set(rule, { state, since: at, heldSince: found ? at : Math.min(event.since, at) })
  }

  /** The worst that these say: one true is true, else one unknown is unknown. */
  worstOf(rules: readonly string[]): Truth {
    const states = rules.map((rule) => this.#known.get(rule)?.state ?? 'unknown')
    return states.includes('true') ? 'true' : states.includes('unknown') ? 'unknown' : 'false'
  }

  isTrue(rule: string): boolean {
    return this.#known.get(rule)?.state === 'true'
  }

  /** Since when all of these that are false were so without a break; 0 when none is. */
  goodSince(rules: readonly string[]): number {
    const good = rules.map((rule) => this.#known.get(rule)).filter((known) => known?.state === 'false')
    return Math.max(0, ...good.map((known) => known!.heldSince))
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
    return [...this.#known].map(([rule, { state, since, heldSince }]) => [rule, state, since, heldSince] as const)
  }

  restore(state: ConditionsState): void {
    this.#known.clear()
    for (const [rule, truth, since, heldSince = since] of state)
      this.#known.set(rule, { state: truth, since, heldSince })
  }
}
