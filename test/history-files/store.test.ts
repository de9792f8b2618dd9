import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Reading } from '#devices/reading.ts'
import { openHistorySink, openHistorySource } from '#gateway/history-files/store-ports.ts'
import { StoreCore } from '#gateway/store/core.ts'
import { Queries } from '#gateway/store/queries.ts'
import { verifyFolder } from '#gateway/store/verify.ts'

const START = Date.UTC(2025, 5, 1)
const S = 1_000
const DAY = 86_400 * S

function readingsOf(device: string, days: number): Reading[] {
  return Array.from({ length: days * 1_440 }, (_, i) => ({
    device,
    point: `p${i % 3}`,
    value: i % 7 === 0 ? `text ${i % 5}` : i / 10,
    quality: i % 50 === 0 ? ('uncertain' as const) : ('good' as const),
    at: START + i * 60 * S,
  }))
}

async function allOf(folder: string, from = -Infinity, to = Infinity): Promise<Reading[]> {
  const source = await openHistorySource(folder)
  const readings: Reading[] = []
  for (const name of await source.series())
    for await (const page of source.read(name, Math.max(from, -8.64e15), Math.min(to, 8.64e15))) readings.push(...page)
  await source.close()
  return readings.toSorted((a, b) => a.at - b.at || a.point.localeCompare(b.point))
}

t.test('what is imported is what is exported, imported twice or not, in charts and sums as well', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-import-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const readings = readingsOf('pump', 40)
  for (const order of [readings, readings.toReversed()]) {
    const sink = await openHistorySink(folder)
    for (let i = 0; i < order.length; i += 10_000) await sink.write(order.slice(i, i + 10_000))
    await sink.close()
  }
  t.strictSame(await allOf(folder), readings)
  t.strictSame(
    await allOf(folder, START + DAY, START + 2 * DAY),
    readings.filter(({ at }) => at >= START + DAY && at < START + 2 * DAY),
  )
  const queries = new Queries(folder)
  const [whole] = queries.series('pump', 'p1', { from: START, to: START + 40 * DAY, buckets: 1 })
  const expected = readings.filter(({ point }) => point === 'p1')
  t.equal(whole!.n, expected.length, 'each counts once')
  t.equal(whole!.max, Math.max(...expected.flatMap(({ value }) => (typeof value === 'number' ? [value] : []))))
  queries.close()
  t.same(verifyFolder(folder).problems, [])
})

t.test('an import is never judged, and takes no number that a batch of the log has', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-import-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const sink = await openHistorySink(folder)
  await sink.write(readingsOf('pump', 1))
  await sink.close()
  const core = new StoreCore(folder)
  const { newestBatch, readingsUpto, series } = core.load('p')
  t.equal(newestBatch, 1)
  t.equal(readingsUpto, 0)
  t.same(core.batchesAfter(0, 10), [], 'the core is fed nothing of it')
  t.equal(series.length, 3)
  core.close()
})

t.test('a folder without a store has no history, and is told so', async (t) => {
  await t.rejects(openHistorySource('/nowhere'), { code: 'no_store' })
})
