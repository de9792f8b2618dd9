import { writeFileSync, existsSync, cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import type { Batch, Reading } from '#devices/reading.ts'
import { batchOf } from '#gateway/store/batch-codec.ts'
import { SeriesNames } from '#gateway/store/series-names.ts'
import { verifyFolder } from '#gateway/store/verify.ts'
import { caretaker } from '../fakes/gateway-process.ts'
import { countOf, KILLS, lifeFolder, runLife, spread } from '../fakes/life-run.ts'
import { LIFE_STARTS, lifeStore } from '../fakes/store-life.ts'
import { withoutStrace } from '../fakes/strace.ts'
import { writeVersion1 } from '../fakes/version1-folder.ts'

const skip = withoutStrace()

const OLD = Array.from({ length: 3_000 }, (_, i) => oldBatch(i + 1))

t.test('F11 a folder of version 1 becomes one of version 2 with the same readings', async (t) => {
  const folder = lifeFolder(t)
  writeVersion1(folder, OLD, { influx: 1_234 })
  lifeStore(folder).close()
  assertMigrated(t, folder)
})

t.test('F11 killed at any write of the migration, the next start begins again', { skip, timeout: 3_600_000 }, (t) => {
  const old = lifeFolder(t)
  writeVersion1(old, OLD, { influx: 1_234 })
  const copyOfOld = () => {
    const folder = lifeFolder(t)
    cpSync(old, folder, { recursive: true })
    return folder
  }
  const { calls, status } = runLife(copyOfOld(), { trace: 'write,pwrite64', groups: 0 })
  t.equal(status, 0)
  const writes = calls.filter((call) => call.includes('pwrite64(')).length
  t.ok(writes > 50, `${writes} writes`)
  const all = Array.from({ length: writes }, (_, i) => i + 1)
  for (const place of spread(all, KILLS / 2)) {
    const folder = copyOfOld()
    const { signal } = runLife(folder, { inject: `pwrite64:signal=SIGKILL:when=${place}`, groups: 0 })
    if (signal !== 'SIGKILL') t.fail(`not killed at write ${place}`)
    lifeStore(folder).close()
    assertMigrated(t, folder)
    rmSync(folder, { recursive: true })
  }
  t.end()
})

t.test('F11 a folder of a newer program is refused with words that say what to do, and is left as it is', async (t) => {
  for (const file of ['readings.db', 'journal.db']) {
    const folder = lifeFolder(t)
    lifeStore(folder).close()
    const db = new DatabaseSync(join(folder, file))
    db.exec('pragma user_version = 99')
    db.close()
    t.throws(() => lifeStore(folder), { code: 'store_newer', params: { version: 99 } })
    const site = join(folder, 'site.yaml')
    writeFileSync(site, 'site: { id: a, name: A, timezone: Asia/Shanghai }\nassets: []\ndevices: []\n')
    const { code, error } = await caretaker(['run', site, '--data', folder, '--http', '127.0.0.1:0'])
    t.equal(code, 1)
    t.match(error, /newer Caretaker \(99\).*(start|install) .*or .*restore/i, error)
    t.notOk(existsSync(join(folder, `${file}.damaged-1`)), 'it is not taken for damaged')
  }
})

function oldBatch(id: number): Batch {
  const receivedAt = LIFE_STARTS + id * 1_000
  const good = (point: string, value: Reading['value'], at = receivedAt): Reading => ({
    device: `o${id % 7}`,
    point,
    value,
    quality: 'good',
    at,
  })
  const readings: Reading[] = [
    good('number', (id % 997) / 10),
    good('float', Math.fround(id / 3)),
    good('bool', id % 2 === 0),
    good('text', `Zustand "${id % 3}" 泵`),
    good('late', id, receivedAt - 3_600_000 + (id % 100)),
  ]
  if (id % 10 === 0) readings.push({ ...good('number', null, receivedAt + 1), quality: 'bad', reason: 'no_response' })
  if (id % 11 === 0) readings.push({ ...good('number', 5, receivedAt + 2), quality: 'uncertain' })
  if (id % 13 === 0) readings.push({ ...good('number', 6, receivedAt + 3), timeQuality: 'bad' })
  if (id % 17 === 0) readings.length = 0
  return { source: `s${id % 2}`, receivedAt, readings, ...(id % 3 === 0 ? { key: `k#${id}` } : {}) }
}

/** Every batch, as it was: its readings, its key, its source; and what else stood in the folder. */
function assertMigrated(t: Test, folder: string): void {
  t.strictSame(verifyFolder(folder).problems, [])
  const core = lifeStore(folder)
  const names = new SeriesNames(core.load('p').series)
  const batches = core.batchesAfter(0, OLD.length + 1).map((row) => batchOf(row, names))
  t.equal(batches.length, OLD.length)
  const differing = batches.findIndex(
    (batch, index) => JSON.stringify(sorted(batch)) !== JSON.stringify(sorted(OLD[index]!)),
  )
  t.equal(differing, -1, 'every batch is as it was')
  t.strictSame(
    core.recentKeys(OLD.length),
    OLD.flatMap(({ key }) => key ?? []),
  )
  t.equal(core.load('p').events.length, 50)
  t.equal(core.load('p').readingsUpto, OLD.length)
  core.close()
  t.equal(countOf(folder, "cursors where target = 'influx' and batch = 1234 and skip = 0"), 1)
  t.equal(countOf(folder, 'quarantine'), 1)
  t.equal(countOf(folder, "sqlite_schema where name = 'batches'"), 0)
}

function sorted(batch: Batch): unknown {
  const { source, receivedAt, key, readings } = batch
  return [
    source,
    receivedAt,
    key,
    readings.map(({ device, point, value, quality, reason, at, timeQuality }) => [
      device,
      point,
      value,
      quality,
      reason,
      at,
      timeQuality,
    ]),
  ]
}
