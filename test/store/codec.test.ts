import * as fc from 'fast-check'
import t from 'tap'
import { type Batch, REASONS, type Reading } from '#devices/reading.ts'
import { batchOf, encodeReadings } from '#gateway/store/batch-codec.ts'
import { ByteReader, ByteWriter } from '#gateway/store/bytes.ts'
import { Chunk, encodeChunk } from '#gateway/store/history/chunk.ts'
import { Scratch } from '#gateway/store/history/scratch.ts'
import { decodeRun, encodeRun } from '#gateway/store/history/columns.ts'
import { flagsOf, readingOf, Run } from '#gateway/store/history/run.ts'
import { decodeRollup, encodeRollup, rollupOf } from '#gateway/store/history/summary.ts'
import { SeriesNames } from '#gateway/store/series-names.ts'

const MINUTE = 60_000
const time = fc.integer({ min: -1_000, max: 4e12 })
const decimal = fc
  .tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 6 }))
  .map(([m, d]) => m / 10 ** d)
const single = fc.float({ noDefaultInfinity: false }).map(Math.fround)
const number = fc.oneof(
  decimal,
  single,
  fc.double(),
  fc.constantFrom(-0, NaN, Infinity, -Infinity, 2 ** 53, -(2 ** 53)),
)
const value = fc.oneof(number, fc.boolean(), fc.string({ unit: 'grapheme' }), fc.constant(null))
const flags = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  fc
    .record({
      quality: fc.constantFrom('good' as const, 'uncertain' as const, 'bad' as const),
      reason: fc.option(fc.constantFrom(...REASONS), { nil: undefined }),
      timeQuality: fc.option(fc.constant('bad' as const), { nil: undefined }),
    })
    .map((each) => flagsOf(each as Reading)),
)
const column = fc.oneof(
  fc.array(fc.record({ at: time, value, flags })),
  fc.array(fc.record({ at: time, value: decimal, flags })),
  fc.array(fc.record({ at: time, value: single, flags })),
  fc.array(fc.record({ at: time, value: fc.boolean(), flags: fc.constant(0) })),
)

function runOf(entries: readonly { at: number; value: Run['values'][number]; flags: number }[]): Run {
  const run = new Run()
  for (const { at, value, flags } of entries) run.push(at, value, flags)
  return run
}

/** Object.is for every value: -0 is not 0, NaN is NaN. */
function isSame(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  return a.length === b.length && Array.from(a).every((each, index) => Object.is(each, b[index]))
}

t.test('any run of readings comes out of its bytes the same', async (t) => {
  fc.assert(
    fc.property(column, (entries) => {
      const run = runOf(entries)
      const out = new ByteWriter(1)
      encodeRun(out, run)
      const back = decodeRun(new ByteReader(out.bytes()))
      return isSame(run.times, back.times) && isSame(run.values, back.values) && isSame(run.flags, back.flags)
    }),
    { numRuns: 2_000 },
  )
  t.pass()
})

t.test('any batch comes out of its bytes the same', async (t) => {
  const reading = fc
    .record({
      device: fc.constantFrom('a', 'b', '水泵'),
      point: fc.constantFrom('x', 'y', 'z'),
      value,
      at: time,
      flags,
    })
    .map(({ device, point, value: each, at, flags: bits }) => readingOf(device, point, at, each, bits))
  fc.assert(
    fc.property(fc.array(reading), time, fc.option(fc.string()), (readings, receivedAt, key) => {
      const names = new SeriesNames()
      const body = encodeReadings(readings, receivedAt, names)
      const again = new SeriesNames(names.takeNew())
      const batch: Batch = batchOf({ id: 1, source: 's', received_at: receivedAt, key, body }, again)
      const back = batch.readings
      const same = readings.every(({ value: each, ...rest }, index) => {
        const { value: other, ...others } = back[index]!
        return Object.is(each, other) && JSON.stringify(rest) === JSON.stringify(others)
      })
      return same && back.length === readings.length && (batch.key ?? null) === key
    }),
    { numRuns: 1_000 },
  )
  t.pass()
})

t.test('a run that was emptied says nothing of what was in it', (t) => {
  const run = runOf([{ at: 1, value: 'old', flags: 3 }])
  run.push(2, 42, 0)
  run.clear()
  t.equal(run.length, 0)
  t.same(run.texts, [])
  t.same([...run.extend(2).numbers], [0, 0])
  t.end()
})

t.test('a chunk gives each of its series back by itself, and tells when a byte has changed', async (t) => {
  const runs = [3, 4, 15].map((series, place) => ({
    series,
    run: runOf(Array.from({ length: 50 + place }, (_, i) => ({ at: i * 1_000, value: i * place, flags: 0 }))),
  }))
  const bytes = encodeChunk(
    runs.map(({ series, run }) => ({
      series,
      n: run.length,
      from: run.times[0]!,
      to: run.times.at(-1)!,
      encode: (out) => encodeRun(out, run),
    })),
    new Scratch(),
  )
  const chunk = new Chunk(bytes)
  for (const { series, run } of runs) {
    const entry = chunk.entryOf(series)!
    t.match(entry, { n: run.length, from: 0, to: run.times.at(-1) })
    t.same(chunk.read(entry, decodeRun), run)
  }
  t.equal(chunk.entryOf(5), undefined)
  for (let at = 0; at < bytes.length; at++) {
    const broken = bytes.slice()
    broken[at]! ^= 1
    t.throws(() => new Chunk(broken), { code: 'store_corrupt' }, `byte ${at}`)
  }
})

t.test('summaries come out of their bytes the same, and say of any readings what counting by hand says', async (t) => {
  const step = fc.record({ at: fc.integer({ min: 0, max: 10 * MINUTE }), value, flags })
  fc.assert(
    fc.property(fc.array(step), (entries) => {
      const run = runOf(
        entries.filter(({ value: each }) => typeof each !== 'number' || Number.isFinite(each)),
      ).ordered()
      const rollup = rollupOf(run, MINUTE)
      const out = new ByteWriter()
      encodeRollup(out, rollup, MINUTE)
      const back = decodeRollup(new ByteReader(out.bytes()), MINUTE)
      if (!isSame([...rollup.keys()], [...back.keys()])) return false
      for (const [start, summary] of rollup) {
        if (
          !isSame(
            Object.values(summary).filter((_, i) => summary.numbers > 0 || i < 2),
            Object.values(back.get(start)!).filter((_, i) => summary.numbers > 0 || i < 2),
          )
        )
          return false
        const inside = Array.from(run.times).flatMap((at, i) =>
          Math.floor(at / MINUTE) * MINUTE === start ? [{ value: run.valueAt(i), bad: (run.flags[i]! & 3) === 2 }] : [],
        )
        const said = inside.filter(({ value: each, bad }) => !bad && each !== null)
        const numbers = said.flatMap(({ value: each }) => (typeof each === 'string' ? [] : [Number(each)]))
        if (summary.n !== said.length || summary.numbers !== numbers.length) return false
        if (numbers.length === 0) continue
        const sum = numbers.reduce((total, each) => total + each, 0)
        const scale = Math.max(...numbers.map(Math.abs), 1)
        if (Math.abs(summary.sum - sum) > scale * 1e-9 * numbers.length && Number.isFinite(sum)) return false
        if (!Object.is(summary.first, numbers[0]) || !Object.is(summary.last, numbers.at(-1))) return false
        if (summary.min !== Math.min(...numbers) || summary.max !== Math.max(...numbers)) return false
      }
      return true
    }),
    { numRuns: 1_000 },
  )
  t.pass()
})
