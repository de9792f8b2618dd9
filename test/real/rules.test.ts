import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import type { Value } from '#devices/reading.ts'
import { loadSite } from '#gateway/site/load.ts'
import { coreOf } from '#rules/core.ts'
import type { Event, EventType } from '#rules/event.ts'
import type { Flow } from '#rules/flow.ts'

/** Recorded data through the rule files, the site loader and the real core. The floors are those of a plain script. */
const DATA = resolve(process.env['CARETAKER_TEST_DATA'] ?? '../shared/data')
const skipWithout = (path: string) => (existsSync(join(DATA, path)) ? false : `no data at ${join(DATA, path)}`)
const S = 1_000
const HOUR = 3_600 * S

/** A core with one device for each name, all of one profile. */
function coreWith(profile: string, devices: readonly string[]): Flow {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-rules-'))
  try {
    mkdirSync(join(folder, 'profiles'))
    writeFileSync(join(folder, 'profiles', 'own.yaml'), profile)
    const assets = devices.map((id) => `  - { id: ${id}, kind: thing }`)
    const entries = devices.map((id) => `  - { id: ${id}, profile: own }`)
    const lines = [
      'site: { id: recorded, name: Recorded, timezone: UTC }',
      'mqtt: { listen: "127.0.0.1:0" }',
      'settings: { accept_within: 3650d }',
      'assets:',
      ...assets,
      'devices:',
      ...entries,
    ]
    writeFileSync(join(folder, 'site.yaml'), lines.join('\n'))
    const { site, faults } = loadSite(join(folder, 'site.yaml'), { env: {}, cwd: folder })
    if (!site || faults.length > 0) throw new Error(JSON.stringify(faults))
    return coreOf(site.plan)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

type Row = Readonly<{ at: number; device: string; values: Readonly<Record<string, Value>> }>

/** Feeds the rows, acknowledges what is raised, and returns what the core derived. */
function derived(flow: Flow, rows: readonly Row[]): Event[] {
  const events: Event[] = []
  rows.forEach(({ at, device, values }, i) => {
    const readings = Object.entries(values).map(
      ([point, value]) => ({ device, point, value, quality: 'good', at }) as const,
    )
    const said = flow.judge({ source: 'file', receivedAt: at, readings }, i + 1)
    events.push(...said)
    for (const { alarm } of of('alarm.raised', said))
      events.push(
        ...flow.command({ id: alarm, type: 'alarm.acknowledge', actor: 'A', by: 'A', alarm } as const, at).events,
      )
  })
  return events
}

function of<T extends EventType>(type: T, events: readonly Event[]): Extract<Event, { type: T }>[] {
  return events.filter((event): event is Extract<Event, { type: T }> => event.type === type)
}

const csvOf = (text: string, separator: string) =>
  text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(separator))
const timeOf = (text: string) => Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`)

/** One text for all files: the level, and how it scatters, differ from file to file. */
const BED = `
profile: own
name: Circulation test bed
kind: circulation
mqtt: { topic: 'bed/{id}' }
offline_after: 60s
communication: { class: P8a, priority: low, skill: electric }
points:
  flow: { unit: L/min, type: number, range: [0, 1000], mqtt: { path: flow } }
alarms:
  - id: flow-unusual
    name: Flow is not what it was
    point: flow
    moving_normal: { short: 60s, normal: 9m, deviations: 6 }
    delay: { on: 10s, off: 15s }
    priority: medium
    class: P2
    skill: water
examples:
  - { mqtt: { payload: { flow: 32 } }, expect: { flow: 32 } }
`

t.test(
  'SKAB: one moving normal finds every closing valve, none before it closes, and is quiet where nothing happens',
  { skip: skipWithout('skab/valve1/0.csv') },
  async (t) => {
    const files = Array.from({ length: 10 }, (_, i) => `skab/valve1/${i}.csv`)
    const count = { hit: 0, wrong: 0, missed: 0 }
    const delays: number[] = []
    for (const file of files) {
      const { rows, labels } = bedRows(file)
      const spans = spansOf(derived(coreWith(BED, ['D']), rows))
      const onset = rows[labels.indexOf(true)]!.at
      const end = rows[labels.lastIndexOf(true)]!.at
      const raised = spans.map(([from]) => from)
      t.same(
        raised.filter((at) => at < onset),
        [],
        `${file}: none before the onset`,
      )
      const first = raised.find((at) => at >= onset && at <= end)
      t.ok(first !== undefined, `${file}: alarmed`)
      delays.push((first ?? Infinity) - onset)
      rows.forEach(({ at }, i) => {
        const isAlarmed = spans.some(([from, to]) => at >= from && at < to)
        if (isAlarmed) count[labels[i] ? 'hit' : 'wrong']++
        else if (labels[i]) count.missed++
      })
    }
    const precision = count.hit / (count.hit + count.wrong)
    const recall = count.hit / (count.hit + count.missed)
    const median = delays.toSorted((a, b) => a - b)[4]! / S
    t.comment(`precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}, median delay ${median} s`)
    t.ok(precision >= 0.85, `precision ${precision}`)
    t.ok(recall >= 0.7, `recall ${recall}`)
    t.ok(median <= 90, `median delay ${median} s`)
    const free = spansOf(derived(coreWith(BED, ['D']), bedRows('skab/anomaly-free/anomaly-free.csv').rows))
    t.ok(free.length <= 4, `${free.length} alarms in 2 h 46 min without a fault`)
  },
)

function bedRows(file: string): { rows: Row[]; labels: boolean[] } {
  const cells = csvOf(readFileSync(join(DATA, file), 'utf8'), ';')
  return {
    rows: cells.map((row) => ({ at: timeOf(row[0]!), device: 'D', values: { flow: Number(row[8]) } })),
    labels: cells.map((row) => Number(row[9] ?? 0) === 1),
  }
}

/** When it was in alarm: from, to. */
function spansOf(events: readonly Event[]): [from: number, to: number][] {
  const spans: [number, number][] = []
  for (const event of events) {
    if (event.type === 'alarm.raised' || event.type === 'alarm.reoccurred') spans.push([event.at, Infinity])
    if (event.type === 'alarm.cleared') spans.at(-1)![1] = event.at
  }
  return spans
}

const OFFICE = `
profile: own
name: Office
kind: room
mqtt: { topic: 'room/{id}' }
offline_after: 26h
communication: { class: P8a, priority: low, skill: electric }
points:
  temperature: { type: number, range: [0, 150], mqtt: { path: temperature } }
alarms:
  - id: temperature-unusual
    name: Room temperature is not what it was
    point: temperature
    moving_normal: { short: 24h, normal: 21d, deviations: 4 }
    delay: { on: 2h, off: 6h }
    priority: low
    class: P3
    skill: electric
examples:
  - { mqtt: { payload: { temperature: 70 } }, expect: { temperature: 70 } }
`

t.test(
  'NAB: a moving normal over weeks finds the failing air conditioning of an office twice, and little else',
  { skip: skipWithout('nab-temperature/ambient_temperature_system_failure.csv') },
  async (t) => {
    const file = join(DATA, 'nab-temperature/ambient_temperature_system_failure')
    const { anomaly_windows: windows } = JSON.parse(readFileSync(`${file}.labels.json`, 'utf8')) as {
      anomaly_windows: [string, string][]
    }
    const rows = csvOf(readFileSync(`${file}.csv`, 'utf8'), ',').map(([time, value]): Row => ({
      at: timeOf(time!),
      device: 'D',
      values: { temperature: Number(value) },
    }))
    const events = derived(coreWith(OFFICE, ['D']), rows)
    const raised = spansOf(events.filter((event) => 'rule' in event && event.rule.includes('unusual')))
    const isIn = (at: number) => windows.map(([from, to]) => at >= timeOf(from) && at <= timeOf(to))
    const hits = raised.map(([from]) => isIn(from))
    windows.forEach(([from], i) =>
      t.ok(
        hits.some((hit) => hit[i]),
        `the one that begins ${from}`,
      ),
    )
    const elsewhere = hits.filter((hit) => !hit.includes(true)).length
    t.ok(elsewhere <= 4, `${elsewhere} elsewhere`)
    t.ok(rows.at(-1)!.at - rows[0]!.at > 300 * 24 * HOUR)
  },
)

const LIFT = `
profile: own
name: Lift with a status
kind: lift
mqtt: { topic: 'lift/{id}' }
offline_after: 400d
communication: { class: P8a, priority: low, skill: electric }
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
    closes_itself: true
examples:
  - { mqtt: { payload: { status: 2 } }, expect: { status: broken } }
`

t.test(
  'lift status log: one alarm per break, cleared by its return, none for planned stops',
  { skip: skipWithout('elevator-status-log/status_log.csv.gz') },
  async (t) => {
    const text = gunzipSync(readFileSync(join(DATA, 'elevator-status-log/status_log.csv.gz'))).toString()
    const states = csvOf(text, ',').map(([unit, start, , type, category]) => ({
      at: timeOf(start!),
      device: unit!,
      type: type!,
      values: { status: category!.toLowerCase() },
    }))
    const devices = [...new Set(states.map(({ device }) => device))]
    const events = derived(
      coreWith(LIFT, devices),
      states.toSorted((a, b) => a.at - b.at),
    )
    const wanted: Record<string, string[]> = {}
    const got: Record<string, string[]> = {}
    for (const device of devices) {
      // The plain reading of the log: a break ends when the unit is on again, whatever it was called in between.
      const told: string[] = []
      for (const { at, type, values } of states.filter((state) => state.device === device)) {
        const isBroken = told.at(-1)?.startsWith('raised') ?? false
        if (type === 'Break' && !isBroken) told.push(`raised ${at}`)
        if (values.status === 'on' && isBroken) told.push(`cleared ${at}`)
      }
      wanted[device] = told
      got[device] = []
    }
    for (const event of events) {
      // One that came back before anybody dealt with it is told again under its number.
      if (event.type === 'alarm.raised' || event.type === 'alarm.reoccurred')
        got[event.asset]!.push(`raised ${event.at}`)
      if (event.type === 'alarm.cleared') got[event.asset]!.push(`cleared ${event.at}`)
    }
    t.same(got, wanted)
    const told = of('alarm.raised', events).length + of('alarm.reoccurred', events).length
    t.equal(told, states.filter(({ type }) => type === 'Break').length, 'breaks')
  },
)
