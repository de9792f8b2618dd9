import { fileURLToPath } from 'node:url'
import type { Reading } from '#devices/reading.ts'
import { DEFAULT_KEEP } from '#gateway/historian/config.ts'
import { loadSite } from '#gateway/site/load.ts'
import type { Site } from '#gateway/site/site.ts'
import { withSelf } from '#gateway/site/with-self.ts'
import type { InfluxHttp } from '#test/fakes/influx-http.ts'
import type { PushedGateway } from './pushed-gateway.ts'

const DEMO = fileURLToPath(new URL('../../sites/demo/site.yaml', import.meta.url))

/**
 * The demonstration's estate with the rules of some of its devices: the others are not played, and would be silent.
 * Readings go to the database at `url`; charts come from there.
 */
export function partOfTheDemo(devices: readonly string[], url: string, keep: string = DEFAULT_KEEP): Site {
  const { site, faults } = loadSite(DEMO, { env: {}, cwd: process.cwd() })
  if (!site) throw new Error(`the demonstration's site is wrong: ${JSON.stringify(faults)}`)
  const { plan } = site
  return withSelf({
    ...site,
    devices: site.devices.filter(({ id }) => devices.includes(id)),
    plan: { ...plan, rules: plan.rules.filter(({ device }) => devices.includes(device)) },
    influx: [{ type: 'influx2', url, org: 'estate', bucket: 'readings', token: 'not-a-real-token', keep }],
    charts: 'influx',
  })
}

/** Some devices of the demonstration, the rules about all its lifts where they are lifts, and no database. */
export function devicesOfTheDemo(isPlayed: (device: string) => boolean): Site {
  const { site, faults } = loadSite(DEMO, { env: {}, cwd: process.cwd() })
  if (!site) throw new Error(`the demonstration's site is wrong: ${JSON.stringify(faults)}`)
  const { plan } = site
  return {
    ...site,
    devices: site.devices.filter(({ id }) => isPlayed(id)),
    plan: { ...plan, rules: plan.rules.filter(({ device }) => isPlayed(device)) },
  }
}

/** What a pump set says, all ten points; without pressure while it is tripped. */
export function pumpSays(device: string, at: number, isTripped: boolean): Reading[] {
  const minutes = at / 60_000
  const isFirst = Math.floor(minutes / 360) % 2 === 0
  return readingsOf(device, at, {
    outlet_pressure: isTripped ? 0.12 : Math.round(650 + 20 * Math.sin(minutes)) / 1_000,
    inlet_pressure: Math.round(250 + 10 * Math.sin(minutes / 5)) / 1_000,
    tank_level: Math.round(310 + 40 * Math.sin(minutes / 90)) / 100,
    frequency: Math.round(380 + 30 * Math.sin(minutes * 1.7)) / 10,
    run_hours: Math.floor(minutes / 60),
    pump1_running: isFirst,
    pump1_fault: false,
    pump2_running: !isFirst,
    pump2_fault: false,
    water_on_floor: false,
  })
}

export function readingsOf(device: string, at: number, values: Readonly<Record<string, Reading['value']>>): Reading[] {
  return Object.entries(values).map(([point, value]) => ({ device, point, value, quality: 'good', at }))
}

/** Readings in a line of line protocol. */
export function fieldsIn(line: string): number {
  return fieldNames(line).length
}

export function timeOf(line: string): number {
  return Number(line.slice(line.lastIndexOf(' ') + 1))
}

/**
 * What the database has, against what stands in the log: nothing is wrong when each reading with a value is there once,
 * and those of one point in order. `setAside`: how many of a point were refused.
 */
export function wrongIn(
  { lines }: InfluxHttp,
  { life }: PushedGateway,
  setAside: Readonly<Record<string, number>> = {},
): string[] {
  const received = timesByPoint(lines)
  return life.queries.seriesNames().flatMap(({ device, point }) => {
    const name = `${device} ${point}`
    const logged = life.queries.readingsOf(device, point, 0, Number.MAX_SAFE_INTEGER)
    const sent = logged.filter(({ value }) => value !== null).length - (setAside[name] ?? 0)
    const times = received.get(name) ?? []
    const isInOrder = times.every((at, index) => index === 0 || at >= times[index - 1]!)
    return [
      ...(times.length === sent ? [] : [`${name}: ${times.length} of ${sent}`]),
      ...(new Set(times).size === times.length ? [] : [`${name}: some twice`]),
      ...(isInOrder ? [] : [`${name}: out of order`]),
    ]
  })
}

function timesByPoint(lines: readonly string[]): Map<string, number[]> {
  const times = new Map<string, number[]>()
  for (const line of lines) {
    const device = /,device=([^, ]+)/.exec(line)![1]!
    for (const field of fieldNames(line)) {
      const name = `${device} ${field}`
      const known = times.get(name)
      if (known) known.push(timeOf(line))
      else times.set(name, [timeOf(line)])
    }
  }
  return times
}

function fieldNames(line: string): string[] {
  const fields = line.slice(line.indexOf(' ') + 1, line.lastIndexOf(' '))
  return fields.split(',').map((field) => field.slice(0, field.indexOf('=')))
}
