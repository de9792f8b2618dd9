import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Device } from '#devices/device.ts'
import { readProfile, type Profile } from '#devices/profile.ts'
import type { Batch, Value } from '#devices/reading.ts'
import type { ModbusConnection } from '#ingest/modbus/connection.ts'
import { modbusSource } from '#ingest/modbus/modbus-source.ts'
import { openTransport } from '#ingest/modbus/open-transport.ts'
import { lineMeter } from '#ingest/modbus/line-meter.ts'
import { modbusSession, type WriteRequest } from '#ingest/modbus/session.ts'
import { WriteFailed } from '#ingest/write-failed.ts'
import { scaledClock } from '#test/fakes/clock.ts'
import { FakeBus, FakeSerialLine, withoutSocat } from '#test/fakes/modbus-bus.ts'
import { FakeModbus, type FakeUnit } from '#test/fakes/modbus-unit.ts'
import { until } from '#test/fakes/until.ts'

const points: Profile['points'] = {
  setpoint: { access: 'rw', modbus: { address: 10, scale: 0.1 } },
  power: { access: 'rw', modbus: { address: 20, type: 'float32', order: 'CDAB' } },
  pump: { access: 'rw', modbus: { table: 'coil', address: 3 } },
  mode: { access: 'rw', enum: { 0: 'off', 1: 'auto' }, modbus: { address: 11 } },
  flag: { access: 'rw', modbus: { address: 12, bit: 3 } },
  pressure: { modbus: { address: 30 } },
  door: { access: 'rw', modbus: { table: 'discrete', address: 0 } },
}

/** Both roads, one far end each; `lose` makes the next answer to a write get lost after the unit did what it says. */
const ROADS = {
  'Modbus TCP': async (t: Tap) => {
    const far = await FakeModbus.start()
    t.teardown(() => far.stop())
    const connection = { id: 'c', protocol: 'modbus-tcp', host: '127.0.0.1', port: far.port, timeoutMs: 150 } as const
    return { unit: far.unit(1), connection, lose: (is: boolean) => void (far.unit(1).mood = is ? 'forgetful' : 'ok') }
  },
  'a serial line': async (t: Tap) => {
    const bus = new FakeBus()
    const line = await FakeSerialLine.start(bus)
    t.teardown(() => line.stop())
    const serial = { protocol: 'modbus-rtu', baud: 19_200, parity: 'none', stopBits: 1 } as const
    const connection = { id: 'c', ...serial, path: line.path, timeoutMs: 150 } as const
    return { unit: bus.unit(1), connection, lose: (is: boolean) => bus.set(1, is ? 'forgetful' : 'ok') }
  },
} satisfies Record<string, (t: Tap) => Promise<Road>>

for (const [name, open] of Object.entries(ROADS)) {
  const skip = name === 'Modbus TCP' ? false : withoutSocat()

  t.test(`${name}: function codes 5, 6, 15 and 16`, { skip }, async (t) => {
    const { unit, connection } = await open(t)
    const transport = await openTransport(
      connection,
      lineMeter(() => performance.now()),
      new AbortController().signal,
    )
    t.teardown(() => transport.end())
    const session = modbusSession(transport)
    const writes: [code: number, write: WriteRequest][] = [
      [5, { kind: 'write', unitId: 1, table: 'coil', address: 7, values: [true] }],
      [
        15,
        {
          kind: 'write',
          unitId: 1,
          table: 'coil',
          address: 8,
          values: [true, false, true, true, false, false, true, true, true],
        },
      ],
      [6, { kind: 'write', unitId: 1, table: 'holding', address: 7, values: [0xabcd] }],
      [16, { kind: 'write', unitId: 1, table: 'holding', address: 8, values: [1, 0xffff, 3] }],
    ]
    for (const [code, write] of writes) {
      t.same(await session.ask(write), { kind: 'values', values: [] }, `function ${code}`)
      t.equal(unit.asked.at(-1)?.code, code)
      const { unitId, table, address, values } = write
      const read = await session.ask({ unitId, table, address, count: values.length })
      t.same(read.kind === 'values' && read.values.slice(0, values.length), values, `function ${code}: stands there`)
    }
    unit.missing.add(99)
    t.same(await session.ask({ kind: 'write', unitId: 1, table: 'holding', address: 99, values: [1] }), {
      kind: 'refused',
      code: 2,
    })
  })

  t.test(`${name}: a write is read back, and what cannot be written is not sent`, { skip }, async (t) => {
    const { unit, connection } = await open(t)
    const { source, signal } = running(t, connection)
    await source.write('d', 'setpoint', 32.1, signal)
    t.equal(unit.holding.get(10), 321)
    await source.write('d', 'power', 12.5, signal)
    t.same([unit.holding.get(20), unit.holding.get(21)], [0x0000, 0x4148])
    await source.write('d', 'pump', true, signal)
    t.equal(unit.coil.get(3), true)
    await source.write('d', 'mode', 'auto', signal)
    t.equal(unit.holding.get(11), 1)
    t.match(await source.read('d', 'setpoint', signal), {
      device: 'd',
      point: 'setpoint',
      value: 32.1,
      quality: 'good',
    })

    const impossible: [point: string, value: Value][] = [
      ['setpoint', 7_000], // 70,000 is more than 16 bits
      ['setpoint', -1],
      ['setpoint', Number.NaN],
      ['mode', 'turbo'],
      ['pump', 1],
      ['flag', true], // the other bits of its register are not ours
      ['pressure', 1], // read-only
      ['door', true], // a discrete input
      ['nothing', 1],
    ]
    const writes = () => unit.asked.filter(({ code }) => code > 4).length
    const before = writes()
    for (const [point, value] of impossible) {
      t.equal(await outcomeOf(source.write('d', point, value, signal)), 'invalid', `${point} = ${value}`)
    }
    t.equal(writes(), before, 'nothing was sent')
    unit.missing.add(11)
    t.equal(await outcomeOf(source.write('d', 'mode', 'off', signal)), 'refused')
    unit.isStubborn = true
    t.equal(await outcomeOf(source.write('d', 'setpoint', 1, signal)), 'not_taken', 'confirmed, and not done')
  })

  t.test(`F37 ${name}: a lost answer to a write is read back, the write is never repeated`, { skip }, async (t) => {
    const { unit, connection, lose } = await open(t)
    const { source, signal } = running(t, connection)
    const writes = () => unit.asked.filter(({ code }) => code > 4).length
    lose(true)
    await source.write('d', 'setpoint', 5, signal)
    t.equal(writes(), 1, 'sent once, and known to be done')
    unit.isStubborn = true
    t.equal(await outcomeOf(source.write('d', 'setpoint', 6, signal)), 'not_taken')
    t.equal(writes(), 2)
    lose(false)
  })
}

t.test('F37: nothing can be read back: unknown; no road: unsent', async (t) => {
  const { unit, connection } = await ROADS['Modbus TCP'](t)
  const { source, signal } = running(t, connection)
  await until('polled', () => unit.asked.length > 0)
  unit.mood = 'silent'
  t.equal(await outcomeOf(source.write('d', 'setpoint', 6, signal)), 'unknown')
  t.equal(unit.asked.filter(({ code }) => code > 4).length, 1)
  const nowhere = running(t, { ...connection, port: 1 })
  t.equal(await outcomeOf(nowhere.source.write('d', 'setpoint', 6, signal)), 'unsent')
})

t.test('a write goes before the polls that wait, and a stop refuses what has not had its turn', async (t) => {
  const { unit, connection } = await ROADS['Modbus TCP'](t)
  const many = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`p${i}`, { access: 'rw' as const, modbus: { address: i * 10 } }]),
  )
  unit.mood = 'late'
  unit.lateMs = 20
  const { source, signal, stop } = running(t, connection, many)
  await until('polling', () => unit.asked.length >= 2)
  const before = unit.asked.length
  await source.write('d', 'p0', 1, signal)
  const place = unit.asked.slice(before).findIndex(({ code }) => code > 4)
  t.ok(place >= 0 && place <= 1, `${place} polls before it, of 20 that are due`)
  const gone = new AbortController()
  const given = source.write('d', 'p0', 2, gone.signal)
  gone.abort(new Error('no longer'))
  await t.rejects(given, { message: 'no longer' })
  const waiting = [1, 2, 3].map((value) =>
    source.write('d', 'p0', value, signal).catch((error: Error) => error.message),
  )
  await stop()
  t.match((await Promise.all(waiting)).at(-1), /stopping|unsent/)
})

type Tap = Pick<typeof t, 'teardown'>
type Road = Readonly<{ unit: FakeUnit; connection: ModbusConnection; lose(is: boolean): void }>

function running(t: Tap, connection: ModbusConnection, its = points) {
  const source = modbusSource({ connection, devices: [deviceOf(its)], clock: scaledClock(1) })
  const controller = new AbortController()
  const batches: Batch[] = []
  const done = source.run(async (batch) => void batches.push(batch), controller.signal)
  const stop = () => {
    controller.abort()
    return done
  }
  t.teardown(stop)
  return { source, batches, stop, signal: new AbortController().signal }
}

async function outcomeOf(write: Promise<unknown>): Promise<string> {
  try {
    await write
    return 'done'
  } catch (error) {
    if (error instanceof WriteFailed) return error.outcome
    throw error
  }
}

function deviceOf(its: Profile['points']): Device {
  const file = 'devices/profiles/pump/booster-pump-set.yaml'
  const { profile } = readProfile(readFileSync(file, 'utf8'), file)
  const tiny: Profile = { ...profile!, profile: 'tiny', alarms: [], examples: [], modbus: { every: '1s' }, points: its }
  return { id: 'd', profile: tiny, asset: 'd', connection: 'c', unitId: 1 }
}
