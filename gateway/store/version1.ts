import type { DatabaseSync } from 'node:sqlite'
import type { Quality, Reading, Reason } from '#devices/reading.ts'
import { encodeReadings } from './batch-codec.ts'
import { SeriesNames } from './series-names.ts'

type Item = readonly [
  device: string,
  point: string,
  value: Reading['value'],
  at: number,
  quality?: number,
  reason?: Reason | null,
  timeQuality?: 'bad',
]
type Row = Readonly<{ id: number; source: string; received_at: number; key: string | null; body: string }>

const QUALITIES: readonly Quality[] = ['good', 'uncertain', 'bad']

/** Version 1 kept each batch as a JSON text with its names. Runs inside the transaction that raises the version. */
export function readingsFromVersion1(db: DatabaseSync): void {
  const names = new SeriesNames()
  const log = db.prepare('insert into log (id, source, received_at, body) values (?, ?, ?, ?)')
  const keys = db.prepare('insert into keys (batch, key) values (?, ?)')
  const series = db.prepare('insert into series (id, device, point) values (?, ?, ?)')
  for (const { id, source, received_at: receivedAt, key, body } of db
    .prepare('select id, source, received_at, key, body from batches order by id')
    .iterate() as Iterable<Row>) {
    log.run(id, source, receivedAt, encodeReadings(readingsOf(body), receivedAt, names))
    if (key !== null) keys.run(id, key)
    for (const row of names.takeNew()) series.run(row.id, row.device, row.point)
  }
  db.exec('drop table batches; alter table cursors add column skip integer not null default 0')
}

function readingsOf(body: string): Reading[] {
  return (JSON.parse(body) as Item[]).map(([device, point, value, at, quality, reason, timeQuality]) => ({
    device,
    point,
    value,
    quality: QUALITIES[quality ?? 0]!,
    ...(reason ? { reason } : {}),
    at,
    ...(timeQuality ? { timeQuality } : {}),
  }))
}
