import { decodeReply } from '#devices/modbus-reply.ts'
import { badReading, type Reading, type Reason } from '#devices/reading.ts'
import type { Decoded } from '#devices/registers.ts'
import type { PlannedPoint, PlannedRead } from './read-plan.ts'

/** What one reply says: a reading per point of the read, good or bad. A Modbus unit has no clock: `at` is arrival. */
export function readingsOf(read: PlannedRead, values: readonly (number | boolean)[], at: number): Reading[] {
  return read.points.map((planned) => {
    const { value, reason } = decode(read, values, planned)
    return value === null
      ? badReading(read.device, planned.name, at, reason)
      : { device: read.device, point: planned.name, value, quality: 'good', at }
  })
}

/** What no reply says: every point of the read is bad, so that no old number stands as if it were new. */
export function badReadingsOf(reads: readonly PlannedRead[], at: number, reason: Reason): Reading[] {
  return reads.flatMap((read) => read.points.map(({ name }) => badReading(read.device, name, at, reason)))
}

function decode(read: PlannedRead, values: readonly (number | boolean)[], { point, mapping }: PlannedPoint): Decoded {
  return decodeReply(
    (address, count) => values.slice(address - read.address, address - read.address + count),
    point,
    mapping,
  )
}
