import type { EventOf } from '../event.ts'
import type { Alarm, Loss } from './alarm.ts'
import type { AlarmSettings } from './settings.ts'

export type LossState = Readonly<{ losses: readonly Loss[]; lost: readonly string[] }>

/** Which devices were lost, and which of them together. */
export class LossBook {
  readonly #alarms: ReadonlyMap<string, Alarm>
  readonly #settings: Pick<AlarmSettings, 'lossWithinMs'>
  readonly #losses = new Map<string, Loss>()
  readonly #lossOf = new Map<string, string>()
  /** Alarms of lost devices, the newest last. */
  #lost: readonly string[] = []

  constructor(alarms: ReadonlyMap<string, Alarm>, settings: Pick<AlarmSettings, 'lossWithinMs'>) {
    this.#alarms = alarms
    this.#settings = settings
  }

  all(): Loss[] {
    return [...this.#losses.values()]
  }

  get(incident: string): Loss | undefined {
    return this.#losses.get(incident)
  }

  of(alarm: string): Loss | undefined {
    return this.#losses.get(this.#lossOf.get(alarm) ?? '')
  }

  /** Within the time that makes them one loss. */
  lost(): Alarm[] {
    return this.#lost.flatMap((id) => this.#alarms.get(id) ?? [])
  }

  lose(alarm: Alarm): void {
    if (!alarm.loss) return
    if (alarm.silence?.incident) this.join(alarm.silence.incident, alarm)
    this.rootMoved(alarm, null)
    const since = alarm.since - this.#settings.lossWithinMs
    this.#lost = [
      ...this.#lost.filter((id) => id !== alarm.alarm && (this.#alarms.get(id)?.since ?? -1) >= since),
      alarm.alarm,
    ]
  }

  join(incident: string, { alarm, since }: Alarm): void {
    const loss = this.#losses.get(incident)
    if (!loss || loss.alarms.includes(alarm)) return
    this.#lossOf.set(alarm, incident)
    this.#losses.set(incident, { ...loss, alarms: [...loss.alarms, alarm], to: Math.max(loss.to, since) })
  }

  rootMoved({ alarm }: Alarm, goneAt: number | null): void {
    const loss = this.of(alarm)
    if (loss?.root === alarm) this.#losses.set(loss.incident, { ...loss, rootGoneAt: goneAt })
  }

  apply(event: EventOf<'incident.opened'> | EventOf<'incident.rerooted'> | EventOf<'incident.closed'>): void {
    const { incident } = event
    if (event.type === 'incident.opened') {
      const times = event.alarms.flatMap((id) => this.#alarms.get(id)?.since ?? [])
      const [from, to] = [Math.min(event.at, ...times), event.at]
      this.#losses.set(incident, { incident, root: event.root, alarms: event.alarms, from, to, rootGoneAt: null })
      for (const alarm of event.alarms) this.#lossOf.set(alarm, incident)
      return
    }
    const loss = this.#losses.get(incident)
    if (!loss) return
    if (event.type === 'incident.rerooted') {
      this.#losses.set(incident, { ...loss, root: event.root, rootGoneAt: null })
      return
    }
    this.#losses.delete(incident)
    for (const alarm of loss.alarms) this.#lossOf.delete(alarm)
  }

  snapshot(): LossState {
    return { losses: this.all(), lost: this.#lost }
  }

  restore({ losses, lost }: LossState): void {
    this.#losses.clear()
    this.#lossOf.clear()
    for (const loss of losses) {
      this.#losses.set(loss.incident, loss)
      for (const alarm of loss.alarms) this.#lossOf.set(alarm, loss.incident)
    }
    this.#lost = lost
  }
}
