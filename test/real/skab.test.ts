import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import type { Reading } from '#devices/reading.ts'
import { Queries } from '#gateway/store/queries.ts'
import { parseCsv } from '#plant/replay.ts'
import { startInfluxd, withoutInfluxd } from '../fakes/influxd.ts'
import { until } from '../fakes/until.ts'
import { newFolder, startEstate } from '../flow/estate.ts'

const RECORDING = resolve(process.env['CARETAKER_TEST_DATA'] ?? '../shared/data', 'skab/valve1/9.csv')
const SPEED = 60

/** The circulation test bed. `labelled` carries the recording's own label over the same wire; no rule reads it. */
const PROFILE = `
profile: circulation-bed
name: Circulation test bed
kind: circulation
modbus: { table: holding, every: 1s, gap: 4 }
offline_after: 60s
communication: { class: P8a, priority: medium, skill: electric }
points:
  flow: { unit: L/min, range: [0, 100], modbus: { address: 0, type: float32 } }
  pressure: { unit: bar, range: [-2, 10], modbus: { address: 2, type: float32 } }
  current: { unit: A, range: [0, 10], modbus: { address: 4, type: float32 } }
  labelled: { modbus: { address: 6, bit: 0 } }
alarms:
  - { id: flow, name: Flow too low, point: flow, limits: { lo: 30 }, deadband: 0.5, delay: { on: 10s, off: 60s }, priority: high, class: P1, skill: water, notice: water-off }
examples:
  - { modbus: { holding: { 0: [0x4200, 0], 6: [1] } }, expect: { flow: 32, labelled: true } }
`

const siteText = (influx: string) => `
site: { id: bed, name: Test bed, timezone: Asia/Shanghai }
settings: { publish_after: 1m }
buildings: [{ id: B1, floors: 3, homes_per_floor: 2 }]
assets: [{ id: BED, kind: circulation, serves: { buildings: [B1] } }]
connections: { plc: { protocol: modbus-tcp, host: 127.0.0.1, port: 502, timeout: 2s } }
devices: [{ id: BED, profile: circulation-bed, connection: plc, unit_id: 1 }]
staff: [{ id: T1, role: technician, regions: [site], skills: [water], duty: ['00:00-24:00'] }]
fallback: T1
influx: [{ type: influx1, url: '${influx}', database: bed }]
`

type Listed = {
  items: { id: string; raisedAt: string; rule: string; orderId: string | null; alarmIds?: string[]; homes?: number }[]
}

const skip = existsSync(RECORDING) ? withoutInfluxd() : `no recording at ${RECORDING}`
t.test(
  'a valve that closes is an alarm inside its labelled span and none before, and every reading reaches InfluxDB',
  { skip, timeout: 150_000 },
  async (t) => {
    const influxd = await startInfluxd()
    t.teardown(() => influxd.stop())
    const folder = newFolder(t)
    const estate = await startEstate(t, siteText(influxd.url), { speed: SPEED, folder, profile: PROFILE })
    const csv = readFileSync(RECORDING, 'utf8')
    const columns = { flow: 'Volume Flow RateRMS', pressure: 'Pressure', current: 'Current', labelled: 'anomaly' }
    const { rows } = parseCsv(csv)
    const lengthMs = rows.at(-1)!.at - rows[0]!.at
    const startedAt = estate.gateway.clock.now()
    estate.plant.send({ type: 'replay', device: 'BED', csv, columns })

    const alarm = await until('the alarm', async () => (await estate.get<Listed>('/alarms')).items[0], 60_000)
    t.equal(alarm.rule, 'BED/flow.lo')
    await until('the recording is over', () => estate.gateway.clock.now() > startedAt + lengthMs + 30_000, 60_000)
    const order = (await estate.get<Listed>('/orders')).items.find((item) => item.alarmIds?.includes(alarm.id))
    const notice = (await estate.get<Listed>('/notices')).items.find((item) => item.alarmIds?.includes(alarm.id))
    t.ok(order, 'with its order')
    t.equal(notice?.homes, 6, 'and its notice to the homes that depend on it')
    const alarms = (await estate.get<Listed>('/alarms')).items
    await estate.gateway.stop()

    const readings = readingsIn(join(folder, 'data'))
    const labelled = readings
      .filter((reading) => reading.point === 'labelled' && reading.value === true)
      .map((reading) => reading.at)
    const [from, to] = [Math.min(...labelled), Math.max(...labelled)]
    t.ok(labelled.length > 100, 'the label came over the wire')
    const raised = alarms.map((item) => Date.parse(item.raisedAt))
    t.ok(
      raised.every((at) => at >= from),
      'none before the span',
    )
    t.ok(
      raised.some((at) => at >= from && at <= to),
      'one inside it',
    )

    // A last start forwards what the stop left behind; the counts then are equal.
    const again = await startEstate(t, siteText(influxd.url), { speed: 1, folder, profile: PROFILE })
    const logged = () =>
      readingsIn(join(folder, 'data')).filter(
        ({ device, value, at }) => device !== 'gateway' && value !== null && at < again.gateway.health().startedAt,
      ).length
    const expected = logged()
    const counted = await until(
      'equal counts',
      async () => {
        const [series] = await influxd.query(
          'bed',
          `select count(*) from circulation where time < ${again.gateway.health().startedAt}ms`,
        )
        const sum = Object.entries(series ?? {})
          .filter(([key]) => key.startsWith('count_'))
          .reduce((total, [, count]) => total + Number(count), 0)
        return sum === expected && sum
      },
      30_000,
    )
    t.equal(counted, expected)
    t.ok(counted > 1_000, `${counted} readings`)
  },
)

function readingsIn(folder: string): Reading[] {
  const queries = new Queries(folder)
  try {
    return queries
      .seriesNames()
      .flatMap(({ device, point }) => queries.readingsOf(device, point, 0, Number.MAX_SAFE_INTEGER))
  } finally {
    queries.close()
  }
}
