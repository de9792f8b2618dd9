import type { Device } from '#devices/device.ts'
import { decodePayload, valueAt } from '#devices/payload.ts'
import { badReading, type Reading } from '#devices/reading.ts'

const MAX_DEPTH = 32
const MAX_SEQUENCE_LENGTH = 64
/** Further ahead than this a device's clock is wrong, not early. */
const MAX_AHEAD_MS = 5 * 60_000
/** 2000-01-01: what is older comes from a clock that was never set. */
const FIRST_PLAUSIBLE_MS = 946_684_800_000
/** With an offset: local time without one says nothing. */
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/

export type Content = Readonly<{
  readings: readonly Reading[]
  /** What the device itself calls this message, where its profile says so. */
  sequence: string | null
  /** Source time as the device wrote it, ms since the epoch. */
  stampedAt: number | null
}>

/** What a payload says of a device's points; null when it says nothing that can be understood. */
export function readMessage(payload: Uint8Array, device: Device, receivedAt: number): Content | null {
  const content = parse(payload)
  if (content === null) return null
  const { id, profile } = device
  const stamp = stampOf(content, profile.mqtt?.time, receivedAt)
  const readings = Object.entries(profile.points).flatMap(([name, point]): Reading[] => {
    const decoded = decodePayload(content, point)
    if (!decoded) return []
    const reading: Reading =
      decoded.value === null
        ? badReading(id, name, stamp.at, decoded.reason)
        : { device: id, point: name, value: decoded.value, quality: 'good', at: stamp.at }
    return [stamp.isDoubtful ? { ...reading, timeQuality: 'bad' } : reading]
  })
  if (readings.length === 0) return null
  return { readings, sequence: sequenceOf(content, profile.mqtt?.seq), stampedAt: stamp.stampedAt }
}

/** A JSON object, not deep, without a key that is a trap for whoever copies it. Its size is bounded on the wire. */
function parse(payload: Uint8Array): object | null {
  try {
    const content: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
    const isObject = typeof content === 'object' && content !== null && !Array.isArray(content)
    return isObject && isHarmless(content, 1) ? content : null
  } catch {
    return null
  }
}

function isHarmless(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (depth > MAX_DEPTH || Object.hasOwn(value, '__proto__')) return false
  return Object.values(value).every((inner) => isHarmless(inner, depth + 1))
}

function stampOf(content: object, path: string | undefined, receivedAt: number) {
  const written = path === undefined ? undefined : valueAt(content, path)
  if (written === undefined) return { at: receivedAt, stampedAt: null, isDoubtful: false }
  const stampedAt = typeof written === 'string' && ISO_TIME.test(written) ? Date.parse(written) : written
  if (typeof stampedAt !== 'number' || !(stampedAt >= FIRST_PLAUSIBLE_MS) || stampedAt === Infinity) {
    return { at: receivedAt, stampedAt: null, isDoubtful: true }
  }
  if (stampedAt > receivedAt + MAX_AHEAD_MS) return { at: receivedAt, stampedAt, isDoubtful: true }
  return { at: Math.trunc(stampedAt), stampedAt, isDoubtful: false }
}

function sequenceOf(content: object, path: string | undefined): string | null {
  const written = path === undefined ? undefined : valueAt(content, path)
  if (typeof written === 'number') return Number.isSafeInteger(written) ? String(written) : null
  return typeof written === 'string' && written !== '' && written.length <= MAX_SEQUENCE_LENGTH ? written : null
}
