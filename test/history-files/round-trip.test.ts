import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { type Quality, type Reading, REASONS } from '#devices/reading.ts'
import { csvReader } from '#gateway/history-files/csv-reader.ts'
import { lineReader } from '#gateway/history-files/line-reader.ts'
import { exported, memoryHistory, pieces, readAll } from './files.ts'

const readers = {
  line: lineReader({ deviceTag: 'device', precision: 'ms' }),
  csv: csvReader({ precision: 'ms' }),
}
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }).filter((each) => each.isWellFormed()),
  fc.stringMatching(/^[a\\, ="#\n\r\t'@+.;-]{0,6}$/),
  fc.constantFrom('12', '-0.5', 'true', 'FALSE', '1e999', "'", "''=x", 'NaN', 'null', '\ufeff'),
)
const value = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0), // there is one zero
  fc.boolean(),
  text,
)
const quality = fc.constantFrom<Quality>('good', 'uncertain', 'bad')
const size = fc.integer({ min: 1, max: 64 })

/** Of one series after the other, each in the order of time: as an export has them. */
function inOrder(readings: readonly Reading[]): Reading[] {
  const names = new Map(readings.map(({ device, point }) => [JSON.stringify([device, point]), { device, point }]))
  return [...names.values()].flatMap(({ device, point }) =>
    readings.filter((each) => each.device === device && each.point === point).toSorted((a, b) => a.at - b.at),
  )
}

t.test('what was exported as CSV is imported as it was', async () => {
  const name = text.filter((each) => each !== '')
  const readings = fc.array(
    fc.record(
      {
        device: name,
        point: name,
        value: fc.option(value),
        quality,
        reason: fc.constantFrom(...REASONS),
        at: fc.integer({ min: 0, max: 253_402_300_799_999 }),
      },
      { requiredKeys: ['device', 'point', 'value', 'quality', 'at'] },
    ),
    { maxLength: 12 },
  )
  await fc.assert(
    fc.asyncProperty(readings, size, async (readings, size) => {
      const { readings: back, bad } = await readAll(readers.csv, await exported(memoryHistory(readings), 'csv'), size)
      assert.deepStrictEqual(
        back.map((each) => ({ ...each })),
        inOrder(readings).map((each) => ({ ...each })),
      )
      assert.deepEqual(bad, [])
    }),
    { numRuns: 1_000 },
  )
})

t.test('what was exported as line protocol is imported as it was', async () => {
  // A control character in a name, and a backslash at its end, have no escape and become `_` (test/historian).
  const name = text.filter((each) => each !== '' && !/[\x00-\x1f\x7f]|\\$/.test(each))
  const readings = fc.array(
    fc.record({ device: name, point: name, value, quality, at: fc.integer({ min: -8.64e15, max: 8.64e15 }) }),
    { maxLength: 12 },
  )
  await fc.assert(
    fc.asyncProperty(readings, size, async (readings, size) => {
      const { readings: back, bad } = await readAll(readers.line, await exported(memoryHistory(readings), 'line'), size)
      assert.deepStrictEqual(
        back,
        inOrder(readings).map((each) => ({ ...each })),
      )
      assert.deepEqual(bad, [])
    }),
    { numRuns: 1_000 },
  )
})

t.test('any soup of bytes is read or reported, and never throws', async () => {
  const bits = [
    'm,device=P1 a=1',
    ' 1767578400000',
    '\n',
    '"',
    '\\',
    ',',
    '=',
    ' ',
    '\r\n',
    '#',
    'time,device,point,value\n',
    'é',
  ]
  const soup = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.array(fc.constantFrom(...bits), { maxLength: 40 }).map((some) => Buffer.from(some.join(''))),
  )
  await fc.assert(
    fc.asyncProperty(soup, size, async (bytes, size) => {
      for (const read of Object.values(readers)) {
        const [whole, cut] = [await readAll(read, bytes), await readAll(read, bytes, size)]
        assert.deepEqual(cut, whole, 'where a piece ends changes nothing')
        for (const { line, column } of whole.bad) assert.ok(line >= 1 && column >= 1)
      }
    }),
    { numRuns: 2_000 },
  )
})

t.test('no more than a line of a file is kept', async (t) => {
  const block = Buffer.from(`m,device=P1 a=1 1767578400000\n`.repeat(2_000))
  const times = 600
  let [most, count] = [0, 0]
  async function* endless() {
    for (let i = 0; i < times; i++) yield* pieces(block)
  }
  globalThis.gc?.()
  const before = process.memoryUsage().arrayBuffers
  for await (const readings of readers.line(endless(), (bad) => t.fail(JSON.stringify(bad)))) {
    count += readings.length
    most = Math.max(most, process.memoryUsage().arrayBuffers - before)
  }
  t.equal(count, 2_000 * times)
  t.ok(most < 64_000_000, `${Math.round(most / 1e6)} MB of ${Math.round((block.length * times) / 1e6)} MB at once`)
})
