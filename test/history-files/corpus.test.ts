import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { scanLines } from '#gateway/history-files/line-reader.ts'
import type { Point } from '#gateway/history-files/line-scanner.ts'
import type { BadLine } from '#gateway/history-files/ports.ts'
import { escapeKey, fieldValue, seriesKey } from '#gateway/historian/line-protocol.ts'
import { pieces } from './files.ts'

const vectors = join(process.env['CARETAKER_TEST_DATA'] ?? resolve('../shared/data'), 'influx-line-protocol')
const skip = existsSync(vectors) ? false : 'CARETAKER_TEST_DATA holds no influx-line-protocol'

type Kind = 'float' | 'int' | 'uint' | 'string' | 'bool'
type Value = number | string | boolean | Readonly<{ binary: string }>
type VectorPoint = Readonly<{
  /** Nanoseconds; beyond what a double counts, so they are taken from the text of the file. */
  time: string
  name: Value
  tags: readonly Readonly<{ key: Value; value: Value }>[]
  fields: readonly Readonly<{ key: Value; value: Readonly<Partial<Record<Kind, Value>>> }>[]
}>
type Decode = Readonly<{
  input: Readonly<{ key: string; text: Value; defaultTime: string; precision: string }>
  output: Readonly<{ result?: readonly VectorPoint[]; error?: string }>
}>
type Encode = Readonly<{
  input: Readonly<{ key: string; point: VectorPoint; precision: string }>
  output: Readonly<{ result?: string; error?: string }>
}>

/** Times as text, exactly as they stand there. */
function parseVectors(text: string): unknown {
  return JSON.parse(text, (key, value: unknown, context?: { source?: string }) =>
    (key === 'time' || key === 'defaultTime') && typeof value === 'number' ? context!.source : value,
  )
}

const bytesOf = (value: Value): Buffer =>
  typeof value === 'object' ? Buffer.from(value.binary, 'base64') : Buffer.from(`${value}`)

const textOf = (value: Value): string => bytesOf(value).toString()

const NANOSECONDS: Readonly<Record<string, bigint>> = { '1ns': 1n, '1us': 1_000n, '1ms': 1_000_000n, '1s': 10n ** 9n }

async function scan(bytes: Buffer, size: number): Promise<{ points: Point[]; bad: BadLine[] }> {
  const points: Point[] = []
  const bad: BadLine[] = []
  const take = (point: Point) => {
    points.push(point)
    return null
  }
  for await (const _ of scanLines(pieces(bytes, size), take, (line) => bad.push(line)));
  return { points, bad }
}

/** Both as one kind of thing: tags in the order of their keys, times in ns. */
function shown({ measurement, tags, fields, time }: Point, precision: string, defaultTime: string) {
  const unit = NANOSECONDS[precision]!
  return {
    name: measurement,
    tags: tags.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    fields: fields.map(({ key, kind, value }) => ({ key, value: { [kind]: value } })),
    // The time of a line without one is the reader's own, on its own scale; a history refuses it (line-reader.test.ts).
    time: time === null ? (BigInt(defaultTime) / unit) * unit : BigInt(time) * unit,
  }
}
function wanted({ name, tags, fields, time }: VectorPoint) {
  return {
    name,
    tags: tags.toSorted((a, b) => (textOf(a.key) < textOf(b.key) ? -1 : 1)),
    fields,
    time: BigInt(time),
  }
}

t.test('every published decode vector is read, or refused, as published', { skip }, async (t) => {
  const text = gunzipSync(readFileSync(join(vectors, 'decode_vectors.json.gz'))).toString()
  const cases = Object.values(parseVectors(text) as Record<string, Decode>)
  let [accepted, refused] = [0, 0]
  for (const { input, output } of cases) {
    const bytes = bytesOf(input.text)
    // In one piece, and in pieces of a few bytes: where a piece ends changes nothing.
    for (const size of [bytes.length || 1, 3]) {
      const { points, bad } = await scan(bytes, size)
      const what = `${input.key} ${JSON.stringify(bytes.toString())} by ${size}`
      if (output.result) {
        const actual = points.map((point) => shown(point, input.precision, input.defaultTime))
        if (bad.length > 0) t.fail(`${what}: ${JSON.stringify(bad)}`)
        t.strictSame(actual, output.result.map(wanted), what)
      } else if (bad.length === 0) t.fail(`${what} is to be refused: ${output.error}`)
    }
    if (output.result) accepted++
    else refused++
  }
  t.same({ accepted, refused }, { accepted: 187, refused: 3_136 }, 'the whole corpus')
})

/** Why a published encode vector is not ours to write. */
function outOfScope({ input: { point }, output }: Encode): string | null {
  // Names that have no escape are written with `_`, so that an export never stops at one (test/historian).
  if (output.error !== undefined) return 'we replace where the corpus refuses'
  // Every number of ours is a float.
  if (point.fields.some(({ value }) => 'int' in value || 'uint' in value)) return 'we write no integers'
  return null
}

t.test('published encode vectors are written byte for byte, and all of them are read back', { skip }, async (t) => {
  const cases = parseVectors(readFileSync(join(vectors, 'encode_vectors.json'), 'utf8')) as readonly Encode[]
  const counts: Record<string, number> = {}
  for (const each of cases) {
    const { point } = each.input
    const reason = outOfScope(each)
    counts[reason ?? 'written'] = (counts[reason ?? 'written'] ?? 0) + 1
    if (each.output.result === undefined) continue
    const { points, bad } = await scan(Buffer.from(each.output.result), 7)
    t.same(bad, [], each.output.result)
    t.strictSame(
      points.map((found) => shown(found, each.input.precision, '0').fields),
      [point.fields],
      each.output.result,
    )
    if (reason !== null) continue
    const tags = Object.fromEntries(point.tags.map(({ key, value }) => [textOf(key), textOf(value)]))
    const fields = point.fields.map(({ key, value }) => {
      const [only] = Object.values(value)
      return `${escapeKey(textOf(key))}=${fieldValue(only as number | string | boolean)}`
    })
    const line = `${seriesKey(textOf(point.name), tags)} ${fields.join(',')}`
    t.equal(line, each.output.result.replace(/ -?\d+$/, ''))
  }
  t.same(
    counts,
    { written: 34, 'we write no integers': 20, 'we replace where the corpus refuses': 1 },
    'the whole corpus',
  )
})
