import { isRefusal, meaningOf } from '#devices/opcua-status.ts'
import { type Told, toldBy } from '#devices/opcua-value.ts'
import { badReading, COMMUNICATION_REASONS, type Reading } from '#devices/reading.ts'
import type { DeviceHealth } from '../source.ts'
import type { Item } from './item.ts'

/** Further ahead than this a server's clock is wrong, not early. */
const MAX_AHEAD_MS = 5 * 60_000

/** A value with its status code as the server gave it. Times are ms since the epoch; `sourceAt` is the server's. */
export type Answer = Readonly<{ status: number; raw: unknown; sourceAt: number | null }>

type State = {
  /** What the subscription told last in this session. */
  notified: Answer | null
  /** Site time of the server's last word of it. */
  heardAt: number
  /** Of the last reading. */
  toldAt: number
  told: Told | null
  /** Read by hand it was another than what was notified last; site time. */
  contradictedAt: number | null
  isRefused: boolean
}

/** What is known of each item, and the readings that follow from what a server says. */
export type ItemBook = Readonly<{
  notified(item: Item, answer: Answer, now: number): Reading
  /** Read by hand. */
  answered(item: Item, answer: Answer, now: number): Reading
  /** The server does not watch it. */
  refused(item: Item, status: number, now: number): Reading
  /** Nothing can be said of any of them now. */
  lost(now: number): Reading[]
  /** A new session: what the one before told proves nothing of this one. */
  begin(): void
  /** Nothing was heard of these for too long. */
  unheard(now: number): Item[]
  /** A value changed and was not notified: longer ago than `graceMs`, the subscription is not to be trusted. */
  isContradicted(now: number, graceMs: number): boolean
  /** A node that was refused can be read by now. */
  isRestored(): boolean
  refusals(): readonly Item[]
  health(): DeviceHealth[]
}>

export function itemBook(items: readonly Item[], startedAt: number): ItemBook {
  const states = new Map<Item, State>(
    items.map((item) => [
      item,
      {
        notified: null,
        heardAt: startedAt,
        toldAt: startedAt,
        told: null,
        contradictedAt: null,
        isRefused: false,
      },
    ]),
  )
  const lastHeard = new Map<string, number>()
  let isRestored = false

  /**
   * By the source's own time where that moves forward. A value that the server says for the first time, or by hand, may
   * be old and still hold now: it is dated when it came, or it would stand behind what was said meanwhile.
   */
  function dated(state: State, sourceAt: number | null, now: number): Pick<Reading, 'at' | 'timeQuality'> {
    const isAhead = sourceAt !== null && sourceAt > now + MAX_AHEAD_MS
    const isNewer = sourceAt !== null && sourceAt > state.toldAt && !isAhead
    state.toldAt = isNewer ? sourceAt : Math.max(now, state.toldAt + 1)
    return { at: state.toldAt, ...(isAhead ? { timeQuality: 'bad' as const } : {}) }
  }

  function reading(item: Item, { status, raw, sourceAt }: Answer, now: number): Reading {
    const state = states.get(item)!
    const { value, quality, reason } = (state.told = toldBy(status, raw, item.definition))
    state.heardAt = now
    if (!isRefusal(status)) lastHeard.set(item.device, now)
    const { device, point } = item
    return {
      device,
      point,
      value,
      quality,
      ...(reason === undefined ? {} : { reason }),
      ...dated(state, sourceAt, now),
    }
  }

  return {
    notified(item, answer, now) {
      const state = states.get(item)!
      state.notified = answer
      state.contradictedAt = null
      state.isRefused = false
      return reading(item, answer, now)
    },
    answered(item, answer, now) {
      const state = states.get(item)!
      if (state.isRefused && !isRefusal(answer.status)) isRestored = true
      if (state.notified && isOther(item, state.notified, answer)) state.contradictedAt ??= now
      return reading(item, answer, now)
    },
    refused(item, status, now) {
      const state = states.get(item)!
      state.isRefused = true
      state.heardAt = now
      const reason = meaningOf(status).reason ?? 'exception'
      state.told = { value: null, quality: 'bad', reason }
      return badReading(item.device, item.point, dated(state, null, now).at, reason)
    },
    lost(now) {
      return items.map((item) => {
        const state = states.get(item)!
        state.told = { value: null, quality: 'bad', reason: 'connection_lost' }
        return badReading(item.device, item.point, dated(state, null, now).at, 'connection_lost')
      })
    },
    begin() {
      isRestored = false
      for (const state of states.values())
        Object.assign(state, { notified: null, contradictedAt: null, isRefused: false })
    },
    unheard: (now) => items.filter((item) => now - states.get(item)!.heardAt >= item.askedAfterMs),
    isContradicted: (now, graceMs) =>
      [...states.values()].some(({ contradictedAt: at }) => at !== null && now - at >= graceMs),
    isRestored: () => isRestored,
    refusals: () => items.filter((item) => states.get(item)!.isRefused),
    health: () =>
      [...Map.groupBy(states, ([{ device }]) => device)].map(([device, entries]) => {
        const unheard = entries.find(([, { told }]) => isUnheard(told))?.[1].told
        const refusedPoints = entries.flatMap(([{ point }, { isRefused }]) => (isRefused ? [point] : []))
        return {
          device,
          ok: entries.every(([, { told }]) => told !== null && !isUnheard(told)),
          lastHeardAt: lastHeard.get(device) ?? null,
          ...(unheard?.reason === undefined ? {} : { reason: unheard.reason }),
          ...(refusedPoints.length === 0 ? {} : { refusedPoints }),
        }
      }),
  }
}

function isUnheard(told: Told | null): boolean {
  return told?.quality === 'bad' && COMMUNICATION_REASONS.has(told.reason)
}

/** Whether a change lies between the two that the server should have told. */
function isOther({ deadband }: Item, before: Answer, after: Answer): boolean {
  if (before.status >>> 30 !== after.status >>> 30) return true
  if (typeof before.raw !== 'number' || typeof after.raw !== 'number')
    return JSON.stringify(before.raw) !== JSON.stringify(after.raw)
  // Of what range the percents are, the server alone knows.
  if (deadband?.kind === 'percent') return false
  return Math.abs(before.raw - after.raw) > (deadband?.value ?? 0)
}
