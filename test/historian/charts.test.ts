import { parse as parseFlux, is_valid_flux as isFlux } from '@influxdata/flux-lsp-node'
import fc from 'fast-check'
import t from 'tap'
import { type Charted, chartSource } from '#gateway/historian/chart-source.ts'
import { gridOf } from '#gateway/historian/chart-buckets.ts'
import { figuresFlux, rowsFlux } from '#gateway/historian/flux.ts'
import { influx1 } from '#gateway/historian/influx1.ts'
import { influx2 } from '#gateway/historian/influx2.ts'
import type { ChartBucket, ChartRange, ChartSeries, Target } from '#gateway/historian/target.ts'
import { scaledClock } from '#test/fakes/clock.ts'
import { startInfluxd, withoutInfluxd } from '#test/fakes/influxd.ts'
import { startInfluxHttp } from '#test/fakes/influx-http.ts'

const T0 = Date.UTC(2026, 0, 5, 8)
const MINUTE_MS = 60_000
const never = new AbortController().signal
const series: ChartSeries = { site: 'demo', device: 'PR1-L', kind: 'pump-set', point: 'pressure' }
const range: ChartRange = { from: T0 + 7, to: T0 + 7 + 10 * MINUTE_MS, buckets: 10 }

t.test('every Flux text that is made is Flux, and a name cannot leave its quotes', async (t) => {
  t.notOk(isFlux('from(bucket: "b") |> rnge(start: 0)'), 'the parser tells')
  const name = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1 }),
    fc.constantFrom('a"b', '") |> drop(', '\\', '${x}', 'a\nb'),
  )
  fc.assert(
    fc.property(
      name,
      name,
      name,
      name,
      name,
      fc.nat(),
      fc.integer({ min: 1, max: 1e11 }),
      (bucket, site, device, kind, point, from, width) => {
        const [asked, span] = [
          { site, device, kind, point },
          { from, to: from + width, buckets: 200 },
        ]
        for (const query of [figuresFlux(bucket, asked, gridOf(span)), rowsFlux(bucket, asked, span)].map(String)) {
          if (!isFlux(query)) throw new Error(query)
          const found = JSON.stringify(parseFlux(query))
          if (!found.includes(JSON.stringify(JSON.stringify(device)).slice(3, -3)) && /^[\w ]+$/.test(device))
            throw new Error(found)
          if ((JSON.stringify(parseFlux(query)).match(/"name":"from"/g) ?? []).length !== 2) throw new Error(query)
        }
      },
    ),
    { numRuns: 60 },
  )
})

/** Ten minutes with a gap, a stuck minute, a minute out of range and one that is out of range half of the time. */
function* readings(): Generator<{ at: number; value: number; quality: 'good' | 'uncertain' | 'bad' }> {
  for (let n = 0; n < 600; n++) {
    const minute = Math.floor(n / 60)
    if (minute === 3) continue
    const isBad = minute === 6 || (minute === 8 && n % 2 === 0)
    const quality = isBad ? 'bad' : minute === 5 && n % 60 > 50 ? 'uncertain' : 'good'
    yield { at: T0 + 7 + n * 1_000, value: isBad ? 900 + n : Math.sin(n) + n / 100, quality }
  }
}

/** The same, computed the plain way. */
function expected(): ChartBucket[] {
  return Array.from({ length: 10 }, (_, minute) => {
    const t = T0 + 7 + minute * MINUTE_MS
    const inside = [...readings()].filter(({ at }) => at >= t && at < t + MINUTE_MS)
    const values = inside.filter(({ quality }) => quality !== 'bad').map(({ value }) => value)
    const quality = (['bad', 'uncertain', 'good'] as const).find((word) => inside.some((each) => each.quality === word))
    if (values.length === 0) return { t, min: null, mean: null, max: null, last: null, n: 0, quality: quality ?? null }
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    return {
      t,
      min: Math.min(...values),
      mean,
      max: Math.max(...values),
      last: values.at(-1)!,
      n: values.length,
      quality: quality!,
    }
  })
}

const tags = 'area=north,device=PR1-L,profile=booster-pump-set,site=demo'
const lines = [...readings()].map(({ at, value, quality }) => {
  const mark = quality === 'good' ? '' : `,pressure_q="${quality}"`
  return `pump-set,${tags} pressure=${value}${mark},running=true ${at}`
})

const rounded = (buckets: readonly ChartBucket[]) =>
  buckets.map((bucket) => ({ ...bucket, mean: bucket.mean === null ? null : Number(bucket.mean.toFixed(9)) }))

async function check(t: Pick<typeof import('tap').t, 'same' | 'match' | 'rejects'>, target: Target) {
  t.same(rounded(await target.query(series, range, never)), rounded(expected()))
  const [whole] = await target.query(
    series,
    { ...range, from: T0 - MINUTE_MS, to: T0 + 20 * MINUTE_MS, buckets: 1 },
    never,
  )
  t.match(whole, { n: 600 - 60 - 60 - 30, quality: 'bad' }, 'and in one bucket')
  t.same(
    (await target.query({ ...series, device: 'nobody' }, range, never)).map(({ n, mean, quality }) => [
      n,
      mean,
      quality,
    ]),
    Array.from({ length: 10 }, () => [0, null, null]),
    'a gap stays a gap',
  )
}

t.test('charts from a real InfluxDB 1.x are what the readings say', { skip: withoutInfluxd() }, async (t) => {
  const server = await startInfluxd()
  t.teardown(() => server.stop())
  const target = influx1({ type: 'influx1', url: server.url, database: 'charts', retention: '3650d' })
  await target.prepare(never)
  const policies = await server.query('charts', 'SHOW RETENTION POLICIES ON charts')
  t.match(policies, [{ duration: '87600h0m0s', default: true }], 'made with its retention')
  await target.write(lines, never)
  await check(t, target)
  t.match((await target.ping(never)).version, /^1\.\d+/)
  const odd = { site: `d'e"mo`, device: `P' OR 1=1 --`, kind: 'k"q', point: 'p"x' }
  t.match(await target.query(odd, range, never), [{ n: 0 }], 'names stay names')
  const sly = { ...series, device: `x' OR "device" = 'PR1-L` }
  t.match(await target.query(sly, range, never), [{ n: 0 }], 'S18: and nothing else')
})

t.test('charts from the stand-in for 2.x are what the readings say, by Flux', async (t) => {
  const server = await startInfluxHttp()
  t.teardown(() => server.stop())
  const target = influx2({ type: 'influx2', url: server.url, org: 'o', bucket: 'b', token: 'hush-hush' })
  await target.write(lines, never)
  await check(t, target)
  const texts = server.requests
    .filter(({ url }) => url.pathname === '/api/v2/query')
    .map(({ body }) => (JSON.parse(body) as { query: string }).query)
  t.ok(texts.length >= 4)
  for (const text of texts) t.ok(isFlux(text), text)
  t.same(server.violations, [])
})

t.test('a chart says where it comes from, and never waits long for a database', async (t) => {
  const local = async () => [{ t: 1, min: 1, mean: 1, max: 1, n: 1, quality: 'good' as const }]
  const clock = scaledClock(1, T0 + 20 * MINUTE_MS)
  let confirmedAt: number | null = clock.now()
  let asked = 0
  let answer: () => Promise<readonly ChartBucket[]> = async () => expected()
  const query = () => (asked++, answer())
  const make = (isNumeric = true) =>
    chartSource({
      local,
      remote: { target: { query }, confirmedAt: () => confirmedAt },
      isNumeric: () => isNumeric,
      clock,
    })

  t.same(
    (await chartSource({ local, remote: null, isNumeric: () => true, clock }).series(series, range)).source,
    'local',
  )
  const source = make()
  t.match(await source.series(series, range), { source: 'influx', buckets: expected() })
  t.equal((await make(false).series(series, range)).source, 'local', 'switches and words are charted from the log')

  confirmedAt = range.to - 60_000
  t.equal((await source.series(series, range)).source, 'local', 'the database does not have it all yet')
  t.equal((await source.series(series, { ...range, to: range.to - 120_000 })).source, 'influx', 'but an older stretch')
  confirmedAt = null
  t.equal((await source.series(series, range)).source, 'local', 'it is away')

  confirmedAt = clock.now()
  answer = () => new Promise(() => {})
  const begun = performance.now()
  const late: Charted = await source.series(series, range)
  const took = performance.now() - begun
  t.equal(late.source, 'local')
  t.ok(took > 1_500 && took < 3_000, `within 2 s and what a busy machine adds: ${Math.round(took)} ms`)
  asked = 0
  t.equal((await source.series(series, range)).source, 'local')
  t.equal(asked, 0, 'the next chart does not wait for it')
})
