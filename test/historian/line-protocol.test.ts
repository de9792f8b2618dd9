import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import type { Quality, Value } from '#devices/reading.ts'
import { type LinePoint, lineWriter } from '#gateway/historian/batch-lines.ts'
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

const T0 = Date.UTC(2026, 0, 5, 8)
const reading = (device: string, point: string, value: Value, after: number, quality: Quality = 'good'): LinePoint => ({
  device,
  point,
  value,
  quality,
  at: T0 + after,
})
const devices = new Map([['PR1-L', { kind: 'pump-set', area: 'north', profile: 'booster-pump-set' }]])

t.test('points become lines: one per device and time that follow each other, in their order', async (t) => {
  const series = 'pump-set,area=north,device=PR1-L,profile=booster-pump-set,site=demo'
  const gone = 'unknown,area=unknown,device=K9,profile=unknown,site=demo'
  const table: [string, LinePoint[], string[]][] = [
    [
      'numbers, booleans and words in one line',
      [reading('PR1-L', 'pressure', 0.5, 5), reading('PR1-L', 'run', true, 5), reading('PR1-L', 'mode', 'auto', 5)],
      [`${series} pressure=0.5,run=true,mode="auto" ${T0 + 5}`],
    ],
    [
      'times apart, as they came',
      [reading('PR1-L', 'a', 1, 9), reading('PR1-L', 'a', 2, 8), reading('PR1-L', 'b', 3, 9)],
      [`${series} a=1 ${T0 + 9}`, `${series} a=2 ${T0 + 8}`, `${series} b=3 ${T0 + 9}`],
    ],
    [
      'devices apart, at one time',
      [reading('PR1-L', 'a', 1, 9), reading('K9', 'a', 1, 9), reading('PR1-L', 'b', 1, 9)],
      [`${series} a=1 ${T0 + 9}`, `${gone} a=1 ${T0 + 9}`, `${series} b=1 ${T0 + 9}`],
    ],
    [
      'the last of two values of one point at one time, wherever the first stands',
      [
        reading('PR1-L', 'a', 1, 9, 'uncertain'),
        reading('PR1-L', 'b', 22, 9),
        reading('PR1-L', 'c', 333, 9),
        reading('PR1-L', 'a', 2, 9),
        reading('PR1-L', 'c', 4, 9),
        reading('PR1-L', 'b', 5, 9),
      ],
      [`${series} a=2,c=4,b=5 ${T0 + 9}`],
    ],
    ['the last of two, alone', [reading('PR1-L', 'a', 1, 9), reading('PR1-L', 'a', 2, 9)], [`${series} a=2 ${T0 + 9}`]],
    [
      'a mark on a value that is not good',
      [reading('PR1-L', 'a', 1, 9, 'uncertain'), reading('PR1-L', 'b', 2, 9)],
      [`${series} a=1,a_q="uncertain",b=2 ${T0 + 9}`],
    ],
    [
      'the mark goes when the quality is good again',
      [reading('PR1-L', 'a', 1, 9, 'bad'), reading('PR1-L', 'a', 1, 10)],
      [`${series} a=1,a_q="bad" ${T0 + 9}`, `${series} a=1 ${T0 + 10}`],
    ],
    ['whole milliseconds', [reading('PR1-L', 'a', 1, 9.6)], [`${series} a=1 ${T0 + 10}`]],
    ['a device that the site no longer knows', [reading('K9', 'a', 1, 9)], [`${gone} a=1 ${T0 + 9}`]],
  ]
  for (const [name, points, lines] of table) t.same(lineWriter('demo', devices)(points), lines, name)
})

t.test('F30: no number that is not finite leaves, whatever stands beside it', async (t) => {
  const write = lineWriter('demo', devices)
  const points = [NaN, Infinity, -Infinity].map((value, i) => reading('PR1-L', `p${i}`, value, 9))
  t.same(write(points), [])
  const [line] = write([...points, reading('PR1-L', 'c', -0, 9), ...points])
  t.match(line, / c=0 \d+$/)
})

t.test('F17: what says 1970 is not sent as 1970', async (t) => {
  const at = (time: number): LinePoint => ({ device: 'PR1-L', point: 'a', value: 1, quality: 'good', at: time })
  const written = lineWriter('demo', devices)([0, 90_000, -1, NaN, Date.UTC(1999, 11, 31), Date.UTC(2000)].map(at))
  t.equal(written.length, 1)
  t.match(written[0], / 946684800000$/)
})

t.test('S18: nothing that a device is named or says can begin a line, a tag or a field of its own', async (t) => {
  const evil = 'x,site=other y=1\npump-set,device=PR1-L pressure=9 1'
  const points = [
    { ...reading(evil, 'a', 1, 9) },
    { ...reading('PR1-L', evil, 1, 9) },
    { ...reading('PR1-L', 'word', `auto",stolen=1 1\n${evil}`, 10) },
  ]
  const lines = lineWriter(evil, new Map([[evil, { kind: evil, area: evil, profile: evil }]]))(points)
  t.equal(lines.length, 3)
  for (const line of lines)
    t.equal(line.split('\n').length, line.includes('word') ? 3 : 1, 'a new line only inside quotes')
  const read = lines.map(readLine)
  t.same(
    read.map(({ tags }) => Object.keys(tags).toSorted()),
    read.map(() => ['area', 'device', 'profile', 'site']),
  )
  t.same(
    read.map(({ fields }) => Object.keys(fields).length),
    [1, 1, 1],
  )
  t.equal(read[2]!.fields['word'], `auto",stolen=1 1\n${evil}`)
})

t.test('what cannot be escaped is replaced, and never breaks a line', async (t) => {
  t.equal(escapeKey('a\nb\\'), 'a_b_')
  t.equal(escapeKey('\\\\'), '__')
  t.equal(escapeKey('a\\b c\\ '), 'a\\b\\ c\\\\ ')
  t.equal(seriesKey('#a b', { empty: '', 'k k': 'v=v' }), '_a\\ b,k\\ k=v\\=v')
})

t.test('a number is written as JavaScript writes it, the shortest text that gives it back', async (t) => {
  const short = fc
    .tuple(fc.integer(), fc.integer({ min: 0, max: 6 }))
    .map(([whole, decimals]) => whole / 10 ** decimals)
  const near = fc
    .tuple(short, fc.integer({ min: -3, max: 3 }))
    .map(([number, steps]) => number * (1 + steps * 2 ** -52))
  fc.assert(
    fc.property(fc.oneof(short, near, fc.double({ noNaN: true, noDefaultInfinity: true })), (number) => {
      assert.equal(fieldValue(number), String(number))
    }),
    { numRuns: 20_000 },
  )
  for (const number of [0, -0, 0.001, -0.5, 999.999, 1e12, 1e15 + 0.5, 1e21, 5e-324, 0.1 + 0.2, 2 ** 53])
    t.equal(fieldValue(number), String(number))
})

t.test('any points read back as what they were', async () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter((s) => s.isWellFormed())
  const nasty = fc.stringMatching(/^[a\\, ="#\n]{1,6}$/)
  const name = fc.oneof(text, nasty)
  const points = fc.array(
    fc.record({
      device: fc.oneof(name, fc.constantFrom('K1', 'K2')),
      point: fc.stringMatching(/^[a-z][a-z0-9]{0,2}$/),
      value: fc.oneof(fc.double(), fc.boolean(), fc.oneof(text, nasty, fc.constant(''))),
      quality: fc.constantFrom<Quality>('good', 'uncertain'),
      at: fc.integer({ min: T0, max: T0 + 3 }),
    }),
    { maxLength: 12 },
  )
  const replaced = (s: string) => s.replace(/[\x00-\x1f\x7f]/g, '_').replace(/\\+$/, (run) => '_'.repeat(run.length))
  /** What a database holds in the end: the later line of one series and time replaces fields, point by point. */
  const held = (lines: readonly FieldPoint[]) => {
    const all = new Map<string, FieldPoint>()
    for (const line of lines) {
      const key = JSON.stringify([line.tags, line.time])
      all.set(key, { ...line, fields: { ...all.get(key)?.fields, ...line.fields } })
    }
    return all
  }
  fc.assert(
    fc.property(name, points, (site, points) => {
      const expected = points
        .filter(({ value }) => typeof value !== 'number' || Number.isFinite(value))
        .map(({ device, point, value, quality, at }): FieldPoint => {
          const tags = { area: 'unknown', device: replaced(device), profile: 'unknown', site: replaced(site) }
          const fields: Record<string, Value> = { [point]: value === 0 ? 0 : value }
          if (quality !== 'good') fields[`${point}_q`] = quality
          return { measurement: 'unknown', tags, fields, time: String(at) }
        })
      // A mark of a value that was replaced within a line goes with it; lines apart cannot take it back.
      const withoutMarks = (all: Map<string, FieldPoint>) =>
        [...all].map(([key, { fields }]) => [key, Object.entries(fields).filter(([field]) => !field.endsWith('_q'))])
      const sorted = (all: ReturnType<typeof withoutMarks>) =>
        all.map(([key, fields]) => [key, Object.fromEntries(fields as [string, Value][])])
      const written = lineWriter(site, new Map())(points).map(readLine)
      assert.deepEqual(
        Object.fromEntries(sorted(withoutMarks(held(written)))),
        Object.fromEntries(sorted(withoutMarks(held(expected)))),
      )
    }),
    { numRuns: 500 },
  )
})
