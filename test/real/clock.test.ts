import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { Queries } from '#gateway/store/queries.ts'
import { startGatewayProcess } from '../fakes/gateway-process.ts'
import { startInfluxHttp } from '../fakes/influx-http.ts'
import { withoutServer } from '../fakes/influxd.ts'
import { until } from '../fakes/until.ts'

const LIBRARY = ['x86_64', 'aarch64']
  .map((cpu) => `/usr/lib/${cpu}-linux-gnu/faketime/libfaketime.so.1`)
  .find(existsSync)

t.test(
  'F17 a box that wakes up in 1970 flags what it reads, dates it once the clock is set, and loses none of it',
  { skip: withoutServer('faketime', 'faketime'), timeout: 60_000 },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'caretaker-clock-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const influx = await startInfluxHttp()
    t.teardown(() => influx.stop())
    const [clock, file, data] = ['clock', 'site.yaml', 'data'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    writeFileSync(
      file,
      `site: { id: attic, name: Attic, timezone: Asia/Shanghai }
assets: []
devices: []
influx: [{ type: influx1, url: '${influx.url}', database: attic }]
`,
    )
    const setClock = (time: string) => writeFileSync(clock, `@${time}\n`)
    const nowAsWritten = () => new Date().toISOString().slice(0, 19).replace('T', ' ')
    setClock('1970-01-01 00:05:00')
    const start = () =>
      startGatewayProcess(['run', file, '--data', data, '--http', '127.0.0.1:0'], (command) => [
        'env',
        `LD_PRELOAD=${LIBRARY}`,
        `FAKETIME_TIMESTAMP_FILE=${clock}`,
        'FAKETIME_NO_CACHE=1',
        'FAKETIME_DONT_FAKE_MONOTONIC=1',
        'TZ=UTC',
        ...command,
      ])
    const gateway = await start()
    const disk = () => {
      const queries = new Queries(data)
      try {
        return queries.readingsOf('gateway', 'disk_free', -8.64e15, 8.64e15)
      } finally {
        queries.close()
      }
    }
    const [first] = await until('a first reading', () => (disk().length > 0 ? disk() : null), 15_000)
    t.equal(first!.timeQuality, 'bad')
    t.ok(first!.at < Date.UTC(1971), 'it says what the clock said')
    t.same(influx.lines, [], 'and nobody was told yet')

    const setAt = Date.now()
    setClock(nowAsWritten())
    await until('started again', () => gateway.output().includes('the clock was set'), 15_000)
    const dated = await until('dated', () => (disk().some(({ at }) => at >= setAt - 1_000) ? disk() : null), 20_000)
    const [earliest] = dated
    t.equal(earliest!.timeQuality, undefined)
    t.ok(
      earliest!.at > setAt - 30_000 && earliest!.at <= setAt + 2_000,
      'by how long ago it was taken, not by what the clock said then',
    )
    await until('forwarded', () => influx.lines.some((line) => line.endsWith(` ${earliest!.at}`)), 20_000)
    t.ok(
      influx.lines.every((line) => Number(line.split(' ').at(-1)) > setAt - 60_000),
      'nothing was sent as of 1970',
    )
    t.strictSame(await gateway.end('SIGTERM'), { code: 0, signal: null })
  },
)
