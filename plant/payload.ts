import type { Point } from '#devices/point.ts'
import type { Profile } from '#devices/profile.ts'
import type { Value } from '#devices/reading.ts'
import type { Values } from './model.ts'

/** The JSON message of a device: the inverse of decoding it, by the same mapping. */
export function encodePayload(profile: Profile, values: Values, seq: number, at: number): unknown {
  const payload: Record<string, unknown> = {}
  if (profile.mqtt?.seq) place(payload, profile.mqtt.seq, seq)
  if (profile.mqtt?.time) place(payload, profile.mqtt.time, new Date(at).toISOString())
  for (const [name, point] of Object.entries(profile.points)) {
    // The simulated device says all of it in its main topic.
    const { topic, path } = point.mqtt ?? {}
    if (path !== undefined && topic === undefined) place(payload, path, wireValue(point, values[name] ?? null))
  }
  return payload
}

function wireValue({ mqtt }: Point, value: Value | null): Value | null {
  const word = mqtt?.map && Object.entries(mqtt.map).find(([, meant]) => meant === value)?.[0]
  if (word !== undefined) return word
  return typeof value === 'number' ? (value - (mqtt?.offset ?? 0)) / (mqtt?.scale ?? 1) : value
}

function place(payload: Record<string, unknown>, path: string, value: unknown): void {
  const steps = path.split('.')
  const last = steps.pop()!
  let here = payload
  for (const step of steps) here = (here[step] ??= {}) as Record<string, unknown>
  here[last] = value
}
