import type { PlannedRead } from './read-plan.ts'

/** Failures in a row after which a unit, or one read of it, is only probed. */
export const FAILURES_TO_HOLD = 3
/** Site time between probes of a unit that does not answer. */
export const PROBE_EVERY_MS = 30_000
/** A probe's time-out is real time and the pause is site time: however the clocks relate, probing costs ≤ 1/10 of the wire. */
const PROBE_SHARE = 10

export type Slot = { readonly read: PlannedRead; dueAt: number; failures: number }
type UnitState = { failures: number; heldUntil: number | null }

/**
 * When each read of one connection is due. Pure: site time is an argument.
 * Due times stay on the grid of their period, so polling does not drift; a read has at most one due time, so lateness
 * never piles up: the cycles that passed are counted and skipped.
 * A unit that failed three times in a row is held: one probe at a time until it answers, so the others keep their cycle.
 */
export type PollSchedule = Readonly<{
  /** The read to make next, and when; null when there is nothing to read. */
  next(): Readonly<{ slot: Slot; at: number }> | null
  begin(slot: Slot, now: number): void
  /** The unit answered. True when it had been held: all its reads are due at once. */
  answered(slot: Slot, now: number): boolean
  /** The unit answered that it has no such thing: ask seldom, it is a matter of configuration. */
  refused(slot: Slot, now: number): void
  /** No usable answer after `tookMs` of site time. True when the unit is now held. */
  failed(slot: Slot, now: number, tookMs: number): boolean
  /** The road was the fault and is open again: everything but `slot`, which just answered, is due now. */
  releaseAll(slot: Slot, now: number): void
  isEveryUnitHeld(): boolean
  missedCycles(): number
}>

export function pollSchedule(reads: readonly PlannedRead[], startAt: number): PollSchedule {
  const slots: Slot[] = reads.map((read) => ({ read, dueAt: startAt, failures: 0 }))
  const units = new Map<number, UnitState>(reads.map(({ unitId }) => [unitId, { failures: 0, heldUntil: null }]))
  const unitOf = (slot: Slot): UnitState => units.get(slot.read.unitId)!
  let missed = 0

  const release = (isReleased: (slot: Slot) => boolean, now: number): void => {
    for (const slot of slots) if (isReleased(slot)) slot.dueAt = Math.min(slot.dueAt, now)
  }

  return {
    next() {
      let best: { slot: Slot; at: number } | null = null
      for (const slot of slots) {
        const at = unitOf(slot).heldUntil ?? slot.dueAt
        // Of a held unit's reads the longest waiting one is the probe: each gets its turn.
        if (!best || at < best.at || (at === best.at && slot.dueAt < best.slot.dueAt)) best = { slot, at }
      }
      return best
    },
    begin(slot, now) {
      const { everyMs } = slot.read
      const passed = Math.max(Math.floor((now - slot.dueAt) / everyMs), 0)
      if (unitOf(slot).heldUntil === null) missed += passed
      slot.dueAt += (passed + 1) * everyMs
    },
    answered(slot, now) {
      const unit = unitOf(slot)
      const wasHeld = unit.heldUntil !== null
      slot.failures = 0
      unit.failures = 0
      unit.heldUntil = null
      if (wasHeld) release((other) => other !== slot && other.read.unitId === slot.read.unitId, now)
      return wasHeld
    },
    refused(slot, now) {
      slot.dueAt = Math.max(slot.dueAt, now + PROBE_EVERY_MS)
    },
    failed(slot, now, tookMs) {
      const unit = unitOf(slot)
      const pauseMs = Math.max(PROBE_EVERY_MS, tookMs * PROBE_SHARE)
      slot.failures += 1
      unit.failures += 1
      // One register that never answers must not slow the others of a unit that does.
      if (slot.failures >= FAILURES_TO_HOLD) slot.dueAt = Math.max(slot.dueAt, now + pauseMs)
      if (unit.failures >= FAILURES_TO_HOLD) unit.heldUntil = now + pauseMs
      return unit.heldUntil !== null
    },
    releaseAll(slot, now) {
      for (const unit of units.values()) {
        unit.failures = 0
        unit.heldUntil = null
      }
      release((other) => other !== slot, now)
    },
    isEveryUnitHeld: () => units.values().every(({ heldUntil }) => heldUntil !== null),
    missedCycles: () => missed,
  }
}
