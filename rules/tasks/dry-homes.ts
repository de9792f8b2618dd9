import type { Event } from '../event.ts'
import { isWaterKind } from '../notices/settings.ts'
import { DRY_MS } from './chain.ts'

/** Homes of one notice without water that is fit to use. `since` is site time; null while it is not that grave. */
type Dry = Readonly<{
  notice: string
  order: string
  asset: string
  trace: string
  since: number | null
  isBack: boolean
}>
export type DryState = Readonly<{ dry: readonly Dry[]; supplied: readonly string[] }>

/** Who has no water, since when, and for which orders somebody brings it already: a function of the events alone. */
export class DryHomes {
  readonly #dry = new Map<string, Dry>()
  /** Orders with a task for it. */
  readonly #supplied = new Set<string>()

  apply(event: Event): void {
    switch (event.type) {
      case 'notice.drafted': {
        if (!isWaterKind(event.kind)) return
        const { notice, order, asset, trace } = event
        this.#dry.set(notice, { notice, order, asset, trace, since: graveSince(event), isBack: false })
        return
      }
      case 'notice.joined':
        return this.#change(event.notice, (dry) => ({ ...dry, since: dry.since ?? graveSince(event), isBack: false }))
      case 'notice.monitoring':
        return this.#change(event.notice, (dry) => ({ ...dry, isBack: true }))
      // It was never really back.
      case 'notice.resumed':
        return this.#change(event.notice, (dry) => ({ ...dry, isBack: false }))
      case 'notice.all_clear':
      case 'notice.withdrawn':
        this.#dry.delete(event.notice)
        return
      case 'task.opened':
        if (event.kind === 'supply') this.#supplied.add(event.order)
        return
      case 'task.ended':
        if (event.how === 'over') this.#supplied.delete(event.order)
        return
      case 'order.closed':
        this.#supplied.delete(event.order)
        for (const { notice, order } of this.#dry.values()) if (order === event.order) this.#dry.delete(notice)
        return
      default:
    }
  }

  /** For a day or longer, and nobody was asked to bring any. */
  due(at: number): readonly Dry[] {
    return [...this.#dry.values()].filter((dry) => at >= this.#dueAt(dry))
  }

  nextAt(): number {
    return Math.min(Infinity, ...[...this.#dry.values()].map((dry) => this.#dueAt(dry)))
  }

  orderOf(notice: string): string | undefined {
    return this.#dry.get(notice)?.order
  }

  #dueAt({ order, since, isBack }: Dry): number {
    return since === null || isBack || this.#supplied.has(order) ? Infinity : since + DRY_MS
  }

  #change(notice: string, change: (dry: Dry) => Dry): void {
    const known = this.#dry.get(notice)
    if (known) this.#dry.set(notice, change(known))
  }

  snapshot(): DryState {
    return { dry: [...this.#dry.values()], supplied: [...this.#supplied] }
  }

  restore({ dry, supplied }: DryState): void {
    this.#dry.clear()
    this.#supplied.clear()
    for (const each of dry) this.#dry.set(each.notice, each)
    for (const order of supplied) this.#supplied.add(order)
  }
}

/** Low pressure is no emergency; none at all is. */
function graveSince({ class: ofClass, at }: Readonly<{ class?: string; at: number }>): number | null {
  return ofClass === 'P1' ? at : null
}
