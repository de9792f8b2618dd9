import type { Device } from '#devices/device.ts'
import { parseDuration } from '#devices/duration.ts'
import { compileCondition } from '#devices/expression.ts'
import { type Point, valueTypeOf } from '#devices/point.ts'
import { offlineAfterMs, variablesOf } from '#devices/profile.ts'
import { isSafetyEquipment } from '#devices/safety.ts'
import type { Allowed, Asset, Control } from '#rules/plan.ts'

/** Devices store it at once, unless their profile says otherwise. */
const DEFAULT_SETTLE_MS = 1_000

/** The points of a device that people may write. The profile was checked when it was read. */
export function controlsOf(device: Device): Control[] {
  const { profile } = device
  return Object.entries(profile.points).flatMap(([point, written]): Control[] => {
    const { control } = written
    if (!control) return []
    return [
      {
        device: device.id,
        point,
        asset: device.asset,
        roles: control.roles,
        allowed: allowedBy(written),
        when: (control.when ?? []).map((text) => conditionOf(text, device)),
        validityMs: offlineAfterMs(profile),
        settleMs: control.settle === undefined ? DEFAULT_SETTLE_MS : parseDuration(control.settle)!,
        tolerance: control.tolerance ?? Math.abs((written.modbus ?? written.opcua)?.scale ?? 0) / 2,
      },
    ]
  })
}

/**
 * Lift and fire equipment is read-only also where a profile of another kind stands for it: a device that belongs to
 * such an asset, or speaks for the same unit on the same wire, has no control.
 */
export function isOfSafetyEquipment(
  device: Device,
  devices: readonly Device[],
  assets: ReadonlyMap<string, Asset>,
): boolean {
  const isSafetyAsset = (id: string | undefined, seen = new Set<string>()): boolean => {
    const asset = id === undefined || seen.has(id) ? undefined : assets.get(id)
    return asset !== undefined && (isSafetyEquipment(asset) || isSafetyAsset(asset.parent, seen.add(asset.id)))
  }
  // OPC UA: a server that speaks for a lift is a lift's controller, whatever else it serves.
  const isSameUnit = (other: Device) =>
    other.connection !== undefined && other.connection === device.connection && other.unitId === device.unitId
  return isSafetyAsset(device.asset) || devices.some((other) => isSafetyEquipment(other.profile) && isSameUnit(other))
}

function allowedBy(point: Point): Allowed {
  const { min = 0, max = 0, step = null, values } = point.control!
  if (valueTypeOf(point) === 'number') return { kind: 'number', min, max, step }
  if (!point.enum) return { kind: 'one_of', values: [false, true] }
  const words = Object.entries(point.enum).flatMap(([code, word]) => (code === 'other' ? [] : [word]))
  return { kind: 'one_of', values: values ?? words }
}

function conditionOf(text: string, device: Device) {
  const compiled = compileCondition(text, variablesOf(device.profile))
  if ('fault' in compiled) throw new Error(`unchecked condition in ${device.profile.profile}: ${text}`)
  return compiled.condition
}
