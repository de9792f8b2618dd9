import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Device } from '#devices/device.ts'
import { readProfile, type Profile } from '#devices/profile.ts'
import type { Batch, Reading } from '#devices/reading.ts'
import type { ModbusConnection } from '#ingest/modbus/connection.ts'
import { mbapFrame, mbapReader } from '#ingest/modbus/mbap-reader.ts'
import { modbusSource } from '#ingest/modbus/modbus-source.ts'
import { wrongWith } from '#ingest/modbus/pdu.ts'
import { answerIn, isRtuFrame, rtuFrame } from '#ingest/modbus/rtu-frame.ts'
import { scaledClock } from '#test/fakes/clock.ts'
import { FakeBus, FakeSerialLine, FakeSerialServer, withoutSocat } from '#test/fakes/modbus-bus.ts'
import { until } from '#test/fakes/until.ts'

const VECTORS = join(process.env['CARETAKER_TEST_DATA'] ?? '../shared/data', 'modbus-vectors')
const level: Profile['points'] = { level: { modbus: { address: 0 } } }

type Frame = Readonly<{
  hex: string
  unit: number
  transaction?: number
  kind: 'request' | 'response' | 'exception'
  meaning: Readonly<{ function: number; address?: number; count?: number; registers?: number[]; exception?: number }>
}>

t.test('frames that others wrote', { skip: existsSync(VECTORS) ? false : 'no modbus-vectors' }, async (t) => {
  const { rtu_frames: rtu, tcp_frames: tcp } = readJson('frames.json') as { rtu_frames: Frame[]; tcp_frames: Frame[] }
  for (const { hex, unit, kind, meaning } of rtu) {
    const frame = Buffer.from(hex, 'hex')
    t.ok(isRtuFrame(frame), `${hex}: CRC`)
    t.same(rtuFrame(unit, frame.subarray(1, -2)).toString('hex'), hex, `${hex}: as we frame it`)
    if (kind === 'request') continue
    const pdu = requestFor(meaning)
    t.same(answerIn(frame, unit, pdu)?.toString('hex'), hex.slice(2, -4), `${hex}: taken as the answer`)
    t.equal(answerIn(frame, unit ^ 1, pdu), null, `${hex}: not of another unit`)
    for (let cut = 1; cut < frame.length; cut++)
      t.equal(answerIn(frame.subarray(0, cut), unit, pdu), null, `${hex}: cut`)
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const broken = Buffer.from(frame)
      broken[bit >> 3]! ^= 1 << (bit & 7)
      t.equal(answerIn(broken, unit, pdu), null, `${hex}: bit ${bit}`)
    }
  }
  for (const { hex, unit, transaction, kind, meaning } of tcp) {
    const frame = Buffer.from(hex, 'hex')
    t.same(mbapFrame(transaction!, unit, frame.subarray(7)).toString('hex'), hex, `${hex}: as we frame it`)
    if (kind === 'request') continue
    const questions = new Map([[transaction!, { unitId: unit, pdu: requestFor(meaning) }]])
    const answers: string[] = []
    t.equal(mbapReader(questions, (_, pdu) => answers.push(pdu.toString('hex'))).push(frame), null, hex)
    t.same(answers, [hex.slice(14)])
  }
  for (const { hex, crc_ok: isSound, meaning } of readJson('manual_frames.json') as {
    hex: string
    crc_ok: boolean
    meaning: string
  }[]) {
    t.equal(isRtuFrame(Buffer.from(hex, 'hex')), isSound, `${meaning}: ${hex}`)
  }
})

t.test('an answer is one to the very request', async (t) => {
  const cases: [name: string, request: string, answer: string, ok: boolean][] = [
    ['coils, 10 bits', '010000000a', '0102ff03', true],
    ['coils, too few bytes', '010000000a', '0101ff', false],
    ['one register', '0300000001', '0302000a', true],
    ['another function', '0300000001', '0402000a', false],
    ['byte count lies', '0300000001', '0304000a', false],
    ['exception', '0300000001', '8302', true],
    ['exception of another function', '0300000001', '8402', false],
    ['write of a coil', '050007ff00', '050007ff00', true],
    ['write of another coil', '050007ff00', '050008ff00', false],
    ['write of a register', '0600070001', '0600070001', true],
    ['another value', '0600070001', '0600070002', false],
    ['write of coils', '0f00070003010 5'.replace(' ', ''), '0f00070003', true],
    ['write of registers', '1000070002040001 0002'.replace(' ', ''), '1000070002', true],
    ['write of other registers', '10000700020400010002', '1000080002', false],
  ]
  for (const [name, request, answer, ok] of cases) {
    t.equal(wrongWith(Buffer.from(request, 'hex'), Buffer.from(answer, 'hex')) === null, ok, name)
  }
})

t.test('a serial line: every table, at the wire’s own pace', { skip: withoutSocat() }, async (t) => {
  const { bus, run } = await wired(t, [
    [
      'd',
      17,
      {
        pressure: { modbus: { address: 0, scale: 0.1 } },
        total: { modbus: { address: 20, type: 'uint32' } },
        temperature: { modbus: { table: 'input', address: 3, type: 'int16' } },
        valve: { modbus: { table: 'coil', address: 9 } },
        door: { modbus: { table: 'discrete', address: 4 } },
      },
    ],
  ])
  const unit = bus.unit(17)
  bus.baud = 9_600
  Object.entries([3204, 0]).forEach(([at, word]) => unit.holding.set(Number(at), word))
  unit.holding.set(20, 1)
  unit.input.set(3, 0xfffe)
  unit.coil.set(9, true)
  const { batches, source } = run()
  await until('all points', () => Object.keys(newest(batches)).length === 5)
  t.match(newest(batches), {
    'd.pressure': { value: 320.4, quality: 'good' },
    'd.total': { value: 65_536 },
    'd.temperature': { value: -2 },
    'd.valve': { value: true },
    'd.door': { value: false },
  })
  t.match(source.counts(), { failures: 0, brokenFrames: 0, retries: 0, connects: 1 })
})

t.test(
  'F20: a dead slave among 20 on one bus: held after 3 misses, then a probe each 30 s; the others go on',
  { skip: withoutSocat() },
  async (t) => {
    const units = Array.from({ length: 20 }, (_, i) => i + 1)
    const { bus, run, clock } = await wired(
      t,
      units.map((id): Wired => [`d${id}`, id, level]),
      { speed: 4, timeoutMs: 50 },
    )
    for (const id of units) bus.unit(id).holding.set(0, id)
    const { batches } = run()
    const askedOthers = () => units.filter((id) => id !== 7).reduce((sum, id) => sum + bus.unit(id).asked.length, 0)
    const rateOver = async (siteMs: number) => {
      const from = { at: clock.now(), asked: askedOthers() }
      await until(`${siteMs} ms`, () => clock.now() - from.at >= siteMs, 20_000)
      return ((askedOthers() - from.asked) / (clock.now() - from.at)) * 1_000
    }
    await until('all 20', () => Object.keys(newest(batches)).length === 20)
    const before = await rateOver(15_000)
    bus.set(7, 'silent')
    const misses = () => batches.filter(({ readings }) => readings[0]?.device === 'd7' && readings[0].value === null)
    await until('held', () => misses().length >= 3)
    const probes = bus.unit(7).asked.length
    const after = await rateOver(35_000)
    // How much slower is measured by the bench, on an idle machine: 2 % of the bus. Here others may work beside it.
    t.ok(after >= before * 0.6, `${before.toFixed(1)} → ${after.toFixed(1)} reads a second of site time`)
    const probed = bus.unit(7).asked.length - probes
    t.ok(probed >= 1 && probed <= 2, `${probed} probes in 35 s`)
    t.equal(newest(batches)['d7.level']?.reason, 'no_response')
    t.same(new Set(values(batches, 'd7')), new Set([7]), 'never a neighbour’s value')
  },
)

t.test('F24: a late answer on a bus is never the next one’s', { skip: withoutSocat() }, async (t) => {
  const { bus, run } = await wired(
    t,
    [
      ['d', 1, level],
      ['e', 2, level],
    ],
    { speed: 5, timeoutMs: 200 },
  )
  // Each question gets the count of the questions: one behind would show.
  const d = bus.unit(1)
  bus.unit(2).holding.set(0, 500)
  const { batches, source } = run()
  await until('a value', () => values(batches, 'd').length > 0 && values(batches, 'e').length > 0)
  for (let round = 1; round <= 8; round++) {
    bus.lateMs = 210 + round * 15
    d.holding.set(0, 1_000 + round)
    bus.set(1, 'late', 'ok')
    const missed = source.counts().failures
    await until('the miss', () => source.counts().failures > missed)
    d.holding.set(0, round)
    await until('the fresh value', () => values(batches, 'd').at(-1) === round)
  }
  t.same(
    values(batches, 'd').filter((value) => Number(value) > 1_000),
    [],
    'what was asked before the time-out is not stored after it',
  )
  t.same(new Set(values(batches, 'e')), new Set([500]))
  t.ok(source.counts().strayBytes > 0, 'the late bytes were seen and counted')
})

t.test('F25: noise, broken CRC, echo, a second master', { skip: withoutSocat() }, async (t) => {
  const { bus, run } = await wired(t, [['d', 1, level]], { speed: 20, timeoutMs: 300 })
  const unit = bus.unit(1)
  unit.holding.set(0x4000, 666)
  const { batches, source } = run()
  let value = 0
  const fresh = async (what: string) => {
    value += 1
    unit.holding.set(0, value)
    await until(what, () => values(batches, 'd').at(-1) === value)
  }
  await fresh('a value')

  for (const mood of ['badCrc', 'noise', 'short', 'stranger', 'master2'] as const) {
    const { failures, retries } = source.counts()
    bus.set(1, mood, mood, 'ok')
    await fresh(`${mood}: the second retry brings it`)
    t.equal(source.counts().failures, failures, `${mood}: no failure`)
    t.equal(source.counts().retries, retries + 2, `${mood}: two retries`)

    const before = source.counts().retries
    bus.set(1, mood)
    const misses = source.counts().failures
    await until(`${mood}: given up`, () => source.counts().failures > misses)
    t.ok(source.counts().retries >= before + 2, `${mood}: asked three times`)
    t.equal(newest(batches)['d.level']?.reason, 'bad_frame')
    bus.set(1, 'ok')
    await fresh(`${mood}: well again`)
  }
  t.ok(source.errorRate() > 0.05)
  t.equal(source.health().state, 'degraded', 'the line is said to be noisy')
  t.ok(source.health().errorRate! > 0.05)

  bus.set(1, 'glitch')
  const { retries } = source.counts()
  await fresh('one stray byte before the answer is no doubt')
  t.equal(source.counts().retries, retries)
  bus.set(1, 'ok')
  bus.isEcho = true
  await fresh('an adapter that hears itself')
  t.equal(source.counts().retries, retries)
  t.notOk(
    batches.some(({ readings }) => readings.some((r) => r.value === 666)),
    'the other master’s answer is not ours',
  )
  await until('a mended line is well again', () => source.health().state === 'running', 20_000)
})

t.test(
  'F35: an adapter that is pulled out and plugged in again is open again within 10 s',
  { skip: withoutSocat() },
  async (t) => {
    const { bus, run, line, clock } = await wired(t, [['d', 1, level]], { speed: 4, timeoutMs: 200 })
    bus.unit(1).holding.set(0, 1)
    const { batches, source } = run()
    await until('a value', () => newest(batches)['d.level']?.value === 1)
    await line!.unplug()
    await until('lost', () => source.health().state === 'down')
    t.equal(newest(batches)['d.level']?.reason, 'connection_lost')
    const from = clock.now()
    await until('a while', () => clock.now() - from > 20_000, 20_000)
    await line!.plug()
    const back = clock.now()
    bus.unit(1).holding.set(0, 2)
    await until('a value again', () => newest(batches)['d.level']?.value === 2, 10_000)
    t.ok(clock.now() - back < 10_000, `${Math.round(clock.now() - back)} ms of site time`)
    t.equal(source.health().state, 'running')
  },
)

t.test('RTU over TCP: values, and a time-out costs the connection', async (t) => {
  const { bus, run, server } = await wired(t, [['d', 1, level]], { speed: 10, timeoutMs: 100, overTcp: true })
  bus.unit(1).holding.set(0, 1)
  const { batches, source } = run()
  await until('a value', () => newest(batches)['d.level']?.value === 1)
  bus.lateMs = 130
  bus.unit(1).holding.set(0, 666)
  bus.set(1, 'late', 'ok')
  await until('the miss', () => source.counts().failures === 1)
  bus.unit(1).holding.set(0, 2)
  await until('the fresh value', () => newest(batches)['d.level']?.value === 2)
  t.equal(server!.accepted, 2)
  t.same([...new Set(values(batches, 'd'))], [1, 2])
  bus.set(1, 'badCrc', 'ok')
  bus.unit(1).holding.set(0, 3)
  await until('a broken frame is asked again', () => newest(batches)['d.level']?.value === 3)
  t.equal(server!.accepted, 2, 'on the same connection')
})

t.test(
  'a port that is not there is said, and stopping ends a source that waits for an answer',
  { skip: withoutSocat() },
  async (t) => {
    const { bus, run, line } = await wired(t, [['d', 1, level]], { timeoutMs: 60_000 })
    bus.set(1, 'silent')
    bus.unit(1)
    const first = run()
    await until('asked', () => bus.unit(1).asked.length > 0)
    const from = performance.now()
    await first.stop()
    t.ok(performance.now() - from < 300)
    await line!.unplug()
    const { batches } = run()
    await until('lost', () => newest(batches)['d.level']?.reason === 'connection_lost')
  },
)

type Wired = [id: string, unitId: number, points: Profile['points']]
type Wiring = Readonly<{ speed?: number; timeoutMs?: number; overTcp?: boolean }>

async function wired(t: Tap, devices: Wired[], { speed = 1, timeoutMs = 500, overTcp = false }: Wiring = {}) {
  const bus = new FakeBus()
  const line = overTcp ? null : await FakeSerialLine.start(bus)
  const server = overTcp ? await FakeSerialServer.start(bus) : null
  t.teardown(() => line?.stop())
  t.teardown(() => server?.stop())
  const connection: ModbusConnection = line
    ? { id: 'c', protocol: 'modbus-rtu', path: line.path, baud: 115_200, parity: 'none', stopBits: 1, timeoutMs }
    : { id: 'c', protocol: 'modbus-rtu-over-tcp', host: '127.0.0.1', port: server!.port, timeoutMs }
  const clock = scaledClock(speed)
  const source = modbusSource({ connection, devices: devices.map((args) => deviceOf(...args)), clock })
  const run = () => {
    const batches: Batch[] = []
    const controller = new AbortController()
    const done = source.run((batch) => {
      batches.push(batch)
      return Promise.resolve()
    }, controller.signal)
    done.catch(() => {})
    const stop = () => {
      controller.abort()
      return done
    }
    t.teardown(() => stop().catch(() => {}))
    return { batches, source, stop }
  }
  return { bus, line, server, clock, run }
}

type Tap = Pick<typeof t, 'teardown'>

function deviceOf(id: string, unitId: number, points: Profile['points']): Device {
  const file = 'devices/profiles/pump/booster-pump-set.yaml'
  const { profile } = readProfile(readFileSync(file, 'utf8'), file)
  const tiny: Profile = { ...profile!, profile: 'tiny', alarms: [], examples: [], modbus: { every: '1s' }, points }
  return { id, profile: tiny, asset: id, connection: 'c', unitId }
}

function newest(batches: readonly Batch[]): Record<string, Reading> {
  return Object.fromEntries(batches.flatMap(({ readings }) => readings.map((r) => [`${r.device}.${r.point}`, r])))
}

function values(batches: readonly Batch[], device: string) {
  return batches.flatMap(({ readings }) =>
    readings.filter((r) => r.device === device && r.quality === 'good').map((r) => r.value),
  )
}

/** The shortest request that such an answer answers. */
function requestFor({ function: code, registers }: Frame['meaning']): Buffer {
  return Buffer.of(code, 0, 0, 0, registers?.length ?? 1)
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(VECTORS, file), 'utf8'))
}
