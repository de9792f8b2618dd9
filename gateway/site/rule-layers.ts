import { AlarmDefinition, CONDITION_KEYS } from '#devices/alarm-definition.ts'
import { alarmFaults } from '#devices/alarm-faults.ts'
import { closest } from '#devices/closest.ts'
import type { Device } from '#devices/device.ts'
import { checked, type Path } from '#devices/document.ts'
import type { ConfigFault } from '#devices/fault.ts'
import type { Asset } from '#rules/plan.ts'
import type { RuleEntry, RuleFile } from './rule-file.ts'
import { vocabularyOf } from './vocabulary.ts'

/** An alarm that a rule file takes away from a device, and why. */
export type DisabledAlarm = Readonly<{ device: string; alarm: string; reason: string }>
type Placed = Readonly<{ entry: RuleEntry; at: Path; file: RuleFile }>

/** Who states another condition replaces the whole of the one before, with what belongs to it. */
const OF_A_CONDITION: readonly string[] = [...CONDITION_KEYS, 'window', 'schedule', 'deadband', 'until', 'pulse']

/**
 * The alarms of each device, from the widest word to the nearest: its profile's, rule files for the profile, for the
 * kind of its asset, the site file's own, rule files for the device. Each later one says what is to be different. One
 * that is wrong is told and left out: what stood before it stays in force.
 */
export class RuleLayers {
  readonly faults: ConfigFault[] = []
  readonly disabled: DisabledAlarm[] = []
  readonly #placed: readonly Placed[]
  readonly #devices: readonly Device[]
  readonly #assets: ReadonlyMap<string, Asset>
  readonly #told = new Set<string>()

  constructor(files: readonly RuleFile[], devices: readonly Device[], assets: ReadonlyMap<string, Asset>) {
    this.#devices = devices
    this.#assets = assets
    const known = {
      device: devices.map(({ id }) => id),
      kind: devices.map((device) => this.#kindOf(device)),
      profile: devices.map(({ profile }) => profile.profile),
    }
    const seen = new Map<string, RuleFile>()
    const draftsFirst = files.toSorted((a, b) => Number(b.isDraft) - Number(a.isDraft))
    this.#placed = draftsFirst.flatMap((file) =>
      file.entries.flatMap(({ entry, at }): Placed[] => {
        const { level, name } = targetOf(entry)
        const key = `${level} ${name} ${entry.id}`
        if (!known[level].includes(name)) {
          const hint = closest(name, known[level])
          const params = { kind: level, id: name, ...(hint ? { hint } : {}) }
          this.#blame(file.faultAt([...at, 'for'], 'unknown_reference', params))
          return []
        }
        const other = seen.get(key)
        if (other?.isDraft && !file.isDraft) return []
        if (other) {
          this.#blame(file.faultAt([...at, 'id'], 'duplicate_id', { id: entry.id }))
          return []
        }
        seen.set(key, file)
        return [{ entry, at, file }]
      }),
    )
  }

  /** `own` are the site file's, checked before. */
  of(device: Device, own: readonly AlarmDefinition[]): readonly AlarmDefinition[] {
    const alarms = new Map((device.profile.alarms ?? []).map((alarm) => [alarm.id, alarm]))
    const kind = this.#kindOf(device)
    const lay = (level: 'profile' | 'kind' | 'device', name: string) => {
      for (const placed of this.#placed) {
        const target = targetOf(placed.entry)
        if (target.level === level && target.name === name) this.#lay(placed, device, alarms)
      }
    }
    lay('profile', device.profile.profile)
    lay('kind', kind)
    for (const alarm of own) alarms.set(alarm.id, alarm)
    lay('device', device.id)
    return [...alarms.values()]
  }

  /** The alarms that a file speaks of, as `device/alarm`. */
  alarmsOf(file: RuleFile, devices: readonly Device[]): readonly string[] {
    return devices.flatMap((device) =>
      file.entries
        .filter(({ entry }) => {
          const { level, name } = targetOf(entry)
          return name === { device: device.id, kind: this.#kindOf(device), profile: device.profile.profile }[level]
        })
        .map(({ entry }) => `${device.id}/${entry.id}`),
    )
  }

  #lay({ entry, at, file }: Placed, device: Device, alarms: Map<string, AlarmDefinition>): void {
    const { for: _, disabled, reason, ...said } = entry
    const before = alarms.get(entry.id)
    if (disabled) {
      if (reason === undefined) return this.#blame(file.faultAt(at, 'missing_key', { key: 'reason' }))
      if (!before) {
        const hint = closest(entry.id, alarms.keys())
        const params = { kind: 'alarm', id: entry.id, ...(hint ? { hint } : {}) }
        return this.#blame(file.faultAt([...at, 'id'], 'unknown_reference', params))
      }
      if (isSafety(before)) {
        const detail = 'a safety alarm (P0, or P1 that latches) is taken out of service by people, never by a file'
        return this.#blame(file.faultAt([...at, 'disabled'], 'wrong_value', { key: 'disabled', detail }))
      }
      alarms.delete(entry.id)
      this.disabled.push({ device: device.id, alarm: entry.id, reason })
      return
    }
    const merged = before ? changed(before, said) : (said as AlarmDefinition)
    const missing = (AlarmDefinition.required as readonly string[]).filter((key) => !Object.hasOwn(merged, key))
    const faultAt: RuleFile['faultAt'] = (inner, code, params, offset) =>
      file.faultAt([...at, ...inner.slice(1)], code, params, offset)
    const wrong = [
      ...missing.map((key) => file.faultAt(at, 'missing_key', { key })),
      ...checked(() => alarmFaults([merged], vocabularyOf(device, this.#devices), { faultAt }, [])),
    ]
    if (wrong.length === 0) alarms.set(entry.id, merged)
    for (const fault of wrong) this.#blame(fault)
  }

  /** What is wrong for forty devices is said once. */
  #blame(fault: ConfigFault): void {
    const key = JSON.stringify(fault)
    if (this.#told.has(key)) return
    this.#told.add(key)
    this.faults.push(fault)
  }

  #kindOf(device: Device): string {
    return this.#assets.get(device.asset)?.kind ?? device.profile.kind
  }
}

function targetOf({ for: target }: RuleEntry): { level: 'device' | 'kind' | 'profile'; name: string } {
  if (typeof target === 'string') return { level: 'device', name: target }
  return 'kind' in target ? { level: 'kind', name: target.kind } : { level: 'profile', name: target.profile }
}

/** Limits and delays are changed one by one; another kind of condition replaces the one before, on the same point. */
function changed(before: AlarmDefinition, said: Partial<AlarmDefinition>): AlarmDefinition {
  const isOther = CONDITION_KEYS.some((key) => said[key] !== undefined && before[key] === undefined)
  const kept = isOther
    ? (Object.fromEntries(
        Object.entries(before).filter(
          ([key]) => !OF_A_CONDITION.includes(key) && !(key === 'point' && said.when !== undefined),
        ),
      ) as Partial<AlarmDefinition>)
    : before
  return {
    ...kept,
    ...said,
    ...(kept.limits && said.limits ? { limits: { ...kept.limits, ...said.limits } } : {}),
    ...(kept.delay && said.delay ? { delay: { ...kept.delay, ...said.delay } } : {}),
  } as AlarmDefinition
}

function isSafety(alarm: AlarmDefinition): boolean {
  return alarm.class === 'P0' || (alarm.class === 'P1' && alarm.latch === true)
}
