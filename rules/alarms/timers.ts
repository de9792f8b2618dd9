import type { Draft } from '../event.ts'
import type { Alarm, Window } from './alarm.ts'
import type { AlarmBook } from './book.ts'
import { unshelved } from './hands.ts'
import type { SimultaneousLosses } from './losses.ts'
import type { AlarmSettings } from './settings.ts'

/** What happens to alarms by itself, and when. With thousands standing the next moment is looked for only after a change. */
export class Timers {
  readonly #book: AlarmBook
  readonly #losses: SimultaneousLosses
  readonly #settings: AlarmSettings
  #next: number | null = null

  constructor(book: AlarmBook, losses: SimultaneousLosses, settings: AlarmSettings) {
    this.#book = book
    this.#losses = losses
    this.#settings = settings
  }

  changed(): void {
    this.#next = null
  }

  due(): number | null {
    if (this.#next === null) {
      let next = Math.min(this.#book.flood.due(), this.#losses.due())
      for (const alarm of this.#book.alarms.values())
        next = Math.min(next, this.#acknowledgeAt(alarm), this.#announceAt(alarm))
      for (const shelf of this.#book.shelves.values()) next = Math.min(next, this.#unshelveAt(shelf))
      for (const window of this.#book.windows.values()) next = Math.min(next, this.#windowAt(window))
      this.#next = next
    }
    return this.#next === Infinity ? null : this.#next
  }

  toAcknowledge(at: number): Alarm[] {
    return [...this.#book.alarms.values()].filter((alarm) => at >= this.#acknowledgeAt(alarm))
  }

  toAnnounce(at: number): Alarm[] {
    return [...this.#book.alarms.values()].filter((alarm) => at >= this.#announceAt(alarm))
  }

  /** Shelves, windows and floods whose time has come. */
  ended(at: number): readonly Draft[] {
    const shelves = [...this.#book.shelves.values()]
      .filter((shelf) => at >= this.#unshelveAt(shelf))
      .map((shelf) => unshelved(shelf, 'caretaker', at >= shelf.until ? 'expired' : 'rested'))
    const windows = [...this.#book.windows.values()]
      .filter((window) => at >= this.#windowAt(window))
      .map((window) => stepOf(window))
    return [...shelves, ...windows, ...this.#floodEnded(at)]
  }

  #floodEnded(at: number): readonly Draft[] {
    const { flood, alarms } = this.#book
    if (!flood.flooding || at < flood.due()) return []
    const counted = [...alarms.values()].filter(({ silence }) => silence?.by === 'flood').map(({ alarm }) => alarm)
    return [{ type: 'alarm.flood_ended', ...flood.flooding, alarms: counted, trace: counted[0] ?? 'flood' }]
  }

  #acknowledgeAt({ returnedAt, safety }: Alarm): number {
    return returnedAt === null || safety ? Infinity : returnedAt + this.#settings.autoAcknowledgeMs
  }

  #announceAt(alarm: Alarm): number {
    const { state, silence, acknowledgedAt, priority } = alarm
    if (state !== 'acknowledged' || silence !== null || acknowledgedAt === null) return Infinity
    return this.#book.isDealtWith(alarm) ? Infinity : acknowledgedAt + this.#settings.reAlarmMs[priority]
  }

  #unshelveAt({ until, restMs, movedAt }: { until: number; restMs: number | null; movedAt: number }): number {
    return restMs === null ? until : Math.min(until, movedAt + restMs)
  }

  #windowAt({ state, from, to }: Window): number {
    if (state === 'planned') return this.#book.siteTimeOf(from)
    return this.#book.siteTimeOf(to) + (state === 'overrun' ? this.#settings.overrunMs : 0)
  }
}

function stepOf({ window, state }: Window): Draft {
  if (state === 'planned') return { type: 'maintenance.began', window, trace: window }
  if (state === 'running') return { type: 'maintenance.overran', window, trace: window }
  return { type: 'maintenance.ended', window, by: 'caretaker', why: { code: 'overrun', params: {} }, trace: window }
}
