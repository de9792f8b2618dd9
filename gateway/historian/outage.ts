import type { Clock } from '#devices/clock.ts'

/** What people must hear of forwarding; the words are made elsewhere. `since` is site time (ms). */
export type ForwardingEvent =
  | Readonly<{ type: 'forwarding.unavailable'; target: string; since: number; reason: string }>
  | Readonly<{ type: 'forwarding.available'; target: string; since: number }>
  | Readonly<{ type: 'forwarding.dropped'; target: string; points: number; reason: DropReason }>

/** `age`, `size`: beyond what the gateway keeps for the target. `retention`: older than the target itself keeps. */
export type DropReason = 'age' | 'size' | 'retention'

/** A database that is restarted is nobody's business; one that stays away is. */
const TOLD_AFTER_MS = 15 * 60_000
/** A long outage drops a little with every minute. */
const DROPS_TOLD_EVERY_MS = 3_600_000

type Options = Readonly<{ target: string; clock: Clock; report(event: ForwardingEvent): void }>

export type Outage = Readonly<{
  failed(reason: string): void
  /** How long until somebody must be told (ms); Infinity when nobody need be. */
  dueInMs(): number
  ended(): void
}>

/** Tells once when a target has been away for 15 min, and once when it is back. */
export function outageOf({ target, clock, report }: Options): Outage {
  let current: { since: number; isTold: boolean } | null = null
  const dueInMs = () => (current && !current.isTold ? current.since + TOLD_AFTER_MS - clock.now() : Infinity)
  return {
    dueInMs,
    failed(reason) {
      current ??= { since: clock.now(), isTold: false }
      if (dueInMs() > 0) return
      current.isTold = true
      report({ type: 'forwarding.unavailable', target, since: current.since, reason })
    },
    ended() {
      if (current?.isTold) report({ type: 'forwarding.available', target, since: current.since })
      current = null
    },
  }
}

export type Drops = Readonly<{
  add(points: number, reason: DropReason): void
  /** Tells what was not told yet: the first at once, the rest hourly, and all of it when `isOver`. */
  tell(isOver: boolean): void
  total(): number
}>

export function dropsOf({ target, clock, report }: Options): Drops {
  const untold = new Map<DropReason, number>()
  let total = 0
  let toldAt = -Infinity
  return {
    add(points, reason) {
      total += points
      if (points > 0) untold.set(reason, (untold.get(reason) ?? 0) + points)
    },
    tell(isOver) {
      if (untold.size === 0 || (!isOver && clock.now() - toldAt < DROPS_TOLD_EVERY_MS)) return
      toldAt = clock.now()
      for (const [reason, points] of untold) report({ type: 'forwarding.dropped', target, points, reason })
      untold.clear()
    },
    total: () => total,
  }
}
