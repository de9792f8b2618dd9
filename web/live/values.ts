import { type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { Device, PointValue, Reading } from '../api/types.ts'

const NOTHING: Reading = { value: null, quality: null, reason: null, at: null }

/** The newest reading of each point, each with a signal of its own: a new value redraws one cell, not a screen. */
export type Values = Readonly<{
  of(device: string, point: string): ReadonlySignal<Reading>
  take(items: readonly PointValue[]): void
  takeDevices(devices: readonly Device[]): void
  forget(): void
}>

export function valuesStore(): Values {
  const known = new Map<string, Signal<Reading>>()
  const at = (device: string, point: string) => {
    const key = `${device}/${point}`
    let found = known.get(key)
    if (!found) known.set(key, (found = signal(NOTHING)))
    return found
  }
  const take = (items: readonly PointValue[]) => {
    for (const item of items) {
      const target = at(item.device, item.point)
      const last = target.value.at
      if (last === null || (item.at !== null && Date.parse(item.at) >= Date.parse(last))) target.value = item
    }
  }
  return {
    of: at,
    take,
    takeDevices: (devices) =>
      take(devices.flatMap(({ id, points }) => points.map((point) => ({ ...point, device: id })))),
    forget() {
      for (const target of known.values()) target.value = NOTHING
    },
  }
}
