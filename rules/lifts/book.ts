import type { Event } from '../event.ts'

/** `since` is site time; `likely`: its last good values said that it ran, or that somebody was in it. */
export type LostLift = Readonly<{ asset: string; device: string; since: number; likely: boolean }>
type Holding = Readonly<{ rule: string; asset: string; device: string; since: number }>
type LiftState = Readonly<{
  holding: readonly Holding[]
  isCalled: boolean
  order: Readonly<{ id: string; alarm: string }> | null
  lines: readonly (readonly [asset: string, likely: boolean])[]
}>

/** Which lifts are lost, and what the order already says of them: a function of the events alone. */
export class LiftBook {
  readonly #call: string | null
  readonly #watched: ReadonlyMap<string, 'silent' | 'likely'>
  readonly #holding = new Map<string, Holding>()
  /** By asset, as the order says it. */
  readonly lines = new Map<string, boolean>()
  lost: ReadonlyMap<string, LostLift> = new Map()
  isCalled = false
  /** The open order that calls, and the alarm it answers. */
  order: Readonly<{ id: string; alarm: string }> | null = null

  constructor(call: string | null, watched: ReadonlyMap<string, 'silent' | 'likely'>) {
    this.#call = call
    this.#watched = watched
  }

  likeliestFirst(): readonly LostLift[] {
    return [...this.lost.values()].toSorted(
      (a, b) => Number(b.likely) - Number(a.likely) || a.since - b.since || (a.asset < b.asset ? -1 : 1),
    )
  }

  apply(event: Event): void {
    switch (event.type) {
      case 'condition.became': {
        const { rule, asset, device, since, state } = event
        if (rule === this.#call) this.isCalled = state === 'true'
        if (!this.#watched.has(rule)) return
        if (state === 'true') this.#holding.set(rule, { rule, asset, device, since })
        else this.#holding.delete(rule)
        this.#gather()
        return
      }
      case 'order.opened':
      case 'order.joined':
        if (event.rule !== this.#call) return
        if (this.order?.id !== event.order) this.lines.clear()
        this.order = { id: event.order, alarm: event.alarm }
        return
      case 'order.line_added':
        this.lines.set(event.asset, event.likely)
        return
      case 'order.line_ended':
        this.lines.delete(event.asset)
        return
      case 'order.closed':
        if (event.order !== this.order?.id) return
        this.order = null
        this.lines.clear()
        return
      default:
    }
  }

  snapshot(): LiftState {
    const { isCalled, order } = this
    return { holding: [...this.#holding.values()], isCalled, order, lines: [...this.lines] }
  }

  restore({ holding, isCalled, order, lines }: LiftState): void {
    this.#holding.clear()
    // A configuration may have left some of them out.
    for (const each of holding) if (this.#watched.has(each.rule)) this.#holding.set(each.rule, each)
    this.isCalled = isCalled
    this.order = order
    this.lines.clear()
    for (const [asset, likely] of lines) this.lines.set(asset, likely)
    this.#gather()
  }

  #gather(): void {
    const lost = new Map<string, LostLift>()
    for (const { rule, asset, device, since } of this.#holding.values()) {
      const likely = this.#watched.get(rule) === 'likely'
      const known = lost.get(asset)
      lost.set(asset, {
        asset,
        device,
        since: Math.min(since, known?.since ?? since),
        likely: likely || (known?.likely ?? false),
      })
    }
    this.lost = lost
  }
}
