import { join } from 'node:path'
import { decodeReadings } from './batch-codec.ts'
import { chainHash, GENESIS } from './hash-chain.ts'
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
  const count = { events: 0, batches: 0, readings: 0 }
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

  const readings = openForReading(join(folder, 'readings.db'))
  let last: number | null = null
  for (const row of readings.prepare('select id, body from batches order by id').iterate() as Iterable<{
    id: number
    body: string
  }>) {
    if (last !== null && row.id !== last + 1)
      problems.push(`readings.db: batches ${last + 1} to ${row.id - 1} are missing`)
    last = row.id
    count.batches++
    try {
      count.readings += decodeReadings(row.body).length
    } catch {
      problems.push(`readings.db: batch ${row.id} cannot be read`)
    }
  }
  readings.close()
  if (Number(upto) > (last ?? 0))
    problems.push(`journal.db judged up to batch ${upto}, readings.db ends at ${last ?? 0}`)
  return { ok: problems.length === 0, ...count, problems }
}
