import { Point } from '@influxdata/influxdb-client'
import { escape, InfluxDB } from 'influx'
import type { Value } from '#devices/reading.ts'
import { type LinePoint, lineWriter } from '#gateway/historian/batch-lines.ts'
import { type Figure, percentile } from './figure.ts'

const DEVICES = 50
const SECONDS = 400
const RUNS = 15
/** Of one request, as forwarding sends them; ten to a line. */
const POINTS = 5_000
const NUMBERS = [
  'outlet_pressure',
  'inlet_pressure',
  'frequency',
  'tank_level',
  'current',
  'temperature',
  'flow',
  'power',
]
const START = Date.UTC(2026, 0, 5, 8)
const DATABASE = 'bench'

type Written = { measurement: string; tags: Record<string, string>; fields: Record<string, Value>; timestamp: number }
type Run = Readonly<{ points: readonly LinePoint[]; written: readonly Written[] }>

/**
 * Readings → the body of a write, the same points by us and by the two client packages. `share` of the numbers differ
 * from the reading before, as a poll of a plant sees it. The clients get their points ready made, which favours them.
 */
export function benchLineProtocol(): Figure[] {
  return [0.2, 1].flatMap((share) => {
    const run = readings(share)
    const count = run.points.length
    const devices = new Map(
      run.written.map(({ tags }) => [
        tags['device']!,
        { kind: 'pump-set', area: 'north', profile: 'booster-pump-set' },
      ]),
    )
    const writer = lineWriter('demo', devices)
    const encoders = [
      () => inSlices(run.points, POINTS, (points) => writer(points).join('\n')),
      () => inSlices(run.written, POINTS / 10, byInflux),
      () => inSlices(run.written, POINTS / 10, byClient),
    ]
    // In turn, so that what else the machine does falls on all of them.
    const rounds = Array.from({ length: RUNS }, () => encoders.map((encode) => rateOf(count, encode)))
    const [ours = NaN, influx = NaN, client = NaN] = encoders.map((_, i) => {
      const rates = rounds.map((round) => round[i] ?? NaN)
      return percentile(rates, 0.5) / 1e6
    })
    const ratioTo = (peer: number) => {
      const ratios = rounds.map((round) => (round[0] ?? NaN) / (round[peer] ?? NaN))
      return percentile(ratios, 0.5)
    }
    const name = `line protocol, ${share * 100} % of the numbers new`
    const [value, unit] = [ours, 'M points/s']
    return [
      { name, value, unit, goal: '≥ 4 × influx', peer: `influx: ${influx.toFixed(2)}`, ratio: ratioTo(1) },
      { name: '…', value, unit, peer: `influxdb-client: ${client.toFixed(2)}`, ratio: ratioTo(2) },
    ]
  })
}

function inSlices<T>(all: readonly T[], length: number, encode: (some: readonly T[]) => string): number {
  let bytes = 0
  for (let from = 0; from < all.length; from += length)
    bytes += Buffer.byteLength(encode(all.slice(from, from + length)))
  return bytes
}

function rateOf(points: number, encode: () => number): number {
  const begun = performance.now()
  encode()
  return (points * 1_000) / (performance.now() - begun)
}

function readings(share: number): Run {
  let seed = 1
  const next = () => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31
  const current = new Map<string, Value>()
  const points: LinePoint[] = []
  const written: Written[] = []
  for (let second = 0; second < SECONDS; second++) {
    for (let index = 0; index < DEVICES; index++) {
      const [device, at] = [`PR${index}`, START + second * 1_000]
      const fields: Record<string, Value> = { running: true, mode: 'auto' }
      for (const point of NUMBERS) {
        const key = `${device} ${point}`
        if (next() < share || !current.has(key)) current.set(key, Math.round(next() * 1_000) / 100)
        fields[point] = current.get(key)!
      }
      for (const [point, value] of Object.entries(fields)) points.push({ device, point, at, value, quality: 'good' })
      const tags = { area: 'north', device, profile: 'booster-pump-set', site: 'demo' }
      written.push({ measurement: 'pump-set', tags, fields, timestamp: at })
    }
  }
  return { points, written }
}

/** What its `writePoints` does before it sends, by its own parts. */
function byInflux(written: readonly Written[]): string {
  const influx = new InfluxDB({ host: 'nowhere', database: DATABASE })
  let body = ''
  for (const point of written) {
    const { measurement, tags, fieldsPairs, tagsNames, castedTimestamp } = influx.parsePoint(point, {
      database: DATABASE,
      precision: 'ms',
    })
    body += (body.length > 0 ? '\n' : '') + measurement
    for (const name of tagsNames) body += `,${escape.tag(name)}=${escape.tag(tags![name]!)}`
    for (const [i, [key, value]] of fieldsPairs.entries()) body += `${i === 0 ? ' ' : ','}${escape.tag(key)}=${value}`
    body += ` ${castedTimestamp}`
  }
  return body
}

function byClient(written: readonly Written[]): string {
  const lines = written.map(({ measurement, tags, fields, timestamp }) => {
    const point = new Point(measurement)
    for (const [key, value] of Object.entries(tags)) point.tag(key, value)
    for (const [key, value] of Object.entries(fields)) {
      if (typeof value === 'number') point.floatField(key, value)
      else if (typeof value === 'boolean') point.booleanField(key, value)
      else point.stringField(key, value)
    }
    return point.timestamp(timestamp).toLineProtocol()
  })
  return lines.join('\n')
}
