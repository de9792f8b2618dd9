import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { readProfile } from '#devices/profile.ts'
import type { Batch, Reading } from '#devices/reading.ts'
import type { ModbusConnection } from '#ingest/modbus/connection.ts'
import { modbusSource } from '#ingest/modbus/modbus-source.ts'
import { scaledClock } from '#test/fakes/clock.ts'
import { FakeBus, FakeSerialLine, withoutSocat } from '#test/fakes/modbus-bus.ts'
import { until } from '#test/fakes/until.ts'

/** The system's Python: pymodbus comes as a package of the distribution. */
const PYTHON = '/usr/bin/python3'
const skip = withoutPymodbus() || withoutSocat()

/** Everything that is said of the device: no line of code knows it. */
const PROFILE = `
profile: peer-meter
name: Meter of the peer
kind: meter
modbus: { table: holding, every: 1s, gap: 8 }
offline_after: 30s
communication: { class: P3, priority: medium, skill: electric }
points:
  voltage: { unit: V, range: [0, 500], modbus: { address: 0, scale: 0.1 } }
  energy: { stat: counter, unit: kWh, modbus: { address: 2, type: float32, order: CDAB } }
  balance: { modbus: { address: 4, type: int32 } }
  mode: { enum: { 0: off, 2: auto }, modbus: { address: 7 } }
  beyond: { modbus: { address: 9 } }
  temperature: { unit: °C, modbus: { table: input, address: 1, type: int16, scale: 0.01 } }
  relay: { access: rw, modbus: { table: coil, address: 5 } }
  door: { modbus: { table: discrete, address: 2 } }
  setpoint: { access: rw, modbus: { address: 6 } }
examples:
  - modbus: { holding: { 0: [2301] } }
    expect: { voltage: 230.1 }
`

/** Holding registers end at 8: `beyond` is an illegal address there. */
const SERVER = `
import sys, asyncio
from pymodbus.datastore import ModbusSequentialDataBlock as Block, ModbusSlaveContext, ModbusServerContext
from pymodbus.server import StartTcpServer, StartSerialServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer
road, where = sys.argv[1], sys.argv[2]
unit = ModbusSlaveContext(
    hr=Block(0, [2301, 0, 0x0000, 0x4148, 0xFFFF, 0xFFFE, 40, 2, 1]),
    ir=Block(0, [0, 0xF831, 0]),
    co=Block(0, [False] * 8),
    di=Block(0, [False, False, True, False]),
    zero_mode=True,
)
context = ModbusServerContext(slaves={3: unit}, single=False)
if road == 'modbus-rtu':
    StartSerialServer(context=context, framer=ModbusRtuFramer, port=where, baudrate=19200)
else:
    framer = ModbusRtuFramer if road == 'modbus-rtu-over-tcp' else ModbusSocketFramer
    StartTcpServer(context=context, framer=framer, address=('127.0.0.1', int(where)))
`

t.test('an independent peer, described by a profile alone', { skip }, async (t) => {
  const { profile, faults } = readProfile(PROFILE, 'peer-meter.yaml')
  t.same(faults, [])
  for (const protocol of ['modbus-tcp', 'modbus-rtu-over-tcp', 'modbus-rtu'] as const) {
    await t.test(protocol, async (t) => {
      const connection = await peer(t, protocol)
      const device = { id: 'M', profile: profile!, asset: 'M', connection: 'c', unitId: 3 }
      const source = modbusSource({ connection, devices: [device], clock: scaledClock(10) })
      const batches: Batch[] = []
      const controller = new AbortController()
      const done = source.run(async (batch) => void batches.push(batch), controller.signal)
      t.teardown(() => {
        controller.abort()
        return done
      })
      const newest = (): Record<string, Reading> =>
        Object.fromEntries(batches.flatMap(({ readings }) => readings.map((reading) => [reading.point, reading])))
      const isKnown = ({ quality, reason }: Reading) => quality === 'good' || reason === 'exception'
      await until('the peer is read', () => Object.values(newest()).filter(isKnown).length === 9, 20_000)
      t.match(newest(), {
        voltage: { value: 230.1 },
        energy: { value: 12.5 },
        balance: { value: -2 },
        mode: { value: 'auto' },
        beyond: { value: null, reason: 'exception' },
        temperature: { value: -19.99 },
        relay: { value: false },
        door: { value: true },
        setpoint: { value: 40 },
      })
      t.same(source.health().devices[0]?.refusedPoints, ['beyond'])
      await source.write('M', 'setpoint', 55, controller.signal)
      await source.write('M', 'relay', true, controller.signal)
      await until('the polls see it', () => newest()['setpoint']?.value === 55 && newest()['relay']?.value === true)
      t.equal(source.counts().brokenFrames, 0)
    })
  }
})

async function peer(
  t: Readonly<{ teardown(end: () => unknown): void }>,
  protocol: ModbusConnection['protocol'],
): Promise<ModbusConnection> {
  const common = { id: 'c', timeoutMs: 1_000 }
  const start = (where: string): ChildProcess => {
    const server = spawn(PYTHON, ['-c', SERVER, protocol, where], { stdio: 'ignore' })
    t.teardown(() => server.kill('SIGKILL'))
    return server
  }
  if (protocol === 'modbus-rtu') {
    const line = await FakeSerialLine.start(new FakeBus())
    t.teardown(() => line.stop())
    start(await line.lend())
    return { ...common, protocol, path: line.path, baud: 19_200, parity: 'none', stopBits: 1 }
  }
  const port = await freePort()
  start(String(port))
  return { ...common, protocol, host: '127.0.0.1', port }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function withoutPymodbus(): string | false {
  if (process.env['CARETAKER_REQUIRE_SERVERS'] === '1') return false
  try {
    execFileSync(PYTHON, ['-c', 'import pymodbus.server'], { stdio: 'ignore' })
    return false
  } catch {
    return 'pymodbus is not installed (Debian packages python3-pymodbus, python3-serial-asyncio)'
  }
}
