import type { Batch, Reading } from '#devices/reading.ts'
import { detectorFor } from './detectors/kinds.ts'
import type { Detector, Memory } from './detectors/detector.ts'
import type { Rule } from './plan.ts'

type Route = {
  last: Map<string, Reading>
  watchers: Map<string, Detector[]>
  watchingAll: Detector[]
  /** By point: who says whether it stands still. */
  stuck: Map<string, Detector[]>
}

/** A checkpoint of what the reading log has told so far: the newest reading of each point, each detector's memory. */
export type Keyframe = Readonly<{ readings: readonly Reading[]; memories: Readonly<Record<string, Memory>> }>

/** Leads each reading to the detectors that watch its point, and to no other. */
export class Routes {
  readonly detectors: readonly Detector[]
  readonly #routes = new Map<string, Route>()
  readonly #touched = new Set<Detector>()

  /** `before` is what judged until now: detectors of unchanged rules are carried over with all they know. */
  constructor(rules: readonly Rule[], before?: Routes) {
    const known = new Map(before?.detectors.map((detector) => [detector.rule.id, detector]))
    this.detectors = rules.map((rule) => {
      const detector = known.get(rule.id)
      return detector && isSameRule(detector.rule, rule) ? detector : detectorFor(rule)
    })
    for (const detector of this.detectors) {
      const { device, watch } = detector.rule
      if (watch.kind === 'stuck') added(this.#routeOf(device).stuck, watch.point, detector)
      if (detector.points === null) this.#routeOf(device).watchingAll.push(detector)
      for (const point of detector.points ?? []) this.#watch(detector, device, point)
      for (const other of detector.others) this.#watch(detector, other.device, other.point)
    }
    if (before) this.#goOnFrom(before, known)
  }

  /** New detectors are told the newest readings, so that the next sample of any of their points finds the others. */
  #goOnFrom(before: Routes, known: ReadonlyMap<string, Detector>): void {
    for (const [device, { last }] of before.#routes) {
      const route = this.#routeOf(device)
      for (const [point, reading] of last) route.last.set(point, reading)
    }
    for (const detector of this.detectors) {
      const old = known.get(detector.rule.id)
      if (old === detector) continue
      const { device } = detector.rule
      const own = [...(detector.points ?? this.#routeOf(device).last.keys())].map((point) => ({ device, point }))
      for (const { device: other, point } of [...own, ...detector.others]) {
        const reading = this.#routeOf(other).last.get(point)
        if (reading) detector.take(reading)
      }
      if (old) detector.follow(old)
    }
  }

  #watch(detector: Detector, device: string, point: string): void {
    added(this.#routeOf(device).watchers, point, detector)
  }

  /**
   * Takes a batch in and returns the detectors it concerns. A reading older than its point's newest is history:
   * no detector sees it.
   */
  observe(batch: Batch, at: number, trace: string): ReadonlySet<Detector> {
    this.#touched.clear()
    for (const reading of batch.readings) this.#take(this.#doubted(reading))
    for (const detector of this.#touched) detector.observe(at, trace)
    return this.#touched
  }

  keyframe(): Keyframe {
    return {
      readings: [...this.#routes.values()].flatMap((route) => [...route.last.values()]),
      memories: Object.fromEntries(this.detectors.map((detector) => [detector.rule.id, detector.memory()])),
    }
  }

  recall(keyframe: Keyframe): void {
    for (const reading of keyframe.readings) this.#take(reading)
    this.#touched.clear()
    for (const detector of this.detectors) {
      const memory = Object.hasOwn(keyframe.memories, detector.rule.id)
        ? keyframe.memories[detector.rule.id]
        : undefined
      if (memory) detector.recall(memory)
    }
  }

  /** A point that is known to stand still is uncertain: it may raise, and clears nothing. */
  #doubted(reading: Reading): Reading {
    if (reading.quality !== 'good') return reading
    const isStuck = this.#routeOf(reading.device)
      .stuck.get(reading.point)
      ?.some((detector) => detector.side()[0] === 'true')
    return isStuck ? { ...reading, quality: 'uncertain', reason: 'stuck' } : reading
  }

  #take(reading: Reading): void {
    const route = this.#routeOf(reading.device)
    const last = route.last.get(reading.point)
    if (last && reading.at < last.at) return
    route.last.set(reading.point, reading)
    for (const detector of route.watchingAll) this.#hand(detector, reading)
    const watchers = route.watchers.get(reading.point)
    if (watchers) for (const detector of watchers) this.#hand(detector, reading)
  }

  #hand(detector: Detector, reading: Reading): void {
    detector.take(reading)
    this.#touched.add(detector)
  }

  #routeOf(device: string): Route {
    let route = this.#routes.get(device)
    if (!route) {
      route = { last: new Map(), watchers: new Map(), watchingAll: [], stuck: new Map() }
      this.#routes.set(device, route)
    }
    return route
  }
}

function added(byPoint: Map<string, Detector[]>, point: string, detector: Detector): void {
  const known = byPoint.get(point)
  if (known) known.push(detector)
  else byPoint.set(point, [detector])
}

/** Conditions compare by their text. */
function isSameRule(one: Rule, other: Rule): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
