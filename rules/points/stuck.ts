import type { Draft, Event, EventOf } from '../event.ts'
import type { Plan } from '../plan.ts'
import type { Json, Stage } from '../stage.ts'

/** `since` is the source time of its last real change. */
export type StuckPoint = Readonly<{ rule: string; device: string; point: string; since: number }>
export type StuckState = readonly StuckPoint[]

/** The points that stand still: a function of the events alone. */
export class StuckBook {
  readonly #stuck = new Map<string, StuckPoint>()

  ofRule(rule: string): StuckPoint | undefined {
    return this.#stuck.get(rule)
  }

  all(): Iterable<StuckPoint> {
    return this.#stuck.values()
  }

  isStuck(device: string, point: string): boolean {
    for (const stuck of this.#stuck.values()) if (stuck.device === device && stuck.point === point) return true
    return false
  }

  get isEmpty(): boolean {
    return this.#stuck.size === 0
  }

  apply(event: Event): void {
    if (event.type === 'point.moved') this.#stuck.delete(event.rule)
    if (event.type !== 'point.stuck') return
    const { rule, device, point, since } = event
    this.#stuck.set(rule, { rule, device, point, since })
  }

  snapshot(): StuckState {
    return [...this.#stuck.values()]
  }

  restore(state: StuckState): void {
    this.#stuck.clear()
    for (const stuck of state) this.#stuck.set(stuck.rule, stuck)
  }
}

/**
 * A point that stands still while its driver moves was wrong before anybody could know: its values are uncertain back to
 * its last real change, and until it is believed again.
 */
export function stuckStage({ rules }: Pick<Plan, 'rules'>): Stage {
  const points = new Map(rules.flatMap(({ id, watch }) => (watch.kind === 'stuck' ? [[id, watch.point] as const] : [])))
  const book = new StuckBook()

  function onCondition({ rule, device, state, evidence, trace }: EventOf<'condition.became'>): readonly Draft[] {
    const known = book.ofRule(rule)
    if (known && state !== 'true' && (state === 'false' || !points.has(rule)))
      return [{ type: 'point.moved', rule, device: known.device, point: known.point, since: known.since, trace }]
    const point = points.get(rule)
    if (point === undefined || known || state !== 'true') return []
    const since = Number(evidence.why?.params['since'] ?? evidence.at)
    return [{ type: 'point.stuck', rule, device, point, since, trace }]
  }

  return {
    name: 'stuck',
    version: 1,
    decide: (input) => ('seq' in input && input.type === 'condition.became' ? onCondition(input) : []),
    apply: (event) => book.apply(event),
    due: () => null,
    snapshot: () => book.snapshot() as unknown as Json,
    restore: (state) => book.restore(state as unknown as StuckState),
  }
}
