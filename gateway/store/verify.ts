import { join } from 'node:path'
import { eachReading } from './batch-codec.ts'
import { chainHash, GENESIS } from './hash-chain.ts'
import { Chunk } from './history/chunk.ts'
import { decodeRun } from './history/columns.ts'
import { sealedUpto } from './reading-log.ts'
import { openForReading, STORE_FILES } from './schema.ts'

export type Verdict = Readonly<{
  ok: boolean
  events: number
  batches: number
  readings: number
  problems: readonly string[]
}>

/** Reads both logs from end to end: pages, hash chain, gaps, and that every batch can be read. Changes nothing. */
export function verifyFolder(folder: string): Verdict {
  const problems: string[] = []
  const count = { events: 0 }
  for (const file of STORE_FILES) {
    const db = openForReading(join(folder, file))
    const rows = db.prepare('pragma integrity_check(10)').all() as { integrity_check: string }[]
    for (const { integrity_check: said } of rows) if (said !== 'ok') problems.push(`${file}: ${said}`)
    db.close()
  }
  const journal = openForReading(join(folder, 'journal.db'))
  let hash = GENESIS
  let seq = 0
  for (const row of journal.prepare('select seq, at, body, hash from events order by seq').iterate() as Iterable<{
    seq: number
    at: number
    body: string
    hash: Uint8Array
  }>) {
    if (row.seq !== seq + 1) problems.push(`journal.db: event ${seq + 1} is missing`)
    const expected = chainHash(hash, row.seq, row.at, row.body)
    if (!Buffer.from(row.hash).equals(expected)) {
      problems.push(`journal.db: the hash chain breaks at event ${row.seq}`)
      break
    }
    hash = row.hash
    seq = row.seq
    count.events++
  }
  const { upto } = (journal.prepare("select value as upto from meta where key = 'readings_upto'").get() ?? {
    upto: '0',
  }) as { upto: string }
  journal.close()

  const readings = verifyReadings(folder, problems)
  if (Number(upto) > readings.last)
    problems.push(`journal.db judged up to batch ${upto}, readings.db ends at ${readings.last}`)
  return {
    ok: problems.length === 0,
    events: count.events,
    batches: readings.last,
    readings: readings.count,
    problems,
  }
}

/** Every batch stands in the log or in a segment, and every one of both can be read. */
function verifyReadings(folder: string, problems: string[]): { last: number; count: number } {
  const db = openForReading(join(folder, 'readings.db'))
  const known = (db.prepare('select count(*) as count from series').get() as { count: number }).count
  const nameless = new Set<number>()
  const name = (series: number) => void (series >= known && nameless.add(series))
  const sealed = sealedUpto(db)
  let count = 0
  let end: number | null = null
  for (const { id, last_batch: last } of db.prepare('select id, last_batch from segments order by id').all() as {
    id: number
    last_batch: number
  }[]) {
    if (end !== null && id !== end + 1) problems.push(`readings.db: batches ${end + 1} to ${id - 1} are missing`)
    end = last
  }
  for (const { id, body } of db.prepare('select id, body from chunks').iterate() as Iterable<{
    id: number
    body: Uint8Array
  }>)
    try {
      const chunk = new Chunk(body)
      for (const entry of chunk.entries) {
        name(entry.series)
        count += chunk.read(entry, decodeRun).length
      }
    } catch (error) {
      problems.push(`readings.db: chunk ${id} cannot be read: ${(error as Error).message}`)
    }
  let last = sealed
  for (const row of db.prepare('select id, received_at, body from log order by id').iterate() as Iterable<{
    id: number
    received_at: number
    body: Uint8Array
  }>) {
    const isSealed = row.id <= sealed
    if (!isSealed && row.id !== last + 1) problems.push(`readings.db: batches ${last + 1} to ${row.id - 1} are missing`)
    if (!isSealed) last = row.id
    try {
      eachReading(row.body, row.received_at, (series) => {
        name(series)
        if (!isSealed) count++
      })
    } catch {
      problems.push(`readings.db: batch ${row.id} cannot be read`)
    }
  }
  db.close()
  if (nameless.size > 0) problems.push(`readings.db: series ${[...nameless].join(', ')} have no name`)
  return { last, count }
}
