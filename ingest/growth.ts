import { counterLimits } from '#devices/counter.ts'
import type { Device } from '#devices/device.ts'
import { parseDuration } from '#devices/duration.ts'
import { type GrowthWindow, growthWindow } from '#devices/growth.ts'
import type { Batch, Reading } from '#devices/reading.ts'
import type { Emit } from './source.ts'

type Watched = Readonly<{ name: string; window: () => GrowthWindow }>

/**
 * Points that say how much a counter grew (`growth:` in a profile) are read with the counter itself: each batch that
 * brings it brings them too, so they are judged, stored and drawn like any reading. `newest` gives what was known of a
 * counter before this start. Until the whole window is known the reading is uncertain: it may raise an alarm, and proves
 * nothing else.
 */
export function withGrowth(
  devices: readonly Device[],
  newest: (device: string, point: string) => Reading | undefined,
  emit: Emit,
): Emit {
  const watched = new Map(devices.map((device) => [device.id, watchedOf(device, newest)]))
  if (watched.values().every((points) => points.size === 0)) return emit
  return (batch, urgency) => {
    const more = batch.readings.flatMap((reading) => grownOf(reading, watched.get(reading.device)?.get(reading.point)))
    return emit(more.length === 0 ? batch : withReadings(batch, more), urgency)
  }
}

/** Counter → the points that follow it. A window begins with the first sample, when the store is known. */
function watchedOf(
  { id, profile }: Device,
  newest: (device: string, point: string) => Reading | undefined,
): ReadonlyMap<string, readonly Watched[]> {
  const followers = Object.entries(profile.points).flatMap(([name, { growth }]) => {
    const counter = growth && profile.points[growth.of]
    if (!growth || !counter) return []
    const overMs = parseDuration(growth.over)!
    const perMs = growth.per === undefined ? overMs : parseDuration(growth.per)!
    let window: GrowthWindow | null = null
    const begin = () => {
      const known = newest(id, growth.of)
      const before =
        known?.quality === 'good' && typeof known.value === 'number' ? { value: known.value, at: known.at } : null
      return growthWindow(counterLimits(counter), { overMs, perMs }, before)
    }
    return [{ of: growth.of, name, window: () => (window ??= begin()) }]
  })
  return Map.groupBy(followers, ({ of }) => of)
}

function grownOf(reading: Reading, followers: readonly Watched[] = []): Reading[] {
  const { value, quality } = reading
  return followers.flatMap(({ name, window }): Reading[] => {
    // Not heard, not counted: what follows from it is as bad, for the same reason.
    if (quality === 'bad' || typeof value !== 'number') return [{ ...reading, point: name, value: null }]
    const growth = quality === 'good' ? window().take({ value, at: reading.at }) : null
    if (!growth) return []
    return [
      growth.isWhole
        ? { ...reading, point: name, value: growth.value }
        : { ...reading, point: name, value: growth.value, quality: 'uncertain', reason: 'incomplete' },
    ]
  })
}

function withReadings(batch: Batch, more: readonly Reading[]): Batch {
  return { ...batch, readings: [...batch.readings, ...more] }
}
