import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { Aedes } from 'aedes'
import modbusSerial from 'modbus-serial'
import t, { type Test } from 'tap'
import type { Clock } from '#devices/clock.ts'
import type { Connection, Device } from '#devices/device.ts'
import { modbusMapping } from '#devices/modbus-mapping.ts'
import { decodePayload } from '#devices/payload.ts'
import { readProfile } from '#devices/profile.ts'
import type { Value } from '#devices/reading.ts'
import { type Decoded, decodeRegisters } from '#devices/registers.ts'
import { scaledClock } from '#plant/clock.ts'
import { type Plant, type PlantOptions, startPlant } from '#plant/plant.ts'
import { seededRandom } from '#plant/random.ts'
import { parseCsv, replayOf } from '#plant/replay.ts'
import { startMessageProvider } from '#plant/message-provider.ts'
import { playStaff } from '#plant/staff.ts'
import { playStory } from '#plant/story.ts'
import type { FromPlant, PlantWorkerData, ToPlant } from '#plant/worker.ts'

const START = Date.UTC(2026, 11, 8, 6, 30)
const folder = new URL('../../devices/profiles/', import.meta.url)
const pumpProfile = profileAt('pump/booster-pump-set.yaml')
const liftProfile = profileAt('lift/lift-controller.yaml')
const binProfile = profileAt('bin/bin-fill-sensor.yaml')
const meterProfile = profileOf(`
profile: odd-meter
name: Odd meter
kind: meter
modbus: { table: holding, order: DCBA }
mqtt: { topic: 'meters/{id}', seq: head.seq, time: head.time }
offline_after: 1m
communication: { class: P8b, priority: low, skill: electric }
points:
  flow: { unit: m³/h, range: [0, 50], modbus: { address: 100, type: float64 }, mqtt: { path: body.flow, scale: 0.1 } }
  level: { range: [-40, 80], modbus: { address: 106, type: int16, table: input, scale: 0.1, absent: 0x7fff } }
  valve_open: { modbus: { address: 4, table: coil }, mqtt: { path: body.valve, map: { 'on': true, 'off': false } } }
  leak: { modbus: { address: 5, table: coil } }
  mode: { enum: { 0: idle, 1: busy }, modbus: { address: 112 } }
examples: [{ expect: {} }]
`)

const pumpFaults = ['pump_trip', 'burst_pipe', 'one_pump_failed', 'sensor_absent', 'silent']
const connections: Connection[] = ['pumps', 'lifts'].map((id) => ({
  id,
  protocol: 'modbus-tcp',
  host: '127.0.0.1',
  port: 1502,
  timeoutMs: 1000,
}))
const devices: Device[] = [
  { id: 'PR1-L', asset: 'PR1-L', profile: pumpProfile, connection: 'pumps', unitId: 1 },
  { id: 'PR1-H', asset: 'PR1-H', profile: pumpProfile, connection: 'pumps', unitId: 2 },
  { id: 'M1', asset: 'M1', profile: meterProfile, connection: 'pumps', unitId: 7 },
  { id: 'B3-L2', asset: 'B3-L2', profile: liftProfile, connection: 'lifts', unitId: 1 },
  { id: 'K4-kitchen', asset: 'K4-kitchen', profile: binProfile },
  { id: 'K4-other', asset: 'K4-other', profile: binProfile },
]

t.test('every point that is read over Modbus is what the model says', async (t) => {
  const { plant, clock, read } = await estate(t)
  for (let round = 0; round < 5; round++) {
    for (const device of devices.filter(({ connection }) => connection)) {
      const { values } = plant.look(device.id)
      for (const [name, point] of Object.entries(device.profile.points)) {
        const decoded = await read(device.id, name)
        const value = values[name]
        const step = point.modbus?.scale ?? 0
        if (typeof value === 'number')
          t.ok(Math.abs(Number(decoded.value) - value) <= step / 2 + 1e-5 * Math.abs(value), `${device.id} ${name}`)
        else t.equal(decoded.value, value, `${device.id} ${name}`)
      }
    }
    clock.advance(7_777)
  }
  t.ok(Math.abs(Number((await read('PR1-L', 'outlet_pressure')).value) - 0.65) < 0.04, 'a low zone')
  t.ok(Math.abs(Number((await read('PR1-H', 'outlet_pressure')).value) - 0.85) < 0.04, 'a high zone')
  t.same(await read('M1', 'flow'), { value: 25 }, 'a kind without a model stands in the middle of its range')
})

t.test('faults of a pump set change what is on the wire, and healing takes them back', async (t) => {
  const { plant, clock, read } = await estate(t)
  const outlet = async () => Number((await read('PR1-H', 'outlet_pressure')).value)

  plant.provoke('pump_trip', 'PR1-H')
  t.ok((await outlet()) > 0.8, 'pressure needs time to fall')
  t.same(await read('PR1-H', 'pump1_running'), { value: false })
  clock.advance(10_000)
  t.ok(Math.abs((await outlet()) - 0.15) < 0.04)
  t.ok(Number((await read('PR1-L', 'outlet_pressure')).value) > 0.6, 'the other unit of the connection is untouched')
  plant.heal('PR1-H')
  clock.advance(15_000)
  t.ok((await outlet()) > 0.8)
  t.same(await read('PR1-H', 'pump1_fault'), { value: false })

  plant.provoke('burst_pipe', 'PR1-H')
  clock.advance(19_000)
  t.ok(Math.abs((await outlet()) - 0.2) < 0.03)
  t.same(await read('PR1-H', 'water_on_floor'), { value: false })
  clock.advance(30_000)
  t.same(await read('PR1-H', 'water_on_floor'), { value: true })
  t.same(
    plant.writes().filter(({ point, value }) => point === 'water_on_floor' && value === true),
    [{ device: 'PR1-H', point: 'water_on_floor', value: true, at: START + 45_000 }],
    'dated when the water came, not when somebody looked',
  )

  plant.provoke('sensor_absent', 'PR1-H')
  t.same(await read('PR1-H', 'outlet_pressure'), { value: null, reason: 'absent' })
  plant.provoke('one_pump_failed', 'PR1-H')
  t.same([await read('PR1-H', 'pump1_fault'), await read('PR1-H', 'pump2_fault')], [{ value: true }, { value: false }])
  t.same(await read('PR1-H', 'pump2_running'), { value: true })
})

t.test('a silent unit gives no answer, its neighbour does', async (t) => {
  const { plant, read, client } = await estate(t)
  plant.provoke('silent', 'PR1-L')
  client('pumps').setTimeout(150)
  await t.rejects(read('PR1-L', 'outlet_pressure'), { name: 'TransactionTimedOutError' })
  t.match(await read('PR1-H', 'outlet_pressure'), { value: Number })
  plant.heal('PR1-L')
  t.match(await read('PR1-L', 'outlet_pressure'), { value: Number })
})

t.test('a power dip silences the whole cabinet for a while and no other', async (t) => {
  const { plant, clock, read, client } = await estate(t)
  plant.provoke('one_pump_failed', 'PR1-H')
  const hours = plant.look('PR1-L').values['run_hours']
  plant.provoke('power_dip', 'PR1-L')
  client('pumps').setTimeout(150)
  for (const device of ['PR1-L', 'PR1-H', 'M1']) {
    t.equal(plant.look(device).fault, 'power_dip')
    await t.rejects(read(device, device === 'M1' ? 'flow' : 'frequency'), { name: 'TransactionTimedOutError' })
  }
  t.match(await read('B3-L2', 'floor'), { value: Number }, 'the lifts stand elsewhere')
  clock.advance(39_999)
  t.equal(plant.look('PR1-L').fault, 'power_dip')
  clock.advance(1)
  t.same([plant.look('PR1-L').fault, plant.look('PR1-H').fault], [null, 'one_pump_failed'], 'they go on as they were')
  t.match(await read('PR1-H', 'pump1_fault'), { value: true })
  t.equal(plant.look('PR1-L').values['run_hours'], hours)
  plant.provoke('power_dip', 'PR1-L')
  plant.heal('PR1-L')
  t.same([plant.look('PR1-L').fault, plant.look('PR1-H').fault], [null, 'power_dip'])
  t.match(await read('PR1-L', 'frequency'), { value: Number }, 'healed is healed')
})

t.test('an estate lives by the hour of its site', async (t) => {
  const at = (hour: number, zone = 'Asia/Shanghai') => {
    const clock = handClock(Date.UTC(2026, 11, 8, hour - 8))
    const random = seededRandom(8)
    const site = { connections: [], devices, timeZone: zone }
    return startPlant({ site, clock, random, ports: 'free', log: () => {} }).then((plant) => ({ plant, clock }))
  }
  const number = (plant: Plant, device: string, point: string) => Number(plant.look(device).values[point])
  /** Mean and spread of what the sensors say in a quarter of an hour. */
  const observed = async (hour: number, zone?: string) => {
    const { plant, clock } = await at(hour, zone)
    const [pressures, frequencies]: number[][] = [[], []]
    const runs = number(plant, 'B3-L2', 'run_count')
    const fill = number(plant, 'K4-kitchen', 'fill')
    for (let i = 0; i < 900; i++) {
      clock.advance(1_000)
      pressures!.push(number(plant, 'PR1-H', 'outlet_pressure'))
      frequencies!.push(number(plant, 'PR1-H', 'frequency'))
    }
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    return {
      pressure: mean(pressures!),
      ripple: mean(pressures!.slice(1).map((value, i) => Math.abs(value - pressures![i]!))),
      frequency: mean(frequencies!),
      runs: number(plant, 'B3-L2', 'run_count') - runs,
      filled: number(plant, 'K4-kitchen', 'fill') - fill,
    }
  }
  const [night, morning, evening] = [await observed(3), await observed(7), await observed(19)]
  t.ok(morning.frequency > night.frequency + 6 && evening.frequency > night.frequency + 4, 'pumps work at the peaks')
  t.ok(morning.ripple > night.ripple * 1.5, 'and the pressure ripples')
  t.ok(Math.abs(morning.pressure - 0.85) < 0.04 && Math.abs(night.pressure - 0.85) < 0.04, 'which is held all the same')
  t.ok(morning.runs > 3 * night.runs && evening.runs > 3 * night.runs, 'lifts run when people go and come')
  t.ok(night.runs > 0)
  t.ok(evening.filled > 4 * night.filled, 'bins fill after dinner')
  const elsewhere = await observed(3 + 8, 'UTC')
  t.ok(Math.abs(elsewhere.frequency - night.frequency) < 0.3, 'three at night is three at the site')

  const { plant, clock } = await at(0)
  const tank: number[] = []
  let collected = 0
  let last = number(plant, 'K4-kitchen', 'fill')
  for (let minute = 0; minute < 1_440; minute++) {
    clock.advance(60_000)
    tank.push(number(plant, 'PR1-L', 'tank_level'))
    const fill = number(plant, 'K4-kitchen', 'fill')
    if (fill < last) collected++
    last = fill
  }
  t.ok(Math.min(...tank) > 2.29 && Math.max(...tank) < 3.31)
  const turns = tank.filter(
    (level, i) => i > 1 && Math.sign(level - tank[i - 1]!) !== Math.sign(tank[i - 1]! - tank[i - 2]!),
  )
  t.ok(turns.length >= 10, 'the tank level goes up and down like a saw')
  t.ok(collected === 2 || collected === 3, 'two rounds a day, and one in between where it is needed')

  const before = (await at(7)).plant
  const later = await at(7)
  later.clock.advance(200 * 86_400_000)
  t.ok(
    number(later.plant, 'PR1-L', 'frequency') > number(before, 'PR1-L', 'frequency') + 1,
    'worn pumps need more speed for the same water',
  )
  t.ok(number(later.plant, 'PR1-L', 'outlet_pressure') < number(before, 'PR1-L', 'outlet_pressure'))
})

t.test('a lift drives between floors, traps its passenger, stands still', async (t) => {
  const { plant, clock, read } = await estate(t)
  const impossible: unknown[] = []
  const seen = { floors: new Set<unknown>(), passengers: new Set<unknown>(), doors: new Set<unknown>() }
  for (let i = 0; i < 600; i++) {
    clock.advance(1_500)
    const { values } = plant.look('B3-L2')
    if (values['car_running'] && !values['door_closed']) impossible.push(['drives with open doors', values])
    if (values['passenger_present'] && !values['car_running'] && values['door_closed'])
      impossible.push(['traps', values])
    seen.floors.add(values['floor'])
    seen.passengers.add(values['passenger_present'])
    seen.doors.add(values['door_closed'])
  }
  t.same(impossible, [])
  t.ok(seen.floors.size > 5)
  t.same([seen.passengers.size, seen.doors.size], [2, 2])
  t.same(plant.writes(), [], 'ordinary traffic is no change made by somebody')

  const words = async (...points: string[]) =>
    Promise.all(points.map(async (point) => (await read('B3-L2', point)).value))
  plant.provoke('entrapment', 'B3-L2')
  clock.advance(76_000)
  t.same(
    await words('passenger_present', 'car_running', 'door_closed', 'in_door_zone', 'service_mode', 'alarm_button'),
    [true, false, true, false, 'normal', true],
  )
  const cycles = Number((await read('B3-L2', 'door_cycles')).value)
  plant.heal('B3-L2')
  clock.advance(6_000)
  t.ok(Number((await read('B3-L2', 'door_cycles')).value) > cycles, 'the doors opened and closed')

  plant.provoke('stopped', 'B3-L2')
  clock.advance(3_600_000)
  t.same(await words('fault_code', 'service_mode', 'passenger_present', 'car_running'), [4, 'stopped', false, false])
  plant.heal('B3-L2')
  t.same(await words('fault_code', 'service_mode'), [0, 'normal'])
})

t.test('what nobody knows is refused with the known names', async (t) => {
  const { plant } = await estate(t)
  t.throws(() => plant.provoke('pump_tripp', 'PR1-H'), {
    code: 'unknown_plant_fault',
    params: { device: 'PR1-H', kind: 'pump-set', fault: 'pump_tripp', known: /burst_pipe/, hint: 'pump_trip' },
  })
  t.throws(() => plant.provoke('overflow', 'PR1-H'), {
    code: 'unknown_plant_fault',
    params: { fault: 'overflow', known: /^pump_trip/ },
  })
  t.throws(() => plant.provoke('power_dip', 'K4-other'), { code: 'unknown_plant_fault' }, 'a bin has its own battery')
  t.throws(() => plant.provoke('pump_trip', 'PR1-X'), { code: 'unknown_device', params: { hint: /PR1-[LH]/ } })
  t.throws(() => plant.heal('PR9'), { code: 'unknown_device', params: { device: 'PR9', known: /B3-L2/ } })
  t.throws(() => plant.hold('PR1-H', 'pressure', 1), /no point "pressure". Known: outlet_pressure/)
  const { rows } = parseCsv('time,a\n1,1')
  t.throws(() => plant.replay({ device: 'M1', rows, columns: { flow: 'b' } }), /no column "b"/)
  t.throws(() => plant.replay({ device: 'M1', rows, columns: { flaw: 'a' } }), /no point "flaw"/)
  t.throws(() => plant.replay({ device: 'M1', rows: [], columns: {} }), /no rows/)
  t.match(
    plant.faults().find(({ name }) => name === 'silent'),
    { kinds: ['pump-set', 'meter', 'lift', 'waste-bin'] },
  )
  t.same(plant.writes(), [])
})

t.test('a held value stands on the wire until healed', async (t) => {
  const { plant, clock, read } = await estate(t)
  plant.hold('PR1-L', 'outlet_pressure', 0.1)
  clock.advance(5_000)
  t.same(await read('PR1-L', 'outlet_pressure'), { value: 0.1 })
  t.same(plant.writes(), [{ device: 'PR1-L', point: 'outlet_pressure', value: 0.1, at: START }])
  plant.heal('PR1-L')
  t.ok(Number((await read('PR1-L', 'outlet_pressure')).value) > 0.6)
  for (let i = 0; i < 12_000; i++) plant.hold('PR1-L', 'outlet_pressure', i)
  t.ok(plant.writes().length <= 10_000, 'the record of changes is bounded')
  t.match(plant.writes().at(-1), { value: 11_999 })
})

t.test('a setpoint that is written is held, and the water follows it', async (t) => {
  const { plant, client, clock } = await estate(t)
  const pumps = client('pumps')
  pumps.setID(1)
  await pumps.writeRegister(10, 500)
  t.same((await pumps.readHoldingRegisters(10, 1)).data, [500])
  clock.advance(60_000)
  const pressure = Number(plant.look('PR1-L').values['outlet_pressure'])
  t.ok(pressure > 0.45 && pressure < 0.52, `${pressure} MPa`)
  await pumps.writeRegisters(10, [650])
  t.match(plant.look('PR1-L').values, { pressure_setpoint: 0.65 })
})

t.test('the Modbus server answers requests it cannot serve as the standard says', async (t) => {
  const { plant, client } = await estate(t)
  const pumps = client('pumps')
  const refusal = (code: number) => new RegExp(`^Modbus exception ${code}:`)
  pumps.setID(1)
  await t.rejects(pumps.readHoldingRegisters(0x40, 1), refusal(2), 'no such register')
  await t.rejects(pumps.readHoldingRegisters(10, 2), refusal(2), 'reaches over the end')
  await t.rejects(pumps.readInputRegisters(0, 1), refusal(2), 'nothing in that table')
  await t.rejects(pumps.writeRegister(0, 1), refusal(2), 'read-only')
  await t.rejects(pumps.writeRegisters(10, [700, 1]), refusal(2), 'more than the point')
  await t.rejects(pumps.writeRegister(10, 1_200), refusal(3), 'more than the controller takes')
  await t.rejects(pumps.readHoldingRegisters(0, 126), refusal(3), 'more than a frame holds')
  pumps.setID(99)
  await t.rejects(pumps.readHoldingRegisters(0, 1), refusal(11), 'no such unit')
  pumps.setID(7)
  plant.hold('M1', 'leak', true)
  t.same((await pumps.readCoils(4, 2)).data.slice(0, 2), [false, true])

  const socket = connect(plant.ports['pumps']!, '127.0.0.1')
  const received: Buffer[] = []
  socket.on('data', (chunk) => received.push(chunk))
  const ended = new Promise((resolve) => socket.once('close', resolve))
  const two = Buffer.from('000100000006010300000001' + '000200000006020300000001', 'hex')
  socket.write(two.subarray(0, 20))
  // The answer to the first proves that the torn second is there too.
  await until(() => Buffer.concat(received).length >= 11)
  socket.write(two.subarray(20))
  await until(() => Buffer.concat(received).length >= 22)
  t.match(Buffer.concat(received).toString('hex'), /^000100000005010302....000200000005020302....$/)
  socket.write(Buffer.from('000300ff0006010300000001', 'hex'))
  await ended
})

t.test('declared ports are listened on, and one that is taken is named', async (t) => {
  const other = createTcpServer().listen(0, '127.0.0.1')
  t.teardown(() => void other.close())
  await until(() => other.listening)
  const { port } = other.address() as AddressInfo
  const site = { connections: [{ ...connections[0]!, port }], devices: [] }
  const options = { site, clock: handClock(START), random: seededRandom(1), log: () => {} }
  await t.rejects(startPlant({ ...options, ports: 'declared' }), /connection pumps: cannot listen: .*EADDRINUSE/)
  other.close()
  await until(() => !other.listening)
  const plant = await startPlant({ ...options, ports: 'declared' })
  t.same(plant.ports, { pumps: port })
  await plant.stop()
})

t.test('bins publish at once, every period, and when something happens to them', async (t) => {
  const broker = await testBroker(t)
  const { plant, clock } = await estate(t)
  await plant.connectMqtt(broker.url, (device) => `secret of ${device}`)
  const heard = (topic = 'bins/K4-kitchen/state') => broker.messages.filter((message) => message.topic === topic)
  const latest = () => JSON.parse(heard().at(-1)!.text) as Record<string, unknown>
  await until(() => heard().length === 1 && heard('bins/K4-other/state').length === 1)
  t.same(broker.passwords.get('K4-kitchen'), 'secret of K4-kitchen')
  t.match(heard()[0], { qos: 1, retain: false, client: 'K4-kitchen' })
  t.same(latest()['fill'], plant.look('K4-kitchen').values['fill'])
  const firstSeq = Number(latest()['seq'])

  plant.provoke('overflow', 'K4-kitchen')
  await until(() => heard().length === 2)
  t.match(latest(), { fill: 97, tilted: false, seq: firstSeq + 1 })
  t.match(plant.writes().at(-1), { device: 'K4-kitchen', point: 'fill', value: 97, at: START })
  plant.heal('K4-kitchen')
  await until(() => heard().length === 3)
  t.ok(Number(latest()['fill']) < 10, 'emptied')
  plant.provoke('tilted', 'K4-kitchen')
  await until(() => heard().length === 4)
  t.match(latest(), { tilted: true })
  plant.provoke('malformed', 'K4-kitchen')
  await until(() => heard().length === 5)
  t.throws(() => latest(), SyntaxError)
  plant.heal('K4-kitchen')
  await until(() => heard().length === 6)
  await until(() => clock.sleepers() === 4)
  clock.advance(20_000)
  await until(() => heard().length === 7)
  t.ok(Number(latest()['fill']) < 10, 'and once more a while after the last of all that')

  await until(() => clock.sleepers() === 3)
  clock.advance(30 * 60_000)
  await until(() => heard().length === 8 && heard('bins/K4-other/state').length === 2)
  await until(() => clock.sleepers() === 3)
  plant.provoke('silent', 'K4-kitchen')
  clock.advance(30 * 60_000)
  await until(() => heard('bins/K4-other/state').length === 3)
  t.equal(heard().length, 8, 'silent')

  const meter = JSON.parse(heard('meters/M1')[0]!.text) as { head: { seq: number; time: string } }
  t.equal(meter.head.time, new Date(START).toISOString(), 'source time where the profile asks for it')
  t.same(decodePayload(meter, meterProfile.points['flow']!), { value: 25 })
  t.same(decodePayload(meter, meterProfile.points['valve_open']!), { value: false })
})

t.test('a broker that refuses or is away stops nothing', async (t) => {
  const broker = await testBroker(t, 'refusing')
  const { plant, lines, read } = await estate(t)
  await plant.connectMqtt(broker.url, () => 'wrong')
  t.ok(
    lines.some((line) => /^K4-kitchen: .*[Nn]ot authorized|^K4-kitchen: .*credentials/.test(line)),
    lines.join('\n'),
  )
  t.match(await read('PR1-L', 'outlet_pressure'), { value: Number })
})

t.test('CSV: separators, quotes, gaps, what is not a number, bad time stamps', async (t) => {
  const skab = parseCsv(
    'datetime;Pressure;Volume Flow RateRMS;anomaly\r\n2020-03-09 10:14:33;0.05;32.0;0.0\r\n2020-03-09 10:14:40;;31.9;1.0\r\n',
  )
  t.same(skab.columns, ['datetime', 'Pressure', 'Volume Flow RateRMS', 'anomaly'])
  t.equal(skab.rows[0]!.at, Date.UTC(2020, 2, 9, 10, 14, 33))
  t.equal(skab.rows[1]!.at - skab.rows[0]!.at, 7_000)
  t.match(skab.rows[1]!.cells, { anomaly: 1, 'Volume Flow RateRMS': 31.9, Pressure: Number.NaN })
  const quoted = parseCsv('\uFEFF"a","when time"\n"1.5","2020-01-01T00:00:01+01:00"\n2,1577833199000\n')
  t.same(
    quoted.rows.map(({ at }) => at),
    [1577833199000, 1577833201000],
    'sorted, zone kept',
  )
  t.ok(Number.isNaN(parseCsv('t\tx\n5\tword').rows[0]!.cells['x']))
  t.throws(() => parseCsv('time,x\n1,2\nsoon,3'), /line 3: "soon"/)
  const replay = replayOf({
    rows: skab.rows,
    columns: { flow: 'Volume Flow RateRMS', level: 'Pressure' },
    startAt: 1000,
  })
  t.match(replay.progressAt(999), { index: -1, row: undefined, done: false })
  t.match(replay.progressAt(7_999), { index: 0, done: false })
  t.match(replay.progressAt(8_000), { index: 1, done: true, row: { cells: { anomaly: 1 } } })
  t.same(replay.valuesAt(9_000), { flow: 31.9, level: null })
})

t.test('a recording passes over the wire row by row, at many times its speed', async (t) => {
  const clock = scaledClock({ siteStart: START, speed: 60 })
  const { plant, read } = await estate(t, { clock })
  const rows = [0, 1, 2, 3, 6, 7, 8].map((second, i) => `2020-03-09 10:14:${30 + second};${10 + i};${i > 3 ? 1 : 0}`)
  const { progress } = plant.replay({
    device: 'M1',
    rows: parseCsv(['datetime;flow;anomaly', ...rows].join('\n')).rows,
    columns: { flow: 'flow' },
  })
  const seen: { value: unknown; index: number; next: number }[] = []
  await until(async () => {
    const { index } = progress()
    const { value } = await read('M1', 'flow')
    seen.push({ value, index, next: progress().index })
    return progress().done
  })
  for (const { value, index, next } of seen) t.ok(Number(value) >= 10 + index && Number(value) <= 10 + next)
  t.ok(new Set(seen.map(({ value }) => value)).size >= 3, 'several rows were met')
  t.match(progress(), { index: 6, row: { cells: { anomaly: 1 } } })
  t.same(await read('M1', 'flow'), { value: 16 }, 'the last row stays')
})

t.test('a cell without a value is a transmitter without a sensor', async (t) => {
  const { plant, read } = await estate(t)
  plant.replay({ device: 'M1', rows: parseCsv('t,a,b\n0,,7.5').rows, columns: { level: 'a', flow: 'b' } })
  t.same(await read('M1', 'level'), { value: null, reason: 'absent' })
  t.same(await read('M1', 'flow'), { value: 7.5 })
  plant.replay({ device: 'M1', rows: parseCsv('t,a\n0,').rows, columns: { flow: 'a' } })
  t.same(await read('M1', 'flow'), { value: null, reason: 'not_a_number' })
})

t.test('the played provider of text messages takes, delivers and loses them like a real one', async (t) => {
  let now = START
  const provider = await startMessageProvider({ port: 0, clock: { now: () => now, sleep: () => Promise.resolve() } })
  t.teardown(() => provider.stop())
  const url = `http://127.0.0.1:${provider.port}`
  const send = async (body: string) => (await (await fetch(`${url}/send`, { method: 'POST', body })).json()) as object
  const message = (id: string, to: string) => JSON.stringify({ id, to, text: `text of ${id}` })
  const report = async (id: string) => ((await (await fetch(`${url}/report/${id}`)).json()) as { state: string }).state
  for (const [body, answer] of [
    [message('a', '14000010000'), { code: 0, id: 'a' }],
    [message('a', '14000010000'), { code: 0, id: 'a' }],
    [message('b', '14000010011'), { code: 0, id: 'b' }],
    [message('c', '14000010017'), { code: 3 }],
    ['{"id":1}', { code: 4 }],
    ['no JSON', { code: 4 }],
  ] as const)
    t.match(await send(body), answer, body)
  t.same([await report('a'), await report('b'), await report('c')], ['sent', 'sent', 'unknown'])
  now += 5_000
  t.same([await report('a'), await report('b')], ['DELIVRD', 'UNDELIV'])
  const { items } = (await (await fetch(`${url}/messages`)).json()) as { items: { id: string; text: string }[] }
  t.match(items, [
    { id: 'a', text: 'text of a' },
    { id: 'b', text: 'text of b' },
  ])
  t.match(await (await fetch(url)).text(), 'text of a')
})

t.test('the staff bring an order to its end and confirm a notice', async (t) => {
  const clock = scaledClock({ siteStart: START, speed: 250 })
  const gateway = await fakeGateway(t, clock, 'willing')
  const healed = await runStaff(t, gateway, clock)
  await until(() => gateway.order.state === 'closed' && gateway.notice.state === 'published')
  t.same(healed, ['PR1-H', 'PR1-L'])
  const log = gateway.commands.filter(({ status }) => status === 200)
  t.same(
    log.filter(({ path }) => path.startsWith('orders')).map(({ path }) => path),
    ['orders/7/accept', 'orders/7/arrive', 'orders/7/finish', 'orders/7/close'],
  )
  t.ok(log.some(({ path }) => path === 'alarms/3/ack'))
  t.match(
    log.find(({ path }) => path === 'notices/9/confirm'),
    { by: 'S1', token: 'Bearer st' },
  )
  t.match(
    log.find(({ path }) => path === 'orders/7/accept'),
    { by: 'T2', token: 'Bearer te' },
  )
  const at = (path: string) => log.find((each) => each.path === path)!.at - START
  t.match(
    log.find(({ path }) => path === 'reach-tasks/D1-0/done'),
    { by: 'S1', token: 'Bearer st' },
    'and go to the doors',
  )
  t.ok(at('reach-tasks/D1-0/done') >= 20_000)
  t.ok(at('notices/9/confirm') >= 5_000 && at('orders/7/accept') >= 6_000)
  t.ok(at('orders/7/arrive') - at('orders/7/accept') >= 15_000)
  t.ok(at('orders/7/finish') - at('orders/7/arrive') >= 30_000)
  t.equal(gateway.findings[0], '变频器已复位，泵组恢复运行 / Drive reset, pumps running again')
  t.notOk(
    log.some(({ path }) => path.endsWith('reset')),
    'nothing latched, nothing reset',
  )
  t.equal(new Set(log.map(({ key }) => key)).size, log.length, 'each command has its own key')
})

t.test('the staff reset what latched and repair again what came back', async (t) => {
  const clock = scaledClock({ siteStart: START, speed: 1_000 })
  const gateway = await fakeGateway(t, clock, 'relapsing')
  const healed = await runStaff(t, gateway, clock)
  await until(() => gateway.order.state === 'closed' && gateway.alarms.length === 0)
  t.same(healed, ['PR1-H', 'PR1-L', 'PR1-H', 'PR1-L'], 'twice, for the cause had come back')
  const done = gateway.commands.filter(({ status }) => status === 200)
  t.match(
    done.find(({ path }) => path === 'alarms/4/reset'),
    { by: 'T2', token: 'Bearer ch' },
  )
  t.match(
    done.find(({ path }) => path === 'alarms/5/ack'),
    { by: 'CE', token: 'Bearer te' },
    'an alarm that no order answers for',
  )
})

t.test('refusals and outages are tried again, and written once', async (t) => {
  const clock = scaledClock({ siteStart: START, speed: 1000 })
  const gateway = await fakeGateway(t, clock, 'stubborn')
  const lines: string[] = []
  await runStaff(t, gateway, clock, lines)
  await until(() => gateway.order.state === 'closed' && gateway.notice.state === 'published')
  const accepts = gateway.commands.filter(({ path }) => path === 'orders/7/accept')
  t.same(
    accepts.map(({ status }) => status),
    [409, 409, 409, 500, 200],
  )
  t.equal(new Set(accepts.slice(0, 4).map(({ key }) => key)).size, 4, 'a refusal is asked anew')
  t.equal(accepts[3]!.key, accepts[4]!.key, 'a lost answer is asked for again')
  t.same(
    gateway.commands.filter(({ path }) => path === 'notices/9/confirm').map(({ by }) => by),
    ['S1', 'S2'],
  )
  t.equal(lines.filter((line) => /accept: 409/.test(line)).length, 1)
})

t.test('the story happens at its times and then goes on with small faults', async (t) => {
  const { plant, clock, lines } = await estate(t)
  const ending = new AbortController()
  const told = playStory({
    plant,
    devices: devices.map(({ id }) => id),
    clock,
    random: seededRandom(4),
    signal: ending.signal,
    log: (line) => void lines.push(line),
    steps: [
      { afterMs: 8_000, device: 'PR1-H', fault: 'pump_trip' },
      { afterMs: 9_000, device: 'nowhere', fault: 'pump_trip' },
      { afterMs: 100_000, device: 'K4-kitchen', fault: 'overflow' },
    ],
  })
  const pass = async (ms: number) => {
    await until(() => clock.sleepers() === 1)
    clock.advance(ms)
    await until(() => clock.sleepers() === 1)
  }
  await pass(7_999)
  t.equal(plant.look('PR1-H').fault, null)
  await pass(1)
  t.equal(plant.look('PR1-H').fault, 'pump_trip')
  await pass(1_000)
  t.ok(lines.some((line) => /story: unknown_device .*"nowhere"/.test(line)))
  await pass(91_000)
  t.equal(plant.look('K4-kitchen').fault, 'overflow')
  for (let i = 0; i < 20; i++) await pass(6 * 60_000)
  for (const what of ['one_pump_failed at PR1-L', 'stopped at B3-L2', 'overflow at K4-other', 'power_dip at '])
    t.ok(lines.some((line) => line.startsWith(`story: ${what}`)))
  t.equal(lines.filter((line) => line.endsWith(' at PR1-H')).length, 1, 'what is broken is left alone')
  ending.abort()
  await told
})

t.test('the plant lives in a worker thread', async (t) => {
  const workerData: PlantWorkerData = { site: { connections, devices }, siteStart: START, speed: 60, ports: 'free' }
  const worker = new Worker(new URL('../../plant/worker.ts', import.meta.url), { workerData })
  t.teardown(() => worker.terminate())
  const messages: FromPlant[] = []
  worker.on('message', (message: FromPlant) => messages.push(message))
  const exited = new Promise((resolve) => worker.once('exit', resolve))
  const tell = (message: ToPlant) => worker.postMessage(message)
  const said = <T extends FromPlant['type']>(type: T) =>
    messages.find((message): message is Extract<FromPlant, { type: T }> => message.type === type)

  await until(() => said('ready') !== undefined)
  const client = await connected(t, said('ready')!.ports['pumps']!)
  tell({ type: 'provoke', fault: 'pump_trip', device: 'PR1-H' })
  await until(async () => Number((await readPoint(client, devices[1]!, 'outlet_pressure')).value) < 0.3)
  tell({ type: 'heal', device: 'PR1-H' })
  await until(async () => Number((await readPoint(client, devices[1]!, 'outlet_pressure')).value) > 0.7)
  tell({ type: 'hold', device: 'M1', point: 'flow', value: 3 })
  await until(async () => (await readPoint(client, devices[2]!, 'flow')).value === 3)
  tell({ type: 'replay', device: 'M1', csv: 't,l\n0,-12.5', columns: { level: 'l' } })
  await until(async () => (await readPoint(client, devices[2]!, 'level')).value === -12.5)
  tell({ type: 'provoke', fault: 'fire', device: 'PR1-H' })
  await until(() => said('error') !== undefined)
  t.match(said('error')?.said, { code: 'unknown_plant_fault', params: { fault: 'fire' } })
  tell({ type: 'provoke', fault: 'burst_pipe', device: 'PR1-L', ask: 1 })
  tell({ type: 'heal', device: 'PR1-LL', ask: 2 })
  tell({ type: 'look', ask: 3 })
  await until(() => messages.some((message) => message.type === 'devices' && message.ask === 3))
  t.same(
    messages.flatMap((message) => (message.type === 'devices' && message.ask === 1 ? message.devices : [])),
    [{ device: 'PR1-L', fault: 'burst_pipe', faults: [...pumpFaults, 'power_dip'] }],
  )
  t.match(said('refused'), { ask: 2, said: { code: 'unknown_device', params: { hint: 'PR1-L' } } })
  tell({ type: 'writes' })
  await until(() => said('writes') !== undefined)
  t.ok(said('writes')?.writes.some(({ device, point }) => device === 'M1' && point === 'flow'))
  const broker = await testBroker(t)
  tell({ type: 'mqtt', url: broker.url, secrets: { 'K4-kitchen': 's3' } })
  await until(() => broker.messages.some(({ topic }) => topic === 'bins/K4-kitchen/state'))
  t.equal(broker.passwords.get('K4-kitchen'), 's3')
  tell({ type: 'story' })
  await until(() => messages.some((message) => message.type === 'log' && message.line === 'story: pump_trip at PR1-H'))
  tell({ type: 'stop' })
  await exited
  t.ok(said('stopped'))
})

t.test('scaled time runs at its speed, never back, and wakes on abort', async (t) => {
  const clock = scaledClock({ siteStart: START, speed: 10_000 })
  const before = clock.now()
  await clock.sleep(50_000)
  t.ok(clock.now() - before >= 50_000)
  const ending = new AbortController()
  const asleep = clock.sleep(1e12, ending.signal)
  ending.abort(new Error('over'))
  await t.rejects(asleep, { message: 'over' })
  await t.rejects(clock.sleep(0, ending.signal), { message: 'over' })
  t.throws(() => scaledClock({ siteStart: START, speed: 0 }), /speed must be above 0/)
})

/** The package's types say `default` where its code exports the class itself; `.default` is true to both. */
type Client = InstanceType<typeof modbusSerial.default>

/** A plant on free ports, with a client per connection; a clock in the hand unless another is given. */
async function estate<C extends Clock = ReturnType<typeof handClock>>(t: Test, given: { clock?: C } = {}) {
  const clock = (given.clock ?? handClock(START)) as C
  const lines: string[] = []
  const options: PlantOptions = {
    site: { connections, devices },
    clock,
    random: seededRandom(42),
    ports: 'free',
    log: (line) => void lines.push(line),
  }
  const plant: Plant = await startPlant(options)
  t.teardown(() => plant.stop())
  const clients = new Map<string, Client>()
  for (const [id, port] of Object.entries(plant.ports)) clients.set(id, await connected(t, port))
  const client = (connection: string) => clients.get(connection)!
  const read = (id: string, point: string) => {
    const device = devices.find((each) => each.id === id)!
    return readPoint(client(device.connection!), device, point)
  }
  return { plant, clock, lines, client, read }
}

async function connected(t: Test, port: number): Promise<Client> {
  const client = new modbusSerial.default()
  await client.connectTCP('127.0.0.1', { port })
  client.setTimeout(2_000)
  t.teardown(() => client.isOpen && new Promise<void>((resolve) => client.close(() => resolve())))
  return client
}

async function readPoint(client: Client, device: Device, name: string): Promise<Decoded> {
  const point = device.profile.points[name]!
  const mapping = modbusMapping(device.profile, point)
  client.setID(device.unitId!)
  if (mapping.table === 'coil') return { value: (await client.readCoils(mapping.address, 1)).data[0] as Value }
  const { width } = mapping
  const { data } =
    mapping.table === 'input'
      ? await client.readInputRegisters(mapping.address, width)
      : await client.readHoldingRegisters(mapping.address, width)
  return decodeRegisters(data, point, mapping)
}

/** Time that moves only when told to. */
function handClock(start: number) {
  let now = start
  const asleep = new Set<{ until: number; wake(): void }>()
  return {
    now: () => now,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        const sleeper = { until: now + ms, wake: resolve }
        asleep.add(sleeper)
        signal?.addEventListener('abort', () => {
          asleep.delete(sleeper)
          reject(signal.reason as Error)
        })
      }),
    sleepers: () => asleep.size,
    advance(ms: number) {
      now += ms
      for (const sleeper of asleep) {
        if (sleeper.until > now) continue
        asleep.delete(sleeper)
        sleeper.wake()
      }
    },
  }
}

async function until(condition: () => boolean | Promise<boolean>, deadlineMs = 10_000): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${condition.toString()}`)
    await pause(5)
  }
}

function profileAt(path: string) {
  return profileOf(readFileSync(new URL(path, folder), 'utf8'))
}

function profileOf(text: string) {
  const { profile, faults } = readProfile(text, 'profile.yaml')
  if (!profile) throw new Error(JSON.stringify(faults))
  return profile
}

async function testBroker(t: Test, mood: 'friendly' | 'refusing' = 'friendly') {
  const messages: { client: string; topic: string; text: string; qos: number; retain: boolean }[] = []
  const passwords = new Map<string, string>()
  const broker = await Aedes.createBroker({
    authenticate(_client, username, password, done) {
      passwords.set(String(username), String(password))
      if (mood === 'friendly') done(null, true)
      else done(Object.assign(new Error('who are you'), { returnCode: 5 as const }), false)
    },
  })
  broker.on('publish', (packet, client) => {
    if (client)
      messages.push({
        client: client.id,
        topic: packet.topic,
        text: packet.payload.toString(),
        qos: packet.qos,
        retain: packet.retain,
      })
  })
  const server = createTcpServer((socket) => void broker.handle(socket)).listen(0, '127.0.0.1')
  await until(() => server.listening)
  t.teardown(async () => {
    await new Promise<void>((resolve) => broker.close(() => resolve()))
    server.close()
  })
  return { url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, messages, passwords }
}

type Sent = { path: string; by: string; token: string; key: string; status: number; at: number }

/**
 * The gateway's API with one order and one notice. `stubborn` refuses the first three times, loses an answer once,
 * and lets only S2 confirm. `relapsing` does not verify the first repair, and has latched and forgotten alarms.
 */
async function fakeGateway(t: Test, clock: Clock, mood: 'willing' | 'stubborn' | 'relapsing') {
  const order = {
    id: '7',
    state: 'dispatched',
    alarmIds: ['3'],
    device: 'PR1-H',
    devices: ['PR1-H', 'PR1-L'],
    assignee: 'T2',
  }
  const alarms =
    mood === 'relapsing'
      ? [
          { id: '4', state: 'latched_acknowledged', orderId: '7' },
          { id: '5', state: 'returned', orderId: null },
        ]
      : [{ id: '3', state: 'acknowledged', orderId: '7' }]
  const errands = [{ id: 'D1-0', state: 'open' }]
  const findings: unknown[] = []
  const notice = { id: '9', state: 'draft', alarmIds: ['3'], homes: 156 }
  const commands: Sent[] = []
  const steps: Record<string, [from: string, to: string]> = {
    'orders/7/accept': ['dispatched', 'accepted'],
    'orders/7/arrive': ['accepted', 'arrived'],
    'orders/7/finish': ['arrived', mood === 'relapsing' ? 'restored' : 'verified'],
    'orders/7/close': ['verified', 'closed'],
  }
  const statusOf = (path: string, by: string): number => {
    const tries = commands.filter((command) => command.path === path).length
    if (path === 'notices/9/confirm')
      return mood === 'stubborn' && by !== 'S2' ? 409 : notice.state === 'draft' ? 200 : 409
    if (alarms.some(({ id }) => path === `alarms/${id}/reset` || path === `alarms/${id}/ack`) && mood === 'relapsing')
      return 200
    if (path === 'reach-tasks/D1-0/done') return errands.length > 0 ? 200 : 404
    if (path === 'alarms/3/ack') return mood === 'stubborn' ? 409 : 200
    if (mood === 'stubborn' && path.endsWith('accept') && tries < 4) return tries < 3 ? 409 : 500
    return by === order.assignee && steps[path]?.[0] === order.state ? 200 : 409
  }
  const answer = async (request: IncomingMessage): Promise<{ status: number; body: unknown }> => {
    const path = (request.url ?? '').replace('/api/v1/', '')
    if (path === 'orders?state=open')
      return { status: 200, body: { items: order.state === 'closed' ? [] : [order], next: null } }
    if (path === 'alarms?state=open') return { status: 200, body: { items: alarms, next: null } }
    if (path === 'notices?state=open') return { status: 200, body: { items: [notice], next: null } }
    if (path === 'reach-tasks?state=open') return { status: 200, body: { items: errands } }
    let text = ''
    for await (const chunk of request) text += String(chunk)
    const { by, finding } = JSON.parse(text) as { by: string; finding?: string }
    if (finding !== undefined) findings.push(finding)
    const status = statusOf(path, by)
    const { authorization: token = '', 'idempotency-key': key } = request.headers
    commands.push({ path, by, token, key: String(key), status, at: clock.now() })
    if (status === 200 && steps[path]) order.state = steps[path][1]
    const settled = alarms.findIndex(({ id }) => path === `alarms/${id}/${id === '4' ? 'reset' : 'ack'}`)
    if (status === 200 && settled >= 0) alarms.splice(settled, 1)
    if (status === 200 && path.startsWith('reach-tasks/')) errands.pop()
    if (status === 200 && path === 'notices/9/confirm') notice.state = 'published'
    return { status, body: status === 200 ? {} : { code: 'wrong_state' } }
  }
  const server = createServer((request, response) => {
    void answer(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  }).listen(0, '127.0.0.1')
  await until(() => server.listening)
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    order,
    notice,
    alarms,
    findings,
    commands,
  }
}

async function runStaff(
  t: Test,
  gateway: { url: string; order: { state: string } },
  clock: Clock,
  lines: string[] = [],
): Promise<string[]> {
  const healed: string[] = []
  const ending = new AbortController()
  const playing = playStaff({
    baseUrl: gateway.url,
    tokens: { technician: 'te', steward: 'st', chief: 'ch' },
    clock,
    random: seededRandom(1),
    signal: ending.signal,
    healer(device) {
      healed.push(device)
      // The second repair holds.
      if (gateway.order.state === 'restored') gateway.order.state = 'verified'
      return 'pump_trip'
    },
    log: (line) => void lines.push(line),
  })
  t.teardown(async () => {
    ending.abort()
    await playing
  })
  return healed
}
