import type { Silence } from '../event.ts'
import type { Rule } from '../plan.ts'
import type { AssetTree } from '../asset-tree.ts'
import type { Alarm, Window } from './alarm.ts'
import type { AlarmBook } from './book.ts'
import { rootAbove } from './causes.ts'
import type { SimultaneousLosses } from './losses.ts'

export type Candidate = Pick<Alarm, 'rule' | 'asset' | 'safety' | 'loss' | 'priority' | 'class'> &
  Readonly<{ alarm: string | null; holds: boolean }>

type Around = Readonly<{
  book: AlarmBook
  tree: AssetTree
  losses: SimultaneousLosses
  rules: ReadonlyMap<string, Rule>
  /** Parts of an asset stand and fall with it. */
  partsAbove(asset: string): readonly string[]
  /** Those that are called when several are lost, and the rule that says so. */
  lifts: ReadonlySet<string>
  call: string | null
}>

/**
 * Why nobody is told of this alarm, as things stand; null when everybody is. The protection of safety alarms stands here
 * alone: out of service, a mode, a cause and a window that does not name the alarm itself all pass them by.
 */
export function silenceOf(candidate: Candidate, around: Around): Silence | null {
  return (
    outOfService(candidate, around) ??
    maintained(candidate, around) ??
    inspected(candidate, around) ??
    shelved(candidate, around.book) ??
    caused(candidate, around)
  )
}

function outOfService({ rule, asset, safety }: Candidate, { book, partsAbove }: Around): Silence | null {
  if (safety) return null
  const assets = [asset, ...partsAbove(asset)]
  for (const service of book.services.values()) {
    if (service.rule === null ? !assets.includes(service.asset) : service.rule !== rule) continue
    const params = { service: service.service, order: service.workOrder }
    return { by: 'out_of_service', why: { code: 'out_of_service', params } }
  }
  return null
}

function maintained({ rule, asset, safety }: Candidate, { book, partsAbove }: Around): Silence | null {
  const assets = [asset, ...partsAbove(asset)]
  const names = (window: Window) =>
    window.rules.includes(rule) || (!safety && window.assets.some((each) => assets.includes(each)))
  for (const window of book.windows.values()) {
    if (window.state === 'planned' || !names(window)) continue
    return { by: 'maintenance', why: { code: 'maintenance', params: { window: window.window } } }
  }
  return null
}

/** Somebody works on the lift: its own alarms are of that work. That it cannot be heard is not. */
function inspected({ asset, safety, loss }: Candidate, { book, rules }: Around): Silence | null {
  if (safety || loss) return null
  for (const id of book.modes) {
    const mode = rules.get(id)
    if (mode?.mode === 'inspection' && mode.asset === asset)
      return { by: 'inspection', why: { code: 'inspection', params: { asset } } }
  }
  return null
}

function shelved({ rule }: Candidate, book: AlarmBook): Silence | null {
  const shelf = book.shelves.get(rule)
  return shelf ? { by: 'shelf', why: { code: 'shelved', params: { shelf: shelf.shelf, until: shelf.until } } } : null
}

/** A silent lift is never explained by the power that failed: only by the order that calls every car. */
function called({ alarm: id }: Candidate, { book, call }: Around): Silence | null {
  const root = call === null ? undefined : book.ofRule(call)
  if (!root || root.alarm === id || root.holding.length === 0) return null
  const why = { code: 'caused_by', params: { root: root.alarm, asset: root.asset } }
  return { by: 'cause', why, root: root.alarm }
}

/** What no longer holds needs no cause. */
function caused(candidate: Candidate, around: Around): Silence | null {
  const { book, tree, losses, lifts } = around
  if (!candidate.holds || candidate.safety) return null
  if (candidate.loss && lifts.has(candidate.asset)) return called(candidate, around)
  const root = rootAbove(candidate, book, tree)
  if (root) {
    const why = { code: 'caused_by', params: { root: root.alarm, asset: root.asset } }
    return { by: 'cause', why, root: root.alarm }
  }
  const loss = candidate.alarm === null ? undefined : book.losses.of(candidate.alarm)
  return loss ? losses.silenceOf(candidate.alarm, loss) : null
}
