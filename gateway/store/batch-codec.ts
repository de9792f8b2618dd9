import type { Batch, Quality, Reading, Reason } from '#devices/reading.ts'

const QUALITIES: readonly Quality[] = ['good', 'uncertain', 'bad']

type Row = readonly [
  device: string,
  point: string,
  value: Reading['value'],
  at: number,
  quality?: number,
  reason?: Reason | null,
  timeQuality?: 'bad',
]

/** Readings as one compact JSON text: a good reading is four items, its quality and reason only where they say something. */
export function encodeReadings(readings: readonly Reading[]): string {
  return JSON.stringify(
    readings.map(({ device, point, value, quality, reason, at, timeQuality }): Row => {
      if (timeQuality === 'bad') return [device, point, value, at, QUALITIES.indexOf(quality), reason ?? null, 'bad']
      if (quality === 'good') return [device, point, value, at]
      return [device, point, value, at, QUALITIES.indexOf(quality), reason ?? null]
    }),
  )
}

export function decodeReadings(body: string): Reading[] {
  return (JSON.parse(body) as Row[]).map(([device, point, value, at, quality, reason, timeQuality]) => ({
    device,
    point,
    value,
    quality: QUALITIES[quality ?? 0]!,
    ...(reason ? { reason } : {}),
    at,
    ...(timeQuality ? { timeQuality } : {}),
  }))
}

export type BatchRow = Readonly<{ id: number; source: string; received_at: number; key: string | null; body: string }>

export function batchOf(row: BatchRow): Batch {
  return {
    source: row.source,
    receivedAt: row.received_at,
    readings: decodeReadings(row.body),
    ...(row.key === null ? {} : { key: row.key }),
  }
}
