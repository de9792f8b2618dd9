import type { Draft, Silence } from '../event.ts'
import type { Rule } from '../plan.ts'
import type { AssetTree } from '../asset-tree.ts'
import type { Alarm, Loss } from './alarm.ts'
import type { AlarmBook } from './book.ts'
import type { AlarmSettings } from './settings.ts'

/** Many devices lost within a short time are one loss: a power dip, a switch, a converter. */
export class SimultaneousLosses {
  readonly #book: AlarmBook
  readonly #tree: AssetTree
  readonly #settings: AlarmSettings

  /** They are called one by one, and never counted as part of something else. */
  readonly #lifts: ReadonlySet<string>

  constructor(book: AlarmBook, tree: AssetTree, settings: AlarmSettings, lifts: ReadonlySet<string> = new Set()) {
    this.#lifts = lifts
    this.#book = book
    this.#tree = tree
    this.#settings = settings
  }

  /**
   * The loss this one belongs to. One that reports seldom is noticed late: what counts is that it was heard last before
   * the others went.
   */
  covering(rule: Pick<Rule, 'validityMs'>, heardAt: number): Loss | null {
    const { lossWithinMs } = this.#settings
    for (const loss of this.#book.losses.all()) {
      const isEarly = heardAt < loss.from - lossWithinMs - 2 * rule.validityMs
      if (!isEarly && heardAt <= loss.to + lossWithinMs) return loss
    }
    return null
  }

  /** Null for its root, which is announced for all. */
  silenceOf(alarm: string | null, loss: Loss): Silence | null {
    const { incident, root } = loss
    if (alarm === root) return null
    return { by: 'cause', why: { code: 'simultaneous_loss', params: { incident, root } }, root, incident }
  }

  /** Enough of them went together, each for itself as yet. */
  opened({ trace }: Alarm, { at, seq }: { at: number; seq: number }): readonly Draft[] {
    const together = this.#book.losses
      .lost()
      .filter(
        (each) =>
          each.holding.length > 0 &&
          !this.#lifts.has(each.asset) &&
          each.since >= at - this.#settings.lossWithinMs &&
          (each.silence === null || each.silence.by === 'flood') &&
          !this.#book.losses.of(each.alarm),
      )
    if (together.length < this.#settings.lossDevices) return []
    const root = this.#rootOf(together)
    const alarms = together.map(({ alarm }) => alarm)
    const why = { code: 'simultaneous_loss', params: { devices: alarms.length } }
    return [{ type: 'incident.opened', incident: `I${seq}`, root: root.alarm, alarms, why, trace }]
  }

  /** The one that stands above most of the others; else the one that went first. */
  #rootOf(together: readonly Alarm[]): Alarm {
    const assets = together.map(({ asset }) => asset)
    const reach = ({ asset }: Alarm) => assets.filter((each) => this.#tree.below(asset).includes(each)).length
    return together.toSorted((a, b) => reach(b) - reach(a) || a.since - b.since)[0]!
  }

  /** All came back: the loss is over. */
  ended(loss: Loss, trace: string): readonly Draft[] {
    if (this.#left(loss).length > 0) return []
    return [{ type: 'incident.closed', incident: loss.incident, alarms: [], trace }]
  }

  due(): number {
    return Math.min(...this.#book.losses.all().map((loss) => this.#dueOf(loss)))
  }

  #dueOf({ rootGoneAt }: Loss): number {
    return rootGoneAt === null ? Infinity : rootGoneAt + this.#settings.lossGraceMs
  }

  /** The root came back and others did not: they get a root of their own, or stand for themselves. */
  onTick(at: number): readonly Draft[] {
    return this.#book.losses
      .all()
      .filter((loss) => at >= this.#dueOf(loss))
      .map((loss): Draft => {
        const left = this.#left(loss)
        const { incident } = loss
        const trace = incident
        if (left.length < this.#settings.lossDevices)
          return { type: 'incident.closed', incident, alarms: left.map(({ alarm }) => alarm), trace }
        return { type: 'incident.rerooted', incident, root: this.#rootOf(left).alarm, trace }
      })
  }

  #left(loss: Loss): Alarm[] {
    return loss.alarms.flatMap((id) => {
      const alarm = this.#book.alarms.get(id)
      return alarm && alarm.holding.length > 0 ? [alarm] : []
    })
  }
}
