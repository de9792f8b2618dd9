import t from 'tap'
import { Queries } from '#gateway/store/queries.ts'
import { verifyFolder } from '#gateway/store/verify.ts'
import { startGatewayProcess } from '../fakes/gateway-process.ts'
import { startInfluxd, withoutInfluxd } from '../fakes/influxd.ts'
import { recordWrites } from '../fakes/recording-proxy.ts'
import { smallEstate } from '../fakes/small-estate.ts'
import { until } from '../fakes/until.ts'

/** `npm run soak kill-both` asks for 200. */
const KILLS = Number(process.env['CARETAKER_KILLS'] ?? 12)

t.test(
  'F01 F67 gateway and database killed at random: equal values, no point too many, and the log never goes back',
  { skip: withoutInfluxd(), timeout: KILLS * 8_000 + 60_000 },
  async (t) => {
    const influxd = await startInfluxd()
    t.teardown(() => influxd.stop())
    const proxy = await recordWrites(influxd.url)
    t.teardown(() => proxy.stop())
    const estate = await smallEstate(t, [`influx: [{ type: influx1, url: '${proxy.url}', database: small }]`])
    let gateway = await startGatewayProcess(estate.runArguments)
    t.teardown(() => gateway.end('SIGKILL'))
    for (let kill = 0; kill < KILLS; kill++) {
      for (const sensor of estate.sensors) sensor.connect()
      const before = proxy.writes.length
      // Each life ends after so many writes that got through, in the midst of the next ones.
      await until('it writes', () => proxy.writes.length - before > kill % 7, 30_000)
      for (const sensor of estate.sensors) sensor.disconnect()
      if (kill % 2 === 0) {
        await gateway.end('SIGKILL')
        gateway = await startGatewayProcess(estate.runArguments)
      } else {
        await influxd.kill()
        await influxd.start()
      }
    }
    t.strictSame(await gateway.end('SIGTERM'), { code: 0, signal: null })
    t.ok(verifyFolder(estate.data).ok)

    const expected = logged(estate.data)
    gateway = await startGatewayProcess(estate.runArguments)
    const found = await until(
      'all of it is there',
      async () => {
        const points = await stored(influxd, Math.max(...expected.values().flatMap((series) => series.keys())))
        return [...expected].every(([name, series]) => (points.get(name)?.size ?? 0) >= series.size) && points
      },
      60_000,
    )
    for (const [name, series] of expected) t.strictSame(found.get(name), series, name)
    t.equal(found.size, expected.size, 'nothing else')
    t.ok([...expected.values()].reduce((sum, series) => sum + series.size, 0) > 500)
    t.strictSame(turnedBack(proxy.writes), [], 'what came after something newer had been sent before')
  },
)

type Points = Map<string, Map<number, unknown>>

function note(points: Points, name: string, at: number, value: unknown): void {
  const series = points.get(name) ?? points.set(name, new Map()).get(name)!
  series.set(at, value)
}

/** What the log says of every point, by name and source time. */
function logged(folder: string): Points {
  const queries = new Queries(folder)
  const points: Points = new Map()
  for (const { device, point } of queries.seriesNames())
    for (const { at, value } of queries.readingsOf(device, point, 0, Number.MAX_SAFE_INTEGER))
      if (value !== null) note(points, `${device} ${point}`, at, value)
  queries.close()
  return points
}

/** The same of the database, up to a source time. */
async function stored(influxd: Awaited<ReturnType<typeof startInfluxd>>, upTo: number): Promise<Points> {
  const points: Points = new Map()
  const rows = await influxd.query('small', `select * from /.*/ where time <= ${upTo}ms`)
  for (const { time, device, area: _, profile: __, site: ___, ...fields } of rows)
    for (const [point, value] of Object.entries(fields))
      if (value !== null && !point.endsWith('_q')) note(points, `${String(device)} ${point}`, Number(time), value)
  return points
}

/** Lines that are older than one sent before, and were not sent before themselves. */
function turnedBack(writes: readonly (readonly string[])[]): string[] {
  const seen = new Set<string>()
  let newest = 0
  return writes.flatMap((lines) => {
    const back = lines.filter((line) => Number(line.slice(line.lastIndexOf(' ') + 1)) < newest && !seen.has(line))
    for (const line of lines) {
      seen.add(line)
      newest = Math.max(newest, Number(line.slice(line.lastIndexOf(' ') + 1)))
    }
    return back
  })
}
