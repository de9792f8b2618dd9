import type { Device } from '#devices/device.ts'
import { type PayloadReader, type Radio, valueAt } from '#devices/payload.ts'
import { badReading, type Reading } from '#devices/reading.ts'
import { sourceTimeMs, type TimeUnit } from '#devices/source-time.ts'
import type { Rejection } from './source.ts'

/** Further ahead than this a device's clock is wrong, not early. */
const MAX_AHEAD_MS = 5 * 60_000

/** What a message says of one device. */
export type Content = Readonly<{
  /** Oldest first. */
  readings: readonly Reading[]
  /** What the device itself calls this message, where its profile says so. */
  sequence: string | null
  /** Source time as the device wrote it, ms since the epoch. */
  stampedAt: number | null
  /** What was said, apart from how it came: equal for copies of one message. */
  identity: Uint8Array
  /** Records of an earlier time without a time that can be believed: left out, and counted. */
  undated: number
}>

/** Why a message gave nothing; `detail` is for whoever looks after the device. */
export type Refused = Readonly<{ refused: Rejection; detail: string }>

export function isRefused(said: object): said is Refused {
  return 'refused' in said
}

type Stamp = Readonly<{ at: number; stampedAt: number | null; isDoubtful: boolean }>

/** When a message was said: as it was written, else when it came. */
export function stampOf(written: unknown, unit: TimeUnit | undefined, receivedAt: number): Stamp {
  if (written === undefined) return { at: receivedAt, stampedAt: null, isDoubtful: false }
  const stampedAt = sourceTimeMs(written, unit)
  if (stampedAt === null) return { at: receivedAt, stampedAt, isDoubtful: true }
  if (stampedAt > receivedAt + MAX_AHEAD_MS) return { at: receivedAt, stampedAt, isDoubtful: true }
  return { at: Math.trunc(stampedAt), stampedAt, isDoubtful: false }
}

type RecordsAt = Readonly<{ path: string; time: string; time_unit?: TimeUnit }> | undefined

/** The readings of a message, those of its records each at its own time. */
export function readingsOf(
  content: unknown,
  stamp: Stamp,
  how: Readonly<{ device: Device; reader: PayloadReader; records: RecordsAt; receivedAt: number; radio?: Radio }>,
): Pick<Content, 'readings' | 'undated'> {
  const { device, reader, records, receivedAt, radio } = how
  const entries = records ? valueAt(content, records.path) : undefined
  const dated = (Array.isArray(entries) ? (entries as unknown[]) : []).map((entry) => ({
    entry,
    at: sourceTimeMs(valueAt(entry, records!.time), records!.time_unit),
  }))
  // Given the time of its arrival it would stand where it never was.
  const believed = dated.filter(({ at }) => at !== null && at <= receivedAt + MAX_AHEAD_MS)
  const earlier = believed
    .toSorted((a, b) => a.at! - b.at!)
    .flatMap(({ entry, at }) => readingsAt(reader(entry), device.id, { at: Math.trunc(at!), isDoubtful: false }))
  const now = readingsAt(reader(content, radio), device.id, stamp)
  return { readings: [...earlier, ...now], undated: dated.length - believed.length }
}

function readingsAt(
  said: ReturnType<PayloadReader>,
  device: string,
  { at, isDoubtful }: Pick<Stamp, 'at' | 'isDoubtful'>,
): Reading[] {
  return said.map(([point, decoded]) => {
    const reading: Reading =
      decoded.value === null
        ? badReading(device, point, at, decoded.reason)
        : { device, point, value: decoded.value, quality: 'good', at }
    return isDoubtful ? { ...reading, timeQuality: 'bad' } : reading
  })
}
