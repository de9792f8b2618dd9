import { type Command, refuse, type Refusal } from '../command.ts'
import type { Draft } from '../event.ts'
import type { Plan } from '../plan.ts'
import type { Context } from '../stage.ts'
import type { Alarm, Shelf } from './alarm.ts'
import type { AlarmBook } from './book.ts'
import type { AlarmSettings } from './settings.ts'

type CommandOf<T extends Command['type']> = Extract<Command, { type: T }>
type Answer = readonly Draft[] | Refusal

/** What people do to keep an alarm silent, and to end that: shelve, out of service, maintenance. Who they are, the door asks. */
export class Hands {
  readonly #book: AlarmBook
  readonly #plan: Pick<Plan, 'assets' | 'rules'>
  readonly #settings: AlarmSettings

  constructor(book: AlarmBook, plan: Pick<Plan, 'assets' | 'rules'>, settings: AlarmSettings) {
    this.#book = book
    this.#plan = plan
    this.#settings = settings
  }

  shelve(command: CommandOf<'alarm.shelve'>, alarm: Alarm, { at, seq }: Context): Answer {
    const { by, second, reason, forMs, oneShot } = command
    const refusal = this.#shelfRefusal(command, alarm)
    if (refusal) return refusal
    const { rule, asset, trace } = alarm
    const shelf = `S${seq}`
    const agreed = second === undefined ? {} : { second }
    const until = at + forMs
    return [
      { type: 'alarm.shelved', shelf, alarm: alarm.alarm, rule, asset, by, ...agreed, reason, until, oneShot, trace },
    ]
  }

  #shelfRefusal({ by, second, forMs }: CommandOf<'alarm.shelve'>, alarm: Alarm): Refusal | null {
    if (this.#book.shelves.has(alarm.rule)) return refuse('already_shelved', { alarm: alarm.alarm })
    const { safetyShelfMostMs, shelfMostMs } = this.#settings
    const mostMs = alarm.safety ? safetyShelfMostMs : shelfMostMs
    if (forMs > mostMs) return refuse('shelf_too_long', { minutes: mostMs / 60_000 })
    if (!alarm.safety) return null
    if (second === undefined || second === by) return refuse('second_person_needed', { alarm: alarm.alarm })
    return this.isOutOfService(alarm.asset) ? null : refuse('safety_alarm', { alarm: alarm.alarm, asset: alarm.asset })
  }

  unshelve({ shelf: id, by }: CommandOf<'alarm.unshelve'>): Answer {
    const shelf = [...this.#book.shelves.values()].find(({ shelf }) => shelf === id)
    return shelf ? [unshelved(shelf, by, 'unshelved')] : refuse('unknown_shelf', { shelf: id })
  }

  remove({ asset, rule, by, workOrder, reason }: CommandOf<'service.remove'>, { seq }: Context): Answer {
    const known = this.#unknown([asset], rule === undefined ? [] : [rule])
    if (known) return known
    const one = rule === undefined ? {} : { rule }
    if ([...this.#book.services.values()].some((each) => each.asset === asset && each.rule === (rule ?? null)))
      return refuse('already_out_of_service', { asset })
    const ofRule = this.#plan.rules.find(({ id }) => id === rule)
    // It would never be silent by it: who removes it must not believe that it is.
    if (ofRule && (ofRule.safety || ofRule.asset !== asset)) return refuse('safety_alarm', { alarm: ofRule.id, asset })
    const service = `O${seq}`
    return [{ type: 'service.removed', service, asset, ...one, by, workOrder, reason, trace: service }]
  }

  return({ service: id, by }: CommandOf<'service.return'>): Answer {
    const service = this.#book.services.get(id)
    if (!service) return refuse('unknown_service', { service: id })
    return [{ type: 'service.returned', service: id, asset: service.asset, by, trace: id }]
  }

  plan({ assets, rules, from, to, by, reason }: CommandOf<'maintenance.plan'>, { at, seq }: Context): Answer {
    const unknown = this.#unknown(assets, rules)
    if (unknown) return unknown
    if (assets.length + rules.length === 0) return refuse('bad_window', { detail: 'names nothing' })
    if (to <= from || to <= this.#book.wallAt(at)) return refuse('bad_window', { detail: 'ends before it begins' })
    const window = `M${seq}`
    return [{ type: 'maintenance.planned', window, assets, rules, from, to, by, reason, trace: window }]
  }

  extend({ window: id, to, by }: CommandOf<'maintenance.extend'>, { at }: Context): Answer {
    const window = this.#book.windows.get(id)
    if (!window) return refuse('unknown_window', { window: id })
    if (to <= window.from || to <= this.#book.wallAt(at))
      return refuse('bad_window', { detail: 'ends before it begins' })
    return [{ type: 'maintenance.extended', window: id, to, by, trace: id }]
  }

  end({ window: id, by }: CommandOf<'maintenance.end'>): Answer {
    const window = this.#book.windows.get(id)
    if (!window) return refuse('unknown_window', { window: id })
    const code = window.state === 'planned' ? 'cancelled' : 'finished'
    return [{ type: 'maintenance.ended', window: id, by, why: { code, params: {} }, trace: id }]
  }

  /** The asset, or what it is part of. One rule alone does not take the asset out. */
  isOutOfService(asset: string): boolean {
    const assets = [asset, ...partsAbove(this.#plan.assets, asset)]
    return [...this.#book.services.values()].some((each) => each.rule === null && assets.includes(each.asset))
  }

  #unknown(assets: readonly string[], rules: readonly string[]): Refusal | null {
    const asset = assets.find((id) => !this.#plan.assets.has(id))
    if (asset !== undefined) return refuse('unknown_asset', { asset })
    const rule = rules.find((id) => !this.#plan.rules.some((each) => each.id === id))
    return rule === undefined ? null : refuse('unknown_rule', { rule })
  }
}

export function unshelved({ shelf, alarm, rule }: Shelf, by: string, code: string): Draft {
  return { type: 'alarm.unshelved', shelf, alarm, rule, by, why: { code, params: {} }, trace: shelf }
}

/** What an asset is part of, the nearest first. What feeds it is another matter: work there is not work here. */
export function partsAbove(assets: Plan['assets'], asset: string): readonly string[] {
  const above: string[] = []
  for (
    let next = assets.get(asset)?.parent;
    next !== undefined && !above.includes(next);
    next = assets.get(next)?.parent
  )
    above.push(next)
  return above
}
