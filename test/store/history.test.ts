import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import * as fc from 'fast-check'
import t from 'tap'
import type { Reading } from '#devices/reading.ts'
import { encodeReadings } from '#gateway/store/batch-codec.ts'
import { StoreCore } from '#gateway/store/core.ts'
import { type Packing, pack as packed, type Parcel } from '#gateway/store/history/packing.ts'
import { HISTORY_POLICY, type HistoryPolicy } from '#gateway/store/history/policy.ts'
import { Scratch } from '#gateway/store/history/scratch.ts'
import { Queries } from '#gateway/store/queries.ts'
import type { Position } from '#gateway/store/reading-log.ts'
import { SeriesNames } from '#gateway/store/series-names.ts'
import { verifyFolder } from '#gateway/store/verify.ts'

const S = 1_000
const MINUTE = 60 * S
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const START = Date.UTC(2026, 0, 5)

/** A store whose batches come one after the other; `until` lets its upkeep run as long as there is something to do. */
function storeOf(ending: { teardown(run: () => void): void }, policy: Partial<HistoryPolicy> = {}) {
  // Thousands of commits: how long a disk takes for them is not what is asked here.
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'caretaker-history-'))
  const core = new StoreCore(folder, () => {}, { ...HISTORY_POLICY, ballastBytes: 0, ...policy })
  const names = new SeriesNames()
  const logged = new Map<string, Reading>()
  let id = 0
  const commit = (readings: readonly Reading[], receivedAt: number, { isJudged = true } = {}) => {
    const body = encodeReadings(readings, receivedAt, names)
    core.commit({
      batches: [{ id: ++id, source: 's', received_at: receivedAt, key: null, body }],
      series: names.takeNew(),
      events: [],
      answers: [],
      readingsUpto: isJudged ? id : 0,
      keyframe: isJudged ? ({ batch: id, plan: 'p', keyframe: { readings: [], memories: {} } } as never) : null,
      snapshot: isJudged ? ({ seq: 0 } as never) : null,
    })
    for (const reading of readings) logged.set(`${reading.device}.${reading.point}@${reading.at}`, reading)
  }
  const upkeep = (now: number) => {
    while (core.maintain(now));
  }
  let queries: Queries | null = null
  const open = () => (queries ??= new Queries(folder))
  ending.teardown(() => {
    queries?.close()
    core.close()
    rmSync(folder, { recursive: true })
  })
  return { folder, core, commit, upkeep, logged, queries: open, newest: () => id }
}

const good = (point: string, value: Reading['value'], at: number): Reading => ({
  device: 'd',
  point,
  value,
  quality: 'good',
  at,
})
const count = (folder: string, table: string, where = 'true') => {
  const db = new DatabaseSync(join(folder, 'readings.db'), { readOnly: true })
  const row = db.prepare(`select count(*) as count from ${table} where ${where}`).get() as { count: number }
  db.close()
  return row.count
}

t.test(
  'what is asked of any stretch in any number of buckets is what counting the readings by hand gives',
  async (t) => {
    const site = storeOf(t, { mergeSpanMs: HOUR, logKeptMs: 0 })
    const readings: Reading[] = []
    const random = fc.sample(
      fc.integer({ min: -500, max: 500 }).map((n) => n / 10),
      { numRuns: 3 * 3_600, seed: 1 },
    )
    for (let i = 0; i < 3 * 3_600; i++) {
      const now = START + i * S
      // Half an hour of nothing; a bad stretch; readings that come ten minutes late.
      if (i > 4_000 && i < 5_800) continue
      const isBad = i > 7_000 && i < 7_100
      const reading: Reading = isBad
        ? { device: 'd', point: 'p', value: null, quality: 'bad', reason: 'no_response', at: now }
        : good('p', random[i]!, i % 500 === 0 ? now - 10 * MINUTE - 500 : now)
      readings.push(reading)
      site.commit([reading, good('q', i, now)], now)
      if (i % 60 === 0) site.upkeep(now)
    }
    site.upkeep(START + 3 * HOUR + 1)
    t.ok(count(site.folder, 'segments', 'level = 1') >= 2, 'some was merged')
    t.ok(count(site.folder, 'segments', 'level = 0') >= 1, 'some is fresh')
    const at = fc.integer({ min: -HOUR, max: 4 * HOUR }).map((ms) => START + ms)
    fc.assert(
      fc.property(at, at, fc.integer({ min: 1, max: 60 }), (one, other, buckets) => {
        const range = { from: Math.min(one, other), to: Math.max(one, other) + 1, buckets }
        const found = site.queries().series('d', 'p', range)
        for (const [index, bucket] of found.entries()) {
          const end = found[index + 1]?.t ?? range.to
          const inside = readings.filter((reading) => reading.at >= bucket.t && reading.at < end)
          const values = inside.flatMap(({ value }) => (typeof value === 'number' ? [value] : []))
          const mean = values.reduce((sum, value) => sum + value, 0) / values.length
          const last = inside.filter(({ value }) => value !== null).toSorted((a, b) => a.at - b.at)
          const expected =
            values.length === 0
              ? { min: null, mean: null, max: null, last: null }
              : { min: Math.min(...values), max: Math.max(...values), last: last.at(-1)!.value }
          const quality = inside.some((each) => each.quality === 'bad') ? 'bad' : inside.length > 0 ? 'good' : null
          for (const [key, figure] of Object.entries({ ...expected, n: values.length, quality }))
            if (bucket[key as 'n'] !== figure)
              throw new Error(`${key} of ${index}: ${bucket[key as 'n']}, not ${figure}`)
          if (values.length > 0 && Math.abs(bucket.mean! - mean) > 1e-9)
            throw new Error(`mean ${bucket.mean}, not ${mean}`)
        }
      }),
      { numRuns: 80 },
    )
    t.same(
      site.queries().readingsOf('d', 'p', START, START + 4 * HOUR),
      readings.filter((each) => each.at >= START).toSorted((a, b) => a.at - b.at),
      'and every reading is there',
    )
    t.ok(verifyFolder(site.folder).ok)
  },
)

t.test('F33 F39 readings that come late, twice and in any order leave one history, the same as in order', async (t) => {
  const times = Array.from({ length: 300 }, (_, i) => START + i * 20 * S)
  const value = (at: number) => (at / S) % 97
  fc.assert(
    fc.property(fc.shuffledSubarray(times, { minLength: times.length }), fc.subarray(times), (shuffled, again) => {
      const ending: (() => void)[] = []
      const site = storeOf(
        { teardown: (run) => void ending.push(run) },
        { sealAfterBytes: 400, sealAfterBytesOfEach: 0, mergeSpanMs: 10 * MINUTE, logKeptMs: MINUTE },
      )
      let now = START + 2 * HOUR
      for (const at of [...shuffled, ...again]) {
        site.commit([good('p', value(at), at)], (now += 5 * S))
        site.upkeep(now)
      }
      site.upkeep(now + HOUR)
      const found = site.queries().readingsOf('d', 'p', 0, now)
      // By readings, where they are few for sums of minutes, and by sums of hours.
      const whole = [100 * MINUTE, 6 * HOUR].flatMap((ms) =>
        site.queries().series('d', 'p', { from: START, to: START + ms, buckets: 1 }),
      )
      for (const end of ending) end()
      const sum = times.reduce((total, at) => total + value(at), 0)
      return (
        found.length === times.length &&
        found.every((reading, i) => reading.at === times[i] && reading.value === value(times[i]!)) &&
        whole.every(({ n, mean }) => n === times.length && Math.abs(mean! - sum / times.length) < 1e-9)
      )
    }),
    { numRuns: 8 },
  )
  t.pass()
})

t.test('a reader of the log gets every reading once and in order, sealed and merged under it or not', async (t) => {
  const site = storeOf(t, { sealAfterBytes: 300, sealAfterBytesOfEach: 0, mergeSpanMs: 2 * MINUTE, logKeptMs: 0 })
  const points = Array.from({ length: 20 }, (_, i) => `p${i}`)
  let position: Position = { batch: 0, offset: 0 }
  const got: string[] = []
  site.core.saveCursor('copy', position)
  const readOn = (slices: number) => {
    for (let i = 0; i < slices; i++) {
      const slice = site.queries().linesAfter(position, 7)
      if (!slice) return
      t.ok(
        slice.next.batch > position.batch ||
          (slice.next.batch === position.batch && slice.next.offset > position.offset),
        'it never goes back',
      )
      got.push(...slice.lines)
      position = slice.next
      site.core.saveCursor('copy', position)
    }
  }
  for (let i = 0; i < 600; i++) {
    const now = START + i * S
    site.commit(
      points.slice(0, 1 + (i % 20)).map((point) => good(point, i, now)),
      now,
    )
    if (i % 7 === 0) site.upkeep(now)
    // It falls behind, catches up, falls behind again.
    if (i % 100 > 60) readOn(i % 5 === 0 ? 40 : 3)
  }
  readOn(100_000)
  t.equal(position.batch, site.newest())
  const fields = got.flatMap((line) => {
    const [, values, at] = line.split(' ')
    return values!.split(',').map((field) => `${field}@${at}`)
  })
  t.equal(new Set(fields).size, fields.length, 'once')
  t.equal(fields.length, site.logged.size, 'all')
  t.ok(count(site.folder, 'segments', 'level = 1') > 0)
  site.upkeep(START + HOUR)
  t.equal(count(site.folder, 'log'), 0, 'and then the log lets go')
})

t.test('a page of a past range is by source time, and says each reading once', async (t) => {
  const site = storeOf(t, { sealAfterBytes: 300, mergeSpanMs: 5 * MINUTE, logKeptMs: 0 })
  const points = Array.from({ length: 40 }, (_, i) => `p${i}`)
  for (let i = 0; i < 100; i++) {
    const now = START + i * 30 * S
    site.commit(
      points.map((point) => good(point, i, now)),
      now,
    )
    site.upkeep(now)
  }
  const [from, to] = [START + 10 * MINUTE, START + 31 * MINUTE]
  const lines: string[] = []
  for (
    let page = site.queries().linesOfRange(from, to, null);
    page;
    page = site.queries().linesOfRange(from, to, page.after)
  )
    lines.push(...page.lines)
  const expected = [...site.logged.values()].filter(({ at }) => at >= from && at < to)
  const fields = lines.flatMap((line) => {
    const [, values, at] = line.split(' ')
    return values!.split(',').map((field) => `${field}@${at}`)
  })
  t.strictSame(fields.toSorted(), expected.map(({ point, value, at }) => `${point}=${String(value)}@${at}`).toSorted())
})

t.test('what was not judged yet, and what a keyframe needs, stays in the log', async (t) => {
  const site = storeOf(t, { sealAfterMs: 0, logKeptMs: 0 })
  for (let i = 0; i < 5; i++) site.commit([good('p', i, START + i)], START + i)
  for (let i = 5; i < 9; i++) site.commit([good('p', i, START + i)], START + i, { isJudged: false })
  site.upkeep(START + HOUR)
  t.same(
    site.core.batchesAfter(0, 100).map(({ id }) => id),
    [6, 7, 8, 9],
  )
  t.equal(site.queries().readingsOf('d', 'p', 0, START + HOUR).length, 9)
})

t.test('readings go before their minutes, minutes before their hours', async (t) => {
  const site = storeOf(t, { readingsKeptMs: 4 * HOUR, rollupsKeptMs: [8 * HOUR, 16 * HOUR], logKeptMs: 0 })
  for (let i = 0; i < 24 * 60; i++) {
    const now = START + i * MINUTE
    site.commit(
      Array.from({ length: 12 }, (_, second) => good('p', 7, now + second * 5 * S)),
      now + MINUTE,
    )
    site.upkeep(now + MINUTE)
  }
  const end = START + DAY
  site.upkeep(end + HOUR)
  const said = (hoursAgo: number, widthMs: number) => {
    const spanMs = 5 * HOUR
    const from = end - hoursAgo * HOUR
    return site.queries().series('d', 'p', { from, to: from + spanMs, buckets: spanMs / widthMs })[0]!.n
  }
  t.equal(said(2, MINUTE), 12, 'two hours ago by readings')
  t.equal(said(6, MINUTE), 0)
  t.equal(said(6, 10 * MINUTE), 120, 'six hours ago by minutes')
  t.equal(said(10, 10 * MINUTE), 0)
  t.equal(said(10, 5 * HOUR), 3_600, 'ten hours ago by hours')
  t.equal(said(22, 5 * HOUR), 0)
  t.ok(verifyFolder(site.folder).ok)
})

t.test('sums of a day that is over become one row, and a chart says what it said before', (t) => {
  const site = storeOf(t, { logKeptMs: 0 })
  const points = ['a', 'b', 'c']
  const minute = (now: number) =>
    points.flatMap((point, place) =>
      Array.from({ length: 12 }, (_, i) => good(point, ((now / MINUTE) % 97) + i * place, now + i * 5 * S)),
    )
  const passHours = (from: number, to: number) => {
    for (let now = START + from * HOUR; now < START + to * HOUR; now += MINUTE) {
      site.commit(minute(now), now + MINUTE)
      if (now % (20 * MINUTE) === 0) site.upkeep(now)
    }
    site.upkeep(START + to * HOUR)
  }
  const charts = () =>
    points.flatMap((point) =>
      [5, 60, 6 * 60].map((minutes) => {
        const buckets = DAY / (minutes * MINUTE)
        return site.queries().series('d', point, { from: START, to: START + DAY, buckets })
      }),
    )
  passHours(0, 25.5)
  t.equal(count(site.folder, 'rollups', `tier = 0 and to_at < ${START + DAY}`), 24)
  const before = charts()
  passHours(25.5, 27)
  t.equal(count(site.folder, 'rollups', `tier = 0 and to_at < ${START + DAY}`), 1)
  t.equal(count(site.folder, 'rollups', `tier = 1 and to_at < ${START + DAY}`), 1)
  t.same(charts(), before)
  t.equal(before[0]![7]!.n, 60)
  // A row that is damaged stays, and the others are joined without it.
  passHours(27, 49)
  const db = new DatabaseSync(join(site.folder, 'readings.db'))
  const day = `tier = 0 and to_at between ${START + DAY} and ${START + 2 * DAY - 1}`
  const { id } = db.prepare(`select min(id) as id from rollups where ${day}`).get() as { id: number }
  db.prepare('update rollups set body = zeroblob(50) where id = ?').run(id)
  db.close()
  passHours(49, 51)
  t.equal(count(site.folder, 'rollups', day), 2)
  const next = site.queries().series('d', 'a', { from: START + DAY, to: START + 2 * DAY, buckets: 24 })
  t.ok(next[0]!.n < 720, 'what was damaged is missing')
  t.same(
    next.slice(1).map(({ n }) => n),
    Array.from({ length: 23 }, () => 720),
  )
  t.end()
})

t.test('what is merged packs in another thread only if nothing has come between', (t) => {
  const site = storeOf(t, { logKeptMs: 0, sealAfterBytes: 400, sealAfterBytesOfEach: 0, mergeSpanMs: 10 * MINUTE })
  const due = (now: number) => {
    for (;;) {
      const packing = site.core.packingDue(now)
      if (packing?.kind !== 'seal') return packing
      site.core.putDown(pack(packing)!)
    }
  }
  const db = new DatabaseSync(join(site.folder, 'readings.db'))
  t.teardown(() => db.close())
  const pack = (packing: Packing): Parcel | null => {
    const work = packed(db, packing, new Scratch())
    for (;;) {
      const { done, value } = work.next()
      if (done) return value
    }
  }
  for (let i = 0; i < 200; i++) site.commit([good('a', i, START + i * 6 * S)], START + i * 6 * S)
  const now = START + 30 * MINUTE
  const twice = { kind: 'seal', after: 0, upto: site.newest() } as const
  const [first, second] = [pack(twice)!, pack(twice)!]
  site.core.putDown(first)
  site.core.putDown(second)
  t.equal(count(site.folder, 'segments'), 1, 'what was sealed meanwhile is not sealed again')
  for (let i = 200; i < 500; i++) {
    site.commit([good('a', i, START + i * 6 * S)], START + i * 6 * S)
    if (i % 20 === 0) due(START + i * 6 * S)
  }
  const merging = due(now + 30 * MINUTE)!
  t.equal(merging.kind, 'merge')
  const merged = pack(merging)!
  const merges = () => count(site.folder, 'segments', 'level = 1')
  const inside = (merging as Extract<Packing, { kind: 'merge' }>).segments[0]!
  site.core.saveCursor('influx', { batch: inside.id, offset: 0 })
  site.core.putDown(merged)
  t.equal(merges(), 0, 'a cursor has come to stand within')
  site.core.saveCursor('influx', { batch: site.newest(), offset: 0 })
  site.core.putDown(merged)
  t.equal(merges(), 1)
  site.core.putDown(merged)
  t.equal(merges(), 1)
  site.upkeep(now + 40 * MINUTE)
  const found = site.queries().readingsOf('d', 'a', START, START + HOUR)
  t.same(
    found.map(({ value }) => value),
    Array.from({ length: 500 }, (_, i) => i),
  )
  const [all] = site.queries().series('d', 'a', { from: START, to: START + 50 * MINUTE, buckets: 1 })
  t.equal(all!.n, 500, 'nothing is summed up twice')
  t.end()
})

t.test('where readings are few, no sums of minutes are kept beside them', async (t) => {
  const site = storeOf(t, { logKeptMs: 0 })
  for (let i = 0; i < 24 * 6; i++) {
    site.commit([good('p', i, START + i * 10 * MINUTE)], START + i * 10 * MINUTE)
    site.upkeep(START + i * 10 * MINUTE)
  }
  site.upkeep(START + 25 * HOUR)
  t.equal(count(site.folder, 'rollups', 'tier = 0'), 0)
  t.equal(count(site.folder, 'rollups', 'tier = 1'), 24)
  const found = site.queries().series('d', 'p', { from: START, to: START + DAY, buckets: 48 })
  t.same(
    found.map(({ n, max }) => [n, max]),
    Array.from({ length: 48 }, (_, i) => [3, i * 3 + 2]),
  )
})

t.test('who looks in now and then is told what one is told who comes new', async (t) => {
  const site = storeOf(t, { sealAfterBytes: 400, sealAfterBytesOfEach: 0, mergeSpanMs: 10 * MINUTE, logKeptMs: MINUTE })
  const points = ['a', 'b', 'c', 'd']
  for (let i = 0; i < 400; i++) {
    const now = START + i * 10 * S
    // Each fifth comes late, and must not count as the newest.
    const at = i % 5 === 0 ? now - 5 * MINUTE : now
    const rare = i % 40 === 2 ? [good('rare', i, now)] : []
    site.commit([good(points[i % 4]!, i, at), good('steady', i, now), ...rare], now)
    // A piece at a time: batches come while a stretch is being sealed.
    site.core.maintain(now)
    // Sometimes often, sometimes after several seals, sometimes after what came since has left the log.
    if (i % 100 > 50 ? i % 2 !== 0 : i % 37 !== 0) continue
    const fresh = new Queries(site.folder)
    const range = { from: now - HOUR, to: now + 1, buckets: 7 }
    t.same(site.queries().series('d', 'steady', range), fresh.series('d', 'steady', range))
    t.same(site.queries().extentOf('d', 'a'), fresh.extentOf('d', 'a'))
    fresh.close()
  }
})

t.test('the more series, the longer a stretch waits to be sealed: chunks stay worth their while', async (t) => {
  const site = storeOf(t, { sealAfterBytes: 100, sealAfterBytesOfEach: 10 })
  const wide = Array.from({ length: 100 }, (_, i) => good(`p${i}`, i, START))
  for (let i = 0; i < 9; i++) {
    site.commit(
      wide.map((each) => ({ ...each, at: START + i * S })),
      START + i * S,
    )
    site.upkeep(START + i * S)
  }
  t.equal(count(site.folder, 'segments'), 3, '200 bytes a batch, 1,000 for each stretch')
})
