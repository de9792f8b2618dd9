import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { loadSite } from '#gateway/site/load.ts'
import type { CommandBody } from '#rules/command.ts'
import { coreOf } from '#rules/core.ts'
import type { Event } from '#rules/event.ts'
import type { Plan } from '#rules/plan.ts'

/**
 * Eighteen months of 138 public lifts through profile, site, alarms and orders: what broke has one order, which is accepted
 * at once and ends when the lift is back. The publisher's own figures are the measure.
 */
const FOLDER = resolve(process.env['CARETAKER_TEST_DATA'] ?? '../shared/data', 'elevator-status-log')
const skip = existsSync(FOLDER) ? false : `no data at ${FOLDER}`

const LIFT = `
profile: own
name: Lift with a status
kind: lift
mqtt: { topic: 'lift/{id}' }
offline_after: 400d
communication: { class: P8a, priority: low, skill: lift }
points:
  status: { enum: { 0: 'on', 1: 'off', 2: broken, 3: inspection, 4: rehab }, mqtt: { path: status } }
alarms:
  - id: broken
    name: Out of order
    when: status == "broken"
    until: status == "on"
    delay: { on: 0s, off: 0s }
    priority: high
    class: P2
    skill: lift
    verify: { shown: status == "on" }
examples:
  - { mqtt: { payload: { status: 2 } }, expect: { status: broken } }
`

function planFor(units: readonly string[]): Plan {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-lifts-'))
  try {
    mkdirSync(join(folder, 'profiles'))
    writeFileSync(join(folder, 'profiles', 'own.yaml'), LIFT)
    const lines = [
      'site: { id: metro, name: Metro, timezone: America/New_York }',
      'mqtt: { listen: "127.0.0.1:0" }',
      'settings: { accept_within: 3650d, orders: { verify: by_profile } }',
      'assets:',
      ...units.map((id) => `  - { id: ${id}, kind: lift }`),
      'devices:',
      ...units.map((id) => `  - { id: ${id}, profile: own }`),
      'staff:',
      "  - { id: T1, role: technician, regions: [site], skills: [lift], duty: ['00:00-24:00'] }",
    ]
    writeFileSync(join(folder, 'site.yaml'), lines.join('\n'))
    const { site, faults } = loadSite(join(folder, 'site.yaml'), { env: {}, cwd: folder })
    if (!site || faults.length > 0) throw new Error(JSON.stringify(faults))
    return site.plan
  } finally {
    rmSync(folder, { recursive: true })
  }
}

type Row = Readonly<{ at: number; unit: string; type: string; status: string }>

function rowsOf(): Row[] {
  const text = gunzipSync(readFileSync(join(FOLDER, 'status_log.csv.gz'))).toString()
  return cells(text)
    .map(([unit, start, , type, category]) => ({
      at: Date.parse(start!),
      unit: unit!,
      type: type!,
      status: category!.toLowerCase(),
    }))
    .toSorted((a, b) => a.at - b.at)
}

type Unit = Readonly<{ id: string; from: number; to: number; breaks: number; availability: number }>

function unitsOf(): Unit[] {
  const rows = cells(readFileSync(join(FOLDER, 'units.csv'), 'utf8'))
  return rows.map((row) => ({
    id: row[0]!,
    from: Date.parse(row[4]!),
    to: Date.parse(row[5]!),
    breaks: Number(row[6]),
    availability: Number(row[7]),
  }))
}

/** Lines of comma-separated cells; a quoted one may hold commas. */
function cells(text: string): string[][] {
  const lines = text.trim().split('\n').slice(1)
  return lines.map((line) => [...line.matchAll(/("[^"]*"|[^,]*)(?:,|$)/g)].map((match) => match[1]!))
}

/** Feeds the log to the core. The technician accepts at once, and ends the order when the lift is back. */
function lived(plan: Plan, rows: readonly Row[]): Event[] {
  const flow = coreOf(plan)
  const events: Event[] = []
  const orderOf = new Map<string, string>()
  let commands = 0
  const take = (said: readonly Event[]) => {
    const queue = [...said]
    for (let next = 0; next < queue.length; next++) {
      const event = queue[next]!
      events.push(event)
      for (const body of deedsOf(event, orderOf)) {
        const command = { ...body, id: `c${++commands}`, actor: 'T1' }
        const { events: more, refusal } = flow.command(command, flow.at)
        if (refusal) throw new Error(`${body.type}: ${JSON.stringify(refusal)}`)
        queue.push(...more)
      }
    }
  }
  rows.forEach(({ at, unit, status }, i) => {
    const reading = { device: unit, point: 'status', value: status, quality: 'good', at } as const
    take(flow.judge({ source: 'log', receivedAt: at, readings: [reading] }, i + 1))
  })
  return events
}

function deedsOf(event: Event, orderOf: Map<string, string>): CommandBody[] {
  const by = 'T1'
  switch (event.type) {
    case 'order.opened':
      orderOf.set(event.alarm, event.order)
      return []
    case 'order.dispatched':
      return [{ type: 'order.accept', order: event.order, by }]
    case 'alarm.cleared': {
      const order = orderOf.get(event.alarm)
      if (order === undefined) return []
      return [
        { type: 'order.arrive', order, by },
        { type: 'order.finish', order, by },
      ]
    }
    case 'order.verified':
      return [{ type: 'order.close', order: event.order, by }]
    default:
      return []
  }
}

t.test(
  'a year and a half of 138 lifts: an order for each break, closed when the lift is back, none lost and none twice',
  { skip },
  async (t) => {
    const [units, rows] = [unitsOf(), rowsOf()]
    const events = lived(planFor(units.map(({ id }) => id)), rows)

    const opened = events.filter((event) => event.type === 'order.opened')
    const countOf = (unit: string) => opened.filter(({ asset }) => asset === unit).length
    t.same(
      Object.fromEntries(units.map(({ id }) => [id, countOf(id)])),
      Object.fromEntries(units.map(({ id, breaks }) => [id, breaks])),
      "the publisher's own count, for every unit",
    )
    const ended = new Map(events.flatMap((event) => (event.type === 'order.closed' ? [[event.order, event.at]] : [])))
    t.strictSame([opened.length, ended.size, opened.length - ended.size], [2_773, 2_772, 1], 'opened, closed, open')

    const minutes = opened
      .flatMap(({ order, at }) => (ended.has(order) ? [(ended.get(order)! - at) / 60_000] : []))
      .toSorted((a, b) => a - b)
    const median = (minutes[minutes.length / 2 - 1]! + minutes[minutes.length / 2]!) / 2
    t.comment(`median from break to return ${median.toFixed(1)} min`)
    t.ok(Math.abs(median - 114.5) <= 1.145, `median ${median}`)

    const far = units.filter((unit) => Math.abs(availability(unit, events) - unit.availability) > 0.01)
    t.comment(`${far.length} of ${units.length} units are more than a point away: ${far.map(({ id }) => id).join(' ')}`)
    t.ok(far.length <= units.length * 0.05, `${far.length} units are more than a point away`)
  },
)

/** The share of time in service, as the core was shown it. */
function availability({ id, from, to }: Unit, events: readonly Event[]): number {
  let [since, service] = [0, 0]
  for (const event of events) {
    if (event.type !== 'condition.became' || event.rule !== `${id}/broken.shown`) continue
    if (event.state === 'true') since = event.at
    else if (since > 0) {
      service += event.at - since
      since = 0
    }
  }
  if (since > 0) service += to - since
  return service / (to - from)
}
