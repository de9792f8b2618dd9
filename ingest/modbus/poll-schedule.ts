import { halved, type PlannedRead } from './read-plan.ts'

/** Failures in a row after which a unit, or one read of it, is only probed. */
export const FAILURES_TO_HOLD = 3
/** Site time between probes of a unit that does not answer. */
export const PROBE_EVERY_MS = 30_000
/** A probe's time-out is real time and the pause is site time: however the clocks relate, probing costs ≤ 1/10 of the wire. */
const PROBE_SHARE = 10
/** Units that fell silent together shall not be probed together for ever: each pause is up to so much longer or shorter. */
const JITTER = 0.1
/** What a device does not have is a matter of configuration: asked again after 30 s, then ever more seldom. */
const LONGEST_REFUSAL_MS = 600_000

export type Slot = {
  readonly read: PlannedRead
  /** The read of the plan that it is a part of, since the device refused that. */
  readonly origin: PlannedRead
  dueAt: number
  failures: number
  refusals: number
  isInFlight: boolean
  begunAt: number | null
  /** Smoothed time from one begin to the next. */
  reachedMs: number | null
}
type UnitState = {
  failures: number
  failingSince: number | null
  heldUntil: number | null
  restUntil: number
  missed: number
}

/** How often a unit is to be read, and how often it is. `reachedMs` null: not yet read twice. */
export type Cycle = Readonly<{ askedMs: number; reachedMs: number | null }>
/** A unit as the schedule sees it. `nextProbeAt`: it is held, and asked again no sooner. Site time. */
export type UnitSchedule = Readonly<{
  unitId: number
  failures: number
  failingSince: number | null
  nextProbeAt: number | null
  skippedCycles: number
  /** One for each period that its reads have. */
  cycles: readonly Cycle[]
}>
/** How much a new interval counts: after some ten polls what was is forgotten. */
const SMOOTHING = 0.2

/**
 * When each read of one connection is due. Pure: site time and chance are arguments.
 * Due times stay on the grid of their period, so polling does not drift; a read has at most one due time, so lateness
 * never piles up: the cycles that passed are counted and skipped.
 * A unit that failed three times in a row is held: one probe at a time until it answers, so the others keep their cycle.
 */
export type PollSchedule = Readonly<{
  /** All reads as they are made now: those of the plan, or their parts. */
  reads(): readonly PlannedRead[]
  /** The read to make next, and when; null when there is nothing to read, or all of it is in flight. */
  next(): Readonly<{ slot: Slot; at: number }> | null
  begin(slot: Slot, now: number): void
  /** The unit answered. True when it had been held: all its reads are due at once. */
  answered(slot: Slot, now: number): boolean
  /** The unit answered that it has no such thing: ask seldom, it is a matter of configuration. */
  refused(slot: Slot, now: number): void
  /** The unit has not all that was asked for: from now on in two parts. False when it cannot be parted. */
  part(slot: Slot, now: number): boolean
  /**
   * No usable answer after `tookMs` of site time; `isOwed`: it may still come. True when the unit is now held.
   */
  failed(slot: Slot, now: number, tookMs: number, isOwed?: boolean): boolean
  /** Nothing can be said of the unit, the road was lost: to be asked again at once. */
  again(slot: Slot, now: number): void
  /** The road was the fault and is open again: everything but `slot`, which just answered, is due now. */
  releaseAll(slot: Slot, now: number): void
  isEveryUnitHeld(): boolean
  missedCycles(): number
  units(): readonly UnitSchedule[]
}>

export function pollSchedule(
  plan: readonly PlannedRead[],
  startAt: number,
  chance: () => number = () => 0.5,
): PollSchedule {
  const slotOf = (read: PlannedRead, origin: PlannedRead, dueAt: number): Slot => ({
    read,
    origin,
    dueAt,
    failures: 0,
    refusals: 0,
    isInFlight: false,
    begunAt: null,
    reachedMs: null,
  })
  let slots = plan.map((read) => slotOf(read, read, startAt))
  const units = new Map<number, UnitState>(
    plan.map(({ unitId }) => [
      unitId,
      { failures: 0, failingSince: null, heldUntil: null, restUntil: startAt, missed: 0 },
    ]),
  )
  const unitOf = (slot: Slot): UnitState => units.get(slot.read.unitId)!
  const jittered = (ms: number) => ms * (1 + JITTER * (2 * chance() - 1))

  const release = (isReleased: (slot: Slot) => boolean, now: number): void => {
    for (const slot of slots) if (isReleased(slot)) slot.dueAt = Math.min(slot.dueAt, now)
  }
  const isProbing = (slot: Slot) => slots.some((other) => other.isInFlight && other.read.unitId === slot.read.unitId)
  /** What was refused is there after all: the parts are one read again. */
  const rejoin = (origin: PlannedRead, now: number): void => {
    slots = [...slots.filter((slot) => slot.origin !== origin), slotOf(origin, origin, now)]
  }

  return {
    reads: () => slots.map(({ read }) => read),
    next() {
      let best: { slot: Slot; at: number } | null = null
      for (const slot of slots) {
        const { heldUntil, restUntil } = unitOf(slot)
        if (slot.isInFlight || (heldUntil !== null && isProbing(slot))) continue
        const at = Math.max(heldUntil ?? slot.dueAt, restUntil)
        // Of a held unit's reads the longest waiting one is the probe: each gets its turn.
        if (!best || at < best.at || (at === best.at && slot.dueAt < best.slot.dueAt)) best = { slot, at }
      }
      return best
    },
    begin(slot, now) {
      const { everyMs } = slot.read
      const passed = Math.max(Math.floor((now - slot.dueAt) / everyMs), 0)
      const unit = unitOf(slot)
      if (unit.heldUntil === null) unit.missed += passed
      if (slot.begunAt !== null) slot.reachedMs = smoothed(slot.reachedMs, now - slot.begunAt)
      slot.begunAt = now
      slot.dueAt += (passed + 1) * everyMs
      slot.isInFlight = true
    },
    answered(slot, now) {
      const unit = unitOf(slot)
      const wasHeld = unit.heldUntil !== null
      slot.isInFlight = false
      slot.failures = 0
      Object.assign(unit, { failures: 0, failingSince: null, heldUntil: null })
      if (wasHeld) release((other) => other !== slot && other.read.unitId === slot.read.unitId, now)
      if (slot.refusals > 0 && slot.origin !== slot.read) rejoin(slot.origin, now)
      slot.refusals = 0
      return wasHeld
    },
    refused(slot, now) {
      slot.isInFlight = false
      const pauseMs = Math.min(PROBE_EVERY_MS * 2 ** slot.refusals, LONGEST_REFUSAL_MS)
      slot.refusals += 1
      slot.dueAt = Math.max(slot.dueAt, now + jittered(pauseMs))
    },
    part(slot, now) {
      const parts = halved(slot.read)
      if (!parts) return false
      slots = slots.flatMap((other) => (other === slot ? parts.map((read) => slotOf(read, slot.origin, now)) : [other]))
      return true
    },
    failed(slot, now, tookMs, isOwed = false) {
      const unit = unitOf(slot)
      const pauseMs = jittered(Math.max(PROBE_EVERY_MS, tookMs * PROBE_SHARE))
      slot.isInFlight = false
      slot.failures += 1
      unit.failures += 1
      unit.failingSince ??= now
      // A late answer must not meet the next question: the unit is left alone for as long again, the others go on.
      if (isOwed) unit.restUntil = now + tookMs
      // One register that never answers must not slow the others of a unit that does.
      if (slot.failures >= FAILURES_TO_HOLD) slot.dueAt = Math.max(slot.dueAt, now + pauseMs)
      if (unit.failures >= FAILURES_TO_HOLD) unit.heldUntil = now + pauseMs
      return unit.heldUntil !== null
    },
    again(slot, now) {
      slot.isInFlight = false
      slot.dueAt = Math.min(slot.dueAt, now)
    },
    releaseAll(slot, now) {
      for (const unit of units.values())
        Object.assign(unit, { failures: 0, failingSince: null, heldUntil: null, restUntil: now })
      release((other) => other !== slot, now)
    },
    isEveryUnitHeld: () => units.values().every(({ heldUntil }) => heldUntil !== null),
    missedCycles: () => units.values().reduce((sum, { missed }) => sum + missed, 0),
    units: () =>
      [...units].map(([unitId, { failures, failingSince, heldUntil, missed }]) => ({
        unitId,
        failures,
        failingSince,
        nextProbeAt: heldUntil,
        skippedCycles: missed,
        cycles: cyclesOf(slots.filter(({ read }) => read.unitId === unitId)),
      })),
  }
}

function smoothed(before: number | null, ms: number): number {
  return before === null ? ms : before + SMOOTHING * (ms - before)
}

/** Of reads that have one period, the slowest speaks. */
function cyclesOf(slots: readonly Slot[]): Cycle[] {
  return [...Map.groupBy(slots, ({ read }) => read.everyMs)]
    .toSorted(([a], [b]) => a - b)
    .map(([askedMs, ofPeriod]) => {
      const reached = ofPeriod.flatMap(({ reachedMs }) => (reachedMs === null ? [] : [reachedMs]))
      return { askedMs, reachedMs: reached.length === 0 ? null : Math.max(...reached) }
    })
}
