import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import type { Batch, Quality, Reading, Value } from '#devices/reading.ts'
import { lineWriter } from '#gateway/historian/batch-lines.ts'
import { escapeKey, fieldValue, seriesKey } from '#gateway/historian/line-protocol.ts'

type FieldPoint = { measurement: string; tags: Record<string, string>; fields: Record<string, Value>; time?: string }

const vectors = join(process.env['CARETAKER_TEST_DATA'] ?? resolve('../shared/data'), 'influx-line-protocol')
const skip = existsSync(vectors) ? false : 'CARETAKER_TEST_DATA holds no influx-line-protocol'

const STRING_ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t' }

/** An independent reader, straight from the grammar: a run of backslashes belongs to the character after it. */
function readLine(text: string): FieldPoint {
  let at = 0
  const take = (pattern: RegExp): string | null => {
    const sticky = new RegExp(pattern.source, 'y')
    sticky.lastIndex = at
    const match = sticky.exec(text)
    if (match) at = sticky.lastIndex
    return match ? match[0] : null
  }
  const must = (pattern: RegExp): string => {
    const taken = take(pattern)
    if (taken === null) throw new Error(`${JSON.stringify(text)} breaks at ${at}`)
    return taken
  }
  const key = () => must(/(?:\\+[^\\\x00-\x1f\x7f]|[^\\, =\x00-\x1f\x7f])+/).replace(/\\([, =])/g, '$1')
  const value = (): Value => {
    const string = take(/"(?:\\[^]|[^"\\])*"/)
    if (string !== null) return string.slice(1, -1).replace(/\\(["\\nrt])/g, (_, c: string) => STRING_ESCAPES[c] ?? c)
    const bool = take(/true\b|false\b|TRUE\b|FALSE\b|True\b|False\b|[tTfF]\b/)
    if (bool !== null) return /^t/i.test(bool)
    return Number(must(/-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![iu\d])/))
  }
  take(/ +/)
  const measurement = must(/(?:\\+[^\\]|[^\\, #\x00-\x1f\x7f])(?:\\+[^\\]|[^\\, \x00-\x1f\x7f])*/).replace(
    /\\([, ])/g,
    '$1',
  )
  const tags: Record<string, string> = {}
  while (take(/,/) !== null) {
    const name = key()
    must(/=/)
    tags[name] = key()
  }
  must(/ +/)
  const fields: Record<string, Value> = {}
  do {
    const name = key()
    must(/=/)
    fields[name] = value()
  } while (take(/,/) !== null)
  const time = take(/ +-?\d+/)?.trim()
  take(/ +/)
  if (at !== text.length) throw new Error(`${JSON.stringify(text)} goes on after ${at}`)
  return { measurement, tags, fields, ...(time === undefined ? {} : { time }) }
}

function writeLine({ measurement, tags, fields }: FieldPoint): string {
  const written = Object.entries(fields).map(([key, value]) => `${escapeKey(key)}=${fieldValue(value)}`)
  return `${seriesKey(measurement, tags)} ${written.join(',')}`
}

type VectorPoint = {
  name: string
  tags: { key: string; value: string }[]
  fields: { key: string; value: Partial<Record<'float' | 'bool' | 'string' | 'int' | 'uint', Value>> }[]
}

/** Null when it has integer fields, which are never written here. */
function fromVector({ name, tags, fields }: VectorPoint): FieldPoint | null {
  if (fields.some(({ value }) => 'int' in value || 'uint' in value)) return null
  return {
    measurement: name,
    tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
    fields: Object.fromEntries(fields.map(({ key, value }) => [key, Object.values(value)[0]!])),
  }
}

t.test('published encode vectors come out byte for byte', { skip }, async (t) => {
  const text = readFileSync(join(vectors, 'encode_vectors.json'), 'utf8')
  const cases = JSON.parse(text) as { input: { point: VectorPoint }; output: { result?: string } }[]
  let checked = 0
  for (const { input, output } of cases) {
    const point = fromVector(input.point)
    if (!point || output.result === undefined) continue
    t.equal(writeLine(point), output.result.replace(/ -?\d+$/, ''))
    checked++
  }
  t.ok(checked >= 25, `${checked} vectors without integer fields`)
})

/** What has no escape is replaced by design; that has its own test. */
function isWritable({ measurement, tags, fields }: FieldPoint): boolean {
  return [measurement, ...Object.keys(tags), ...Object.values(tags), ...Object.keys(fields)].every(
    (text) => !/[\x00-\x1f\x7f]|\\$/.test(text),
  )
}

function withoutTime({ time: _, ...point }: FieldPoint): FieldPoint {
  return point
}

t.test('published decode vectors survive being written and read again', { skip }, async (t) => {
  const text = gunzipSync(readFileSync(join(vectors, 'decode_vectors.json.gz'))).toString()
  type Case = { input: { text: unknown }; output: { result?: VectorPoint[] } }
  let checked = 0
  for (const { input, output } of Object.values(JSON.parse(text) as Record<string, Case>)) {
    if (typeof input.text !== 'string' || output.result?.length !== 1) continue
    const point = fromVector(output.result[0]!)
    if (!point || !isWritable(point)) continue
    t.same(withoutTime(readLine(input.text.trim())), point, `the reader of this test is right about ${input.text}`)
    t.same(withoutTime(readLine(writeLine(point))), point, `and so is the writer about ${input.text}`)
    checked++
  }
  t.ok(checked >= 50, `${checked} vectors`)
})

const reading = (
  device: string,
  point: string,
  value: Value | null,
  at: number,
  quality: Quality = 'good',
): Reading => ({
  device,
  point,
  value,
  quality,
  at,
})
const batch = (...readings: Reading[]): Batch => ({ source: 'test', receivedAt: 0, readings })
const devices = new Map([['PR1-L', { kind: 'pump-set', area: 'north', profile: 'booster-pump-set' }]])

t.test('a batch becomes one line per device and time, in the order of its readings', async (t) => {
  const series = 'pump-set,area=north,device=PR1-L,profile=booster-pump-set,site=demo'
  const gone = 'unknown,area=unknown,device=K9,profile=unknown,site=demo'
  const table: [string, Reading[], string[]][] = [
    [
      'numbers, booleans and words in one line',
      [reading('PR1-L', 'pressure', 0.5, 5), reading('PR1-L', 'run', true, 5), reading('PR1-L', 'mode', 'auto', 5)],
      [`${series} pressure=0.5,run=true,mode="auto" 5`],
    ],
    [
      'times apart, and the later one first when it came first',
      [reading('PR1-L', 'a', 1, 9), reading('PR1-L', 'a', 2, 8), reading('PR1-L', 'b', 3, 9)],
      [`${series} a=1,b=3 9`, `${series} a=2 8`],
    ],
    [
      'the last of two values of one point at one time',
      [reading('PR1-L', 'a', 1, 9), reading('PR1-L', 'a', 2, 9)],
      [`${series} a=2 9`],
    ],
    ['nothing for a reading without a value', [reading('PR1-L', 'a', null, 9, 'bad')], []],
    [
      'a mark on a value that is not good',
      [reading('PR1-L', 'a', 1, 9, 'uncertain'), reading('PR1-L', 'b', 2, 9)],
      [`${series} a=1,a_q="uncertain",b=2 9`],
    ],
    [
      'no number that is not finite',
      [reading('PR1-L', 'a', NaN, 9), reading('PR1-L', 'b', Infinity, 9), reading('PR1-L', 'c', -0, 9)],
      [`${series} c=0 9`],
    ],
    ['whole milliseconds', [reading('PR1-L', 'a', 1, 9.6)], [`${series} a=1 10`]],
    ['a device that the site no longer knows', [reading('K9', 'a', 1, 9)], [`${gone} a=1 9`]],
  ]
  for (const [name, readings, lines] of table) t.same(lineWriter('demo', devices)(batch(...readings)), lines, name)
})

t.test('what cannot be escaped is replaced, and never breaks a line', async (t) => {
  t.equal(escapeKey('a\nb\\'), 'a_b_')
  t.equal(escapeKey('\\\\'), '__')
  t.equal(escapeKey('a\\b c\\ '), 'a\\b\\ c\\\\ ')
  t.equal(seriesKey('#a b', { empty: '', 'k k': 'v=v' }), '_a\\ b,k\\ k=v\\=v')
})

t.test('any batch reads back as what was in it', async () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter((s) => s.isWellFormed())
  const nasty = fc.stringMatching(/^[a\\, ="#\n]{1,6}$/)
  const name = fc.oneof(text, nasty)
  const readings = fc.array(
    fc.record({
      device: name,
      point: fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/),
      value: fc.oneof(fc.double(), fc.boolean(), fc.oneof(text, nasty, fc.constant('')), fc.constant(null)),
      quality: fc.constantFrom<Quality>('good', 'uncertain'),
      at: fc.integer({ min: 0, max: 5 }),
    }),
    { maxLength: 12 },
  )
  const replaced = (s: string) => s.replace(/[\x00-\x1f\x7f]/g, '_').replace(/\\+$/, (run) => '_'.repeat(run.length))
  fc.assert(
    fc.property(name, readings, (site, readings) => {
      const expected = new Map<string, FieldPoint>()
      for (const { device, point, value, quality, at } of readings) {
        if (value === null || (typeof value === 'number' && !Number.isFinite(value))) continue
        const key = JSON.stringify([device, at])
        const tags = { area: 'unknown', device: replaced(device), profile: 'unknown', site: replaced(site) }
        const line: FieldPoint = expected.get(key) ?? { measurement: 'unknown', tags, fields: {}, time: String(at) }
        delete line.fields[`${point}_q`]
        line.fields[point] = value === 0 ? 0 : value
        if (quality !== 'good') line.fields[`${point}_q`] = quality
        expected.set(key, line)
      }
      assert.deepEqual(lineWriter(site, new Map())(batch(...readings)).map(readLine), [...expected.values()])
    }),
    { numRuns: 500 },
  )
})
