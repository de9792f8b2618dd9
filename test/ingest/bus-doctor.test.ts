import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Device } from '#devices/device.ts'
import { readProfile, type Profile } from '#devices/profile.ts'
import type { BusReport, UnitReport } from '#ingest/modbus/bus-report.ts'
import type { ModbusConnection } from '#ingest/modbus/connection.ts'
import { busFindings, type Finding, unitFindings } from '#ingest/modbus/findings.ts'
import { lineMeter } from '#ingest/modbus/line-meter.ts'
import { modbusSource } from '#ingest/modbus/modbus-source.ts'
import { scaledClock } from '#test/fakes/clock.ts'
import { type BusMood, FakeBus, FakeSerialLine, FakeSerialServer, withoutSocat } from '#test/fakes/modbus-bus.ts'
import { FakeModbus } from '#test/fakes/modbus-unit.ts'
import { until } from '#test/fakes/until.ts'

const never = new AbortController().signal
const level: Profile['points'] = { level: { unit: 'm', modbus: { address: 0, scale: 0.1 } } }
const LONG_MS = 20_000

t.test('the doctor’s table: each unit with its state, latency, errors by kind, cycle and share', async (t) => {
  const far = await FakeModbus.start()
  t.teardown(() => far.stop())
  const two: Profile['points'] = { ...level, gone: { modbus: { address: 9 } } }
  const connection = tcp(far.port, { timeoutMs: 120 })
  const { source, clock } = running(t, connection, [
    ['slow', 1, level],
    ['dead', 2, level],
    ['behind', 3, level],
    ['partly', 4, two],
  ])
  const slow = far.unit(1)
  Object.assign(slow, { mood: 'late', lateMs: 25 })
  far.unit(2).mood = 'silent'
  Object.assign(far.unit(3), { mood: 'exception', exceptionCode: 11 })
  far.unit(4).missing.add(9)
  const unit = (id: number) => source.report().units.find(({ unitId }) => unitId === id)!
  await until('both are held', () => unit(2).state === 'held' && unit(3).state === 'held', LONG_MS)
  await until('the other two answer', () => unit(1).figures!.exchanges > 10 && unit(4).refused.length > 0, LONG_MS)

  t.match(source.report(), {
    id: 'c',
    protocol: 'modbus-tcp',
    endpoint: `127.0.0.1:${far.port}`,
    road: { is: 'up', since: Number, trouble: null },
    findings: [],
  })
  t.match(unit(1), { devices: ['slow'], state: 'answering', failingSince: null, nextProbeAt: null })
  const { p50, p95 } = unit(1).figures!.latencyMs!
  t.ok(p50 >= 24 && p95 >= p50, `${p50} … ${p95} ms, as long as it takes to answer`)
  t.ok(unit(1).lastHeardAt! <= clock.now() && unit(1).lastHeardAt! > clock.now() - 30_000)
  t.match(unit(2), { state: 'held', failingSince: Number, lastHeardAt: null, findings: ['silent_tcp'] })
  t.ok(unit(2).nextProbeAt! > unit(2).failingSince!)
  t.match(unit(2).figures, { latencyMs: null, garbled: 0, last: { outcome: 'silent', exception: null } })
  t.ok(unit(2).figures!.timeouts >= 3)
  t.match(unit(3), { state: 'held', findings: ['exception_11'], figures: { exceptions: { 11: Number }, timeouts: 0 } })
  t.match(
    unit(4),
    {
      state: 'answering',
      refused: [{ device: 'partly', point: 'gone', table: 'holding', address: 9, count: 1, exception: 2 }],
      findings: ['exception_2'],
    },
    'F26: which register of which point, and what the unit said',
  )
  t.equal(unit(4).cycles[0]!.askedMs, 1_000)
  const shares = new Map(source.report().units.map(({ unitId, figures }) => [unitId, figures!.busyShare]))
  t.ok(shares.get(1)! > shares.get(4)!, 'who slows the line')
  t.ok(source.report().busyShare <= 1)

  far.unit(2).mood = 'ok'
  await until('it is found again', () => unit(2).state === 'answering', LONG_MS)
  t.match(unit(2), { failingSince: null, nextProbeAt: null, lastHeardAt: Number })
})

t.test('F34: a device slower than its period: the reached cycle and the skipped ones are told', async (t) => {
  const far = await FakeModbus.start()
  t.teardown(() => far.stop())
  Object.assign(far.unit(1), { mood: 'late', lateMs: 30 })
  // 20 times faster: 30 ms are 600 ms of a period of 100 ms.
  const fast: Profile['points'] = { level: { modbus: { address: 0, every: '100ms' } } }
  const { source } = running(t, tcp(far.port), [['d', 1, fast]], 20)
  const unit = () => source.report().units[0]!
  await until('some cycles', () => unit().skippedCycles > 20, LONG_MS)
  const { askedMs, reachedMs } = unit().cycles[0]!
  t.equal(askedMs, 100)
  t.ok(reachedMs! > 500, `${reachedMs} ms`)
  t.strictSame(unit().findings, ['slow'])
})

t.test('F25: on a bus each kind of broken answer has its own count and its own finding', async (t) => {
  const { bus, server } = await serialServer(t)
  const connection = { id: 'c', protocol: 'modbus-rtu-over-tcp', host: '127.0.0.1', port: server.port } as const
  const kinds: [mood: BusMood, figure: 'garbled' | 'foreign' | 'timeouts', finding: Finding][] = [
    ['badCrc', 'garbled', 'garbled'],
    ['short', 'garbled', 'garbled'],
    ['noise', 'garbled', 'garbled'],
    ['stranger', 'foreign', 'foreign'],
    ['master2', 'foreign', 'foreign'],
    ['silent', 'timeouts', 'silent'],
  ]
  bus.unit(1)
  const { source } = running(t, { ...connection, timeoutMs: 80 }, [['d', 1, level]], 150)
  for (const [mood, figure, finding] of kinds) {
    const count = () => source.report().units[0]!.figures?.[figure] ?? 0
    const before = count()
    bus.set(1, mood)
    await until(`${mood}: seen`, () => count() > before && source.report().units[0]!.state !== 'answering', LONG_MS)
    t.strictSame(source.report().units[0]!.findings, [finding], mood)
    bus.set(1, 'ok')
    await until(`${mood}: well again`, () => source.report().units[0]!.state === 'answering', LONG_MS)
  }
  t.ok(source.report().errorRate! > 0.05)
  t.strictSame(source.report().findings, [], 'one unit alone says nothing of the wire')
})

t.test('a unit’s figures look back on 100 exchanges and on the last minute, and no further', async (t) => {
  let now = 0
  const meter = lineMeter(() => now)
  const exchange = (outcome: Parameters<ReturnType<typeof meter.begin>>[0], ms: number, exception?: number) => {
    const ended = meter.begin(7)
    now += ms
    ended(outcome, exception)
  }
  t.equal(meter.unit(7), null, 'never asked')
  for (let i = 0; i < 19; i++) exchange('garbled', 10)
  t.notOk(meter.isKnown(), 'too few')
  for (let i = 0; i < 100; i++) exchange('answer', 10 + i)
  t.match(meter.unit(7), { exchanges: 100, garbled: 0, latencyMs: { p50: 60, p95: 105 } })
  t.equal(meter.errorRate(), 0)
  for (const code of [2, 2, 11]) exchange('answer', 5, code)
  exchange('foreign', 5)
  t.match(meter.unit(7), { exceptions: { 2: 2, 11: 1 }, foreign: 1, last: { outcome: 'foreign', exception: null } })
  t.equal(meter.errorRate(), 0.01, 'a refusal is no broken frame')
  for (let i = 0; i < 90; i++) {
    now += 750
    exchange('answer', 250)
  }
  const { busyShare } = meter.unit(7)!
  t.ok(Math.abs(busyShare - 0.25) < 0.02, `${busyShare}`)
  now += 120_000
  t.equal(meter.unit(7)!.busyShare, 0, 'and idle since')
})

t.test('what stands out: lost frames are no finding, a share of them is', async (t) => {
  const figures = { exchanges: 100, timeouts: 0, garbled: 0, foreign: 0, exceptions: {}, latencyMs: null, busyShare: 0 }
  const last = { outcome: 'answer', exception: null } as const
  const cases: [what: string, unit: Partial<UnitReport>, wanted: Finding[]][] = [
    ['one lost frame', { figures: { ...figures, last, garbled: 1, timeouts: 1 } }, []],
    ['six of a hundred', { figures: { ...figures, last, garbled: 6, timeouts: 6 } }, ['garbled', 'late']],
    ['the first of two', { figures: { ...figures, last, exchanges: 2, garbled: 1 } }, []],
    ['busy now and then', { figures: { ...figures, last, exceptions: { 6: 9 } } }, ['exception_6']],
    [
      'a code nobody knows',
      { figures: { ...figures, last: { ...last, exception: 77 } }, state: 'held' },
      ['exception_other'],
    ],
    ['a slow cycle', { figures: { ...figures, last }, cycles: [{ askedMs: 1_000, reachedMs: 1_300 }] }, ['slow']],
    ['nearly as asked', { figures: { ...figures, last }, cycles: [{ askedMs: 1_000, reachedMs: 1_100 }] }, []],
    ['its road is down', { figures: { ...figures, last }, state: 'unreached' }, []],
  ]
  for (const [what, unit, wanted] of cases)
    t.strictSame(
      unitFindings({ state: 'answering', figures: null, refused: [], cycles: [], ...unit }, 'modbus-rtu'),
      wanted,
      what,
    )
})

t.test('all units silent: on a bus the wire, behind a TCP server each unit', async (t) => {
  const last = { outcome: 'silent', exception: null } as const
  const figures = { exchanges: 3, timeouts: 3, garbled: 0, foreign: 0, exceptions: {}, latencyMs: null, busyShare: 0 }
  const silent = { state: 'held', figures: { ...figures, last } } as const
  const road = { is: 'up', since: 0, trouble: null } as const
  const findings = (protocol: ModbusConnection['protocol'], ...units: (typeof silent)[]) =>
    busFindings({ protocol, road, units })
  t.strictSame(findings('modbus-rtu', silent, silent), ['all_silent'])
  t.strictSame(findings('modbus-rtu', silent), [], 'one alone says nothing of the wire')
  t.strictSame(findings('modbus-tcp', silent, silent), [])
})

t.test('no road: what the system says of it leads to where to look', async (t) => {
  const closing = await FakeModbus.start()
  t.teardown(() => closing.stop())
  closing.unit(1).mood = 'reset'
  const gone = await FakeModbus.start()
  await gone.stop()
  const serial = { id: 'c', protocol: 'modbus-rtu', path: '/dev/serial/by-id/none', baud: 9_600 } as const
  const roads: [what: string, connection: ModbusConnection, finding: Finding][] = [
    ['nothing listens there', tcp(gone.port), 'connection_refused'],
    ['no such host', { ...tcp(502), host: 'nowhere.invalid' } as ModbusConnection, 'unreachable'],
    ['taken and dropped', tcp(closing.port), 'closed'],
    ['no such port', { ...serial, parity: 'none', stopBits: 1, timeoutMs: 100 }, 'no_port'],
  ]
  for (const [what, connection, finding] of roads) {
    const { source } = running(t, connection, [['d', 1, level]])
    await until(what, () => source.report().road.is === 'down', LONG_MS)
    const report = source.report()
    t.strictSame(report.findings, [finding], `${what}: ${report.road.trouble}`)
    t.match(report, { errorRate: null, units: [{ state: 'unreached', findings: [] }] })
    const answer = await source.testRead({ unitId: 1, table: 'holding', address: 0, count: 1 }, never)
    t.match(answer, { outcome: 'failed', finding }, `${what}: a test read says the same`)
  }
})

t.test('units that are silent together point to the wire', async (t) => {
  const { bus, server } = await serialServer(t)
  for (const id of [1, 2]) {
    bus.unit(id)
    bus.set(id, 'silent')
  }
  const { source } = running(
    t,
    { id: 'c', protocol: 'modbus-rtu-over-tcp', host: '127.0.0.1', port: server.port, timeoutMs: 50 },
    [
      ['a', 1, level],
      ['b', 2, level],
    ],
  )
  const isSilent = (report: BusReport) => report.findings.includes('all_silent')
  await until('both are silent', () => isSilent(source.report()) || source.report().road.is === 'down', LONG_MS)
  t.ok(source.report().findings.some((finding) => finding === 'all_silent' || finding === 'closed'))
})

t.test(
  'a test read over a serial line: words, every reading of them, and what the profile says',
  { skip: withoutSocat() },
  async (t) => {
    const bus = new FakeBus()
    bus.baud = 9_600
    const line = await FakeSerialLine.start(bus)
    t.teardown(() => line.stop())
    const stranger = bus.unit(42)
    ;[0x0000, 0x4148, 0x1234, 0xffff].forEach((word, i) => stranger.holding.set(100 + i, word))
    stranger.coil.set(3, true)
    stranger.missing.add(500)
    bus.unit(1).holding.set(0, 123)
    const { source } = running(
      t,
      { id: 'c', protocol: 'modbus-rtu', path: line.path, baud: 9_600, parity: 'none', stopBits: 1, timeoutMs: 200 },
      [['d', 1, { ...level, total: { modbus: { address: 0, type: 'uint32' } } }]],
      1,
    )
    const read = (unitId: number, address: number, count: number, table: 'holding' | 'coil' = 'holding') =>
      source.testRead({ unitId, table, address, count }, never)

    const asked = stranger.asked.length
    const answer = await read(42, 100, 4)
    t.equal(stranger.asked.length, asked + 1, 'asked once')
    t.match(answer, {
      outcome: 'values',
      words: [0x0000, 0x4148, 0x1234, 0xffff],
      interpretations: [
        { address: 100, word: 0, one: { uint16: 0 }, two: { float32: { CDAB: 12.5 }, uint32: { ABCD: 0x4148 } } },
        { address: 101, two: { uint32: { ABCD: 0x41481234, BADC: 0x48413412 } }, four: null },
        { address: 102, one: { bcd16: 1234, swapped: 0x3412 }, two: { int32: { ABCD: 0x1234ffff, DCBA: -52_206 } } },
        { address: 103, one: { int16: -1, uint16: 65_535, bcd16: null }, two: null },
      ],
      texts: { ABCD: '··AH·4··', BADC: '··HA4···' },
      points: [],
    })
    t.match(await read(1, 0, 2), {
      words: [123, 0],
      points: [
        { device: 'd', point: 'level', address: 0, value: 12.3 },
        { point: 'total', value: 123 * 65_536 },
      ],
    })
    const half = await read(1, 0, 1)
    t.equal(half.outcome === 'values' && half.points.length, 1, 'of half a value nothing is said')
    t.match(await read(42, 0, 8, 'coil'), { words: [], bits: [false, false, false, true, false, false, false, false] })
    t.match(await read(42, 500, 1), { outcome: 'refused', exception: 2, finding: 'exception_2' })
    t.match(await read(99, 0, 1), { outcome: 'failed', finding: 'silent' })
    bus.set(42, 'badCrc')
    t.match(await read(42, 100, 1), { outcome: 'failed', finding: 'garbled' })
    t.strictSame(
      source.report().units.map(({ unitId }) => unitId),
      [1],
      'a unit that is only tried is not watched',
    )
    const [first, second] = [read(99, 0, 1), read(42, 0, 1)]
    await t.rejects(second, { code: 'busy' }, 'one at a time')
    await first
  },
)

t.test('a test read meets no other: it waits for the request in flight and holds up one', async (t) => {
  const far = await FakeModbus.start()
  t.teardown(() => far.stop())
  Object.assign(far.unit(1), { mood: 'late', lateMs: 20 })
  Object.assign(far.unit(9), { mood: 'late', lateMs: 20 })
  const { source } = running(t, tcp(far.port), [['d', 1, level]], 50)
  await until('polls', () => far.unit(1).asked.length > 5)
  for (let i = 0; i < 5; i++) await source.testRead({ unitId: 9, table: 'input', address: i, count: 1 }, never)
  t.equal(far.mostWaiting, 1)
  t.strictSame(
    far.unit(9).asked.map(({ code, address }) => [code, address]),
    [0, 1, 2, 3, 4].map((address) => [4, address]),
  )
  t.equal(source.counts().failures, 0)
})

function tcp(port: number, more: Partial<ModbusConnection> = {}): ModbusConnection {
  return { id: 'c', protocol: 'modbus-tcp', host: '127.0.0.1', port, timeoutMs: 500, ...more } as ModbusConnection
}

async function serialServer(t: Tap) {
  const bus = new FakeBus()
  const server = await FakeSerialServer.start(bus)
  t.teardown(() => server.stop())
  return { bus, server }
}

type Tap = Pick<typeof t, 'teardown'>

function running(
  t: Tap,
  connection: ModbusConnection,
  devices: [id: string, unitId: number, points: Profile['points']][],
  speed = 10,
) {
  const clock = scaledClock(speed)
  const source = modbusSource({
    connection,
    devices: devices.map((args) => deviceOf(...args)),
    clock,
    stopwatch: () => performance.now(),
  })
  const controller = new AbortController()
  const done = source.run(() => Promise.resolve(), controller.signal).catch(() => {})
  t.teardown(() => {
    controller.abort()
    return done
  })
  return { source, clock }
}

function deviceOf(id: string, unitId: number, points: Profile['points']): Device {
  const file = 'devices/profiles/pump/booster-pump-set.yaml'
  const { profile } = readProfile(readFileSync(file, 'utf8'), file)
  const tiny: Profile = { ...profile!, profile: 'tiny', alarms: [], examples: [], modbus: { every: '1s' }, points }
  return { id, profile: tiny, asset: id, connection: 'c', unitId }
}
