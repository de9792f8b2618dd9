import type { Vocabulary } from '#devices/alarm-faults.ts'
import type { Device } from '#devices/device.ts'
import { variablesOf } from '#devices/profile.ts'

/** What an alarm of a device may speak of: its own points, and those of the other devices of its asset. */
export function vocabularyOf(device: Device, devices: readonly Device[]): Vocabulary {
  const neighbours = devices.filter(({ id, asset }) => asset === device.asset && id !== device.id)
  return {
    variables: variablesOf(device.profile),
    others: new Map(neighbours.map(({ id, profile }) => [id, variablesOf(profile)])),
  }
}
