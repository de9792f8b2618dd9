import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import type { Reading } from '#devices/reading.ts'
import { watchCommits } from '#gateway/commit-watch.ts'
import { encodeReadings } from '#gateway/store/batch-codec.ts'
import { StoreCore } from '#gateway/store/core.ts'
import { History } from '#gateway/store/history/history.ts'
import { HISTORY_POLICY } from '#gateway/store/history/policy.ts'
import { Queries } from '#gateway/store/queries.ts'
import { openForReading, walBytesOf } from '#gateway/store/schema.ts'
import { SeriesNames } from '#gateway/store/series-names.ts'

const MB = 1_048_576
const START = Date.UTC(2026, 0, 5)
const POINTS = 20

/** A store that seals after each minute and merges after each ten; batch n holds one reading of every point. */
function storeOf(t: Pick<Test, 'teardown'>) {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'caretaker-wal-'))
  const core = new StoreCore(folder, () => {}, {
    ...HISTORY_POLICY,
    sealAfterMs: 60_000,
    mergeSpanMs: 600_000,
    logKeptMs: 120_000,
    ballastBytes: 0,
  })
  t.teardown(() => {
    core.close()
    rmSync(folder, { recursive: true })
  })
  const names = new SeriesNames()
  let id = 0
  const commit = () => {
    const at = START + ++id * 2_000
    const readings: Reading[] = Array.from({ length: POINTS }, (_, i) => ({
      device: `d${i % 10}`,
      point: `p${i}`,
      value: ((id * 7 + i * 13) % 1_000) / 10,
      quality: 'good',
      at,
    }))
    core.commit({
      batches: [{ id, source: 's', received_at: at, key: null, body: encodeReadings(readings, at, names) }],
      series: names.takeNew(),
      events: [{ type: 'clock.stepped', byMs: id, trace: 't', seq: id, at } as never],
      answers: [],
      readingsUpto: id,
      keyframe: { batch: id, plan: 'p', keyframe: { readings: [], memories: {} } } as never,
      snapshot: null,
    })
    while (core.maintain(at));
  }
  return { folder, commit }
}

t.test('F10 a reader that stays in one transaction for 100,000 readings: the WAL stays below 256 MB', async (t) => {
  const { folder, commit } = storeOf(t)
  commit()
  const reader = openForReading(join(folder, 'readings.db'))
  reader.exec('begin')
  t.ok((reader.prepare('select count(*) as n from log').get() as { n: number }).n > 0)
  let most = 0
  for (let i = 0; i < 5_000; i++) {
    commit()
    most = Math.max(most, walBytesOf(folder))
  }
  t.ok(most > 8 * MB, `it does grow: ${(most / MB).toFixed(0)} MB`)
  t.ok(most < 256 * MB, 'and not too far')
  const queries = new Queries(folder)
  t.equal(queries.counts().walBytes, walBytesOf(folder), 'health and metrics show it')
  queries.close()
  reader.exec('commit')
  reader.close()
  for (let i = 0; i < 30; i++) commit()
  t.ok(walBytesOf(folder) <= 17 * MB, `short again once nobody reads: ${(walBytesOf(folder) / MB).toFixed(1)} MB`)
})

t.test('F10 our own reads end after 4 s, and hold nothing afterwards', async (t) => {
  const { folder, commit } = storeOf(t)
  for (let i = 0; i < 120; i++) commit()
  let [now, step] = [0, 0]
  const db = openForReading(join(folder, 'readings.db'))
  t.teardown(() => db.close())
  const history = new History(db, () => (now += step))
  const reads: Readonly<Record<string, () => unknown>> = {
    readingsOf: () => history.readingsOf({ device: 'd1', point: 'p1' }, START, START + 3_600_000),
    buckets: () => history.series({ device: 'd1', point: 'p1' }, { from: START, to: START + 3_600_000, buckets: 500 }),
    summaries: () => history.series({ device: 'd1', point: 'p1' }, { from: START, to: START + 3_600_000, buckets: 4 }),
    page: () => history.page(START, START + 3_600_000, null),
  }
  for (const [name, read] of Object.entries(reads)) {
    step = 0
    t.ok(read(), `${name} in time`)
    // Each row takes so long: the second is too late.
    step = 2_500
    t.throws(read, { code: 'too_large' }, name)
    t.notOk(db.isTransaction, `${name}: the transaction is over`)
    const other = new DatabaseSync(join(folder, 'readings.db'))
    const [{ busy } = { busy: 1 }] = other.prepare('pragma wal_checkpoint(truncate)').all() as { busy: number }[]
    t.equal(busy, 0, `${name}: no statement is left open`)
    other.close()
  }
})

t.test('F10 a write-ahead file that grows is said once', async (t) => {
  let bytes = 0
  const said: string[] = []
  const { commit } = watchCommits({
    commit: async () => {},
    committed: () => {},
    walBytes: () => bytes,
    log: (_, message) => said.push(message),
  })
  const group = { batches: [], events: [] } as never
  for (bytes of [4 * MB, 63 * MB, 64 * MB, 80 * MB, 200 * MB, 8 * MB, 65 * MB]) await commit(group)
  t.strictSame(said, Array(2).fill('a long read holds up the write-ahead files'))
})
