import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import type { Reading } from '#devices/reading.ts'
import { backup } from '#gateway/commands/backup.ts'
import type { Edge } from '#gateway/commands/edge.ts'
import { encodeReadings } from '#gateway/store/batch-codec.ts'
import { StoreCore } from '#gateway/store/core.ts'
import { HISTORY_POLICY, type HistoryPolicy } from '#gateway/store/history/policy.ts'
import { Queries } from '#gateway/store/queries.ts'
import { copyStore } from '#gateway/store/recovery.ts'
import { SeriesNames } from '#gateway/store/series-names.ts'
import { Space } from '#gateway/store/space.ts'
import { verifyFolder } from '#gateway/store/verify.ts'
import type { Event } from '#rules/event.ts'

const START = Date.UTC(2026, 0, 5)
const S = 1_000
const HOUR = 3_600 * S
const POLICY: HistoryPolicy = { ...HISTORY_POLICY, logKeptMs: 0, ballastBytes: 0 }

type Ending = { teardown(run: () => void): void }

function emptyFolder(t: Ending): string {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'caretaker-disk-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const open = (folder: string) => new StoreCore(folder, () => {}, POLICY)

/** A store that gets noisy readings every ten seconds, and with `event` something that was decided of them. */
function feed(core: StoreCore, from = { id: 0, at: START }) {
  const names = new SeriesNames(core.load('p').series)
  let { id, at } = from
  let seq = core.eventsAfter(0).length
  return {
    now: () => at,
    commit(points: number, { event = false } = {}) {
      at += 10 * S
      id++
      const readings = Array.from({ length: points }, (_, i): Reading => {
        const value = Math.sin(id * 7 + i) * 1e6
        return { device: 'd', point: `p${i}`, value, quality: 'good', at }
      })
      const events = event ? [{ type: 'noted', seq: seq + 1, at, v: 1, trace: 't' } as unknown as Event] : []
      core.commit({
        batches: [{ id, source: 's', received_at: at, key: null, body: encodeReadings(readings, at, names) }],
        series: names.takeNew(),
        events,
        answers: [],
        readingsUpto: id,
        keyframe: { batch: id, plan: 'p', keyframe: { readings: [], memories: {} } } as never,
        snapshot: { seq } as never,
      })
      seq += events.length
      while (core.maintain(at));
    },
  }
}

t.test('F05 on a full disk the oldest readings go first, every event is kept, and it heals by itself', async (t) => {
  const folder = emptyFolder(t)
  const core = open(folder)
  t.teardown(() => core.close())
  const site = feed(core)
  for (let i = 0; i < 1_500; i++) site.commit(80)
  t.equal(core.condition().shed.readings, 0)
  // From here on the file may not grow: SQLite says the same as on a disk without room.
  core.limitReadings(statSync(join(folder, 'readings.db')).size)
  for (let i = 0; i < 1_000; i++) site.commit(80, { event: i % 10 === 0 })
  const { shed } = core.condition()
  t.ok(shed.readings > 0, `${shed.readings} readings were let go, and that is said`)
  t.equal(shed.from, START + 10 * S, 'the oldest first')
  t.equal(core.eventsAfter(0).length, 100, 'every event is kept')
  const queries = new Queries(folder)
  t.equal(queries.readingsOf('d', 'p0', site.now() - HOUR, site.now() + 1).length, 361, 'the newest hour is whole')
  t.equal(queries.readingsOf('d', 'p0', 0, shed.from! + 1).length, 0)
  queries.close()
  core.limitReadings(null)
  const before = core.condition().shed.readings
  for (let i = 0; i < 400; i++) site.commit(80)
  t.equal(core.condition().shed.readings, before, 'with room again nothing more goes')
  t.ok(verifyFolder(folder).ok)
})

t.test('F05 the ballast is laid down when there is time, given up first, and laid down again', async (t) => {
  const folder = emptyFolder(t)
  const db = new DatabaseSync(join(folder, 'x.db'))
  db.exec(
    'create table chunks (id, from_at, to_at, points, body); create table rollups (id, tier, from_at, to_at, body)',
  )
  t.teardown(() => db.close())
  const space = new Space(db, folder, 3 * 1_048_576)
  const layDown = () => [...space.ballast()].length
  const ballast = join(folder, 'ballast')
  t.equal(layDown(), 3)
  t.equal(statSync(ballast).size, 3 * 1_048_576)
  t.ok(statSync(ballast).blocks * 512 >= 3 * 1_048_576, 'it takes the room it claims')
  t.equal(layDown(), 0)
  const full = Object.assign(new Error('database or disk is full'), { errcode: 13 })
  const failing = (error: Error) => () => {
    throw error
  }
  let tries = 0
  const done = space.withRoom(() => (++tries === 1 ? failing(full)() : 'done'))
  t.equal(done, 'done')
  t.notOk(existsSync(ballast))
  t.throws(() => space.withRoom(failing(full)), /full/, 'with nothing left to give up, it is said')
  t.throws(() => space.withRoom(failing(new Error('another'))), /another/, 'no want of room is not tried again')
  t.equal(layDown(), 3)
})

/** Overwrites every page but the first, as a dying disk does. */
function damage(file: string): void {
  const handle = openSync(file, 'r+')
  for (let page = 1; page < statSync(file).size / 4_096; page++)
    writeSync(handle, Buffer.alloc(4_096, 0xa5), 0, 4_096, page * 4_096)
  closeSync(handle)
}

t.test(
  'F09 a damaged journal is moved aside and its copy takes its place; the readings stay, and it is said',
  async (t) => {
    const folder = emptyFolder(t)
    const core = open(folder)
    const site = feed(core)
    for (let i = 0; i < 20; i++) site.commit(5, { event: true })
    await core.backupJournalDaily(site.now())
    for (let i = 0; i < 5; i++) site.commit(5, { event: true })
    core.close()
    damage(join(folder, 'journal.db'))
    const again = open(folder)
    t.match(again.condition().restored, [{ file: 'journal.db', isFromBackup: true, aside: /journal.db.damaged-1$/ }])
    t.ok(readdirSync(folder).includes('journal.db.damaged-1'), 'nothing is thrown away')
    t.equal(again.eventsAfter(0).length, 20, 'as of the copy')
    t.equal(again.load('p').newestBatch, 25)
    again.close()
    const third = open(folder)
    t.same(third.condition().restored, [], 'and that is over')
    third.close()
  },
)

t.test('F09 without a copy a damaged journal is refused: what was decided is never silently forgotten', async (t) => {
  const folder = emptyFolder(t)
  const core = open(folder)
  const site = feed(core)
  for (let i = 0; i < 20; i++) site.commit(5, { event: true })
  core.close()
  damage(join(folder, 'journal.db'))
  t.throws(() => open(folder), { code: 'store_corrupt' })
  t.ok(existsSync(join(folder, 'journal.db')), 'it stays where it is')
})

t.test('F09 damaged readings are moved aside; the log goes on with higher numbers, and it is said', async (t) => {
  const folder = emptyFolder(t)
  const core = open(folder)
  const site = feed(core)
  for (let i = 0; i < 20; i++) site.commit(5, { event: true })
  core.close()
  damage(join(folder, 'readings.db'))
  const again = open(folder)
  t.match(again.condition().restored, [{ file: 'readings.db', isFromBackup: false }])
  t.equal(again.eventsAfter(0).length, 20)
  t.equal(again.load('p').newestBatch, 20, 'no number is given twice')
  feed(again, { id: 20, at: site.now() }).commit(5)
  again.close()
  t.same(verifyFolder(folder).problems, [])
})

t.test(
  'F09 a damaged stretch of the history is a gap: charts, copies and merging pass it over, and keep it',
  async (t) => {
    const folder = emptyFolder(t)
    const core = open(folder)
    const site = feed(core)
    for (let i = 0; i < 300; i++) site.commit(40)
    core.close()
    const db = new DatabaseSync(join(folder, 'readings.db'))
    const chunk = db
      .prepare('select id, from_at, to_at, body from chunks where grp = 0 order by from_at limit 1')
      .get() as Record<'id' | 'from_at' | 'to_at', number> & { body: Uint8Array }
    const { id, from_at: from, to_at: to, body } = chunk
    body[200]! ^= 1
    db.prepare('update chunks set body = ? where id = ?').run(body, id)
    db.close()
    const again = open(folder)
    const queries = new Queries(folder)
    t.equal(queries.readingsOf('d', 'p0', from, to + 1).length, 0)
    t.ok(queries.readingsOf('d', 'p0', to + 1, site.now()).length > 0)
    t.ok(queries.readingsOf('d', 'p20', from, to + 1).length > 0, 'its neighbours in other chunks are there')
    let lines = 0
    for (let position = { batch: 0, offset: 0 }; ;) {
      const slice = queries.linesAfter(position, 1_000)
      if (!slice) break
      position = slice.next
      lines += slice.lines.length
    }
    t.ok(lines > 0)
    while (again.maintain(site.now() + 2 * HOUR));
    again.close()
    queries.close()
    const after = new DatabaseSync(join(folder, 'readings.db'), { readOnly: true })
    t.match(after.prepare("select reason from quarantine where origin = 'history'").all(), [{ reason: /checksum/ }])
    after.close()
  },
)

t.test('a copy made while the store is written to is whole, and opens', async (t) => {
  const folder = emptyFolder(t)
  const core = open(folder)
  const site = feed(core)
  for (let i = 0; i < 200; i++) site.commit(50, { event: i % 3 === 0 })
  const copying = copyStore(folder, join(folder, 'copy'))
  for (let i = 0; i < 50; i++) {
    site.commit(50, { event: true })
    await new Promise(setImmediate)
  }
  await copying
  core.close()
  t.same(readdirSync(join(folder, 'copy')).toSorted(), ['journal.db', 'readings.db'])
  const verdict = verifyFolder(join(folder, 'copy'))
  t.same(verdict.problems, [])
  t.ok(verdict.events >= 67 && verdict.batches >= 200)
})

t.test('S50 a copy has all that cannot be made again, for nobody else, and nothing that opens it', async (t) => {
  const folder = emptyFolder(t)
  open(folder).close()
  const keys = ['mqtt.key', 'tags.key', 'residents.key', 'push.key', 'private.key', 'outbox.key']
  for (const file of keys) writeFileSync(join(folder, file), `${file}\n`, { mode: 0o644 })
  for (const file of ['access.db', 'private.db', 'residents.db', 'push.db', 'mqtt.db', 'outward.db']) {
    const db = new DatabaseSync(join(folder, file))
    db.exec(`pragma journal_mode = wal; create table t (v text); insert into t values ('${file}')`)
    db.close()
  }
  const said: string[] = []
  const edge = { cwd: folder, env: {}, out: (line: string) => void said.push(line) } as unknown as Edge
  t.equal(await backup(edge, 'copy', { data: folder }), 0)
  const copy = join(folder, 'copy')
  t.strictSame(readdirSync(copy).toSorted(), [
    'access.db',
    'journal.db',
    'mqtt.key',
    'private.db',
    'push.key',
    'readings.db',
    'residents.db',
    'residents.key',
    'tags.key',
  ])
  for (const file of readdirSync(copy)) t.equal(statSync(join(copy, file)).mode & 0o777, 0o600, file)
  for (const file of ['mqtt.key', 'push.key', 'residents.key', 'tags.key'])
    t.equal(readFileSync(join(copy, file), 'utf8'), `${file}\n`)
  const db = new DatabaseSync(join(copy, 'residents.db'), { readOnly: true })
  t.strictSame(
    db
      .prepare('select v from t')
      .all()
      .map(({ v }) => v),
    ['residents.db'],
  )
  db.close()
  t.match(said.join(), /not copied: private\.key, outbox\.key/, 'it says what to keep')
})
