import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import mqtt from 'mqtt'
import t, { type Test } from 'tap'
import type { Device } from '#devices/device.ts'
import { parametersOf, payloadReader } from '#devices/payload.ts'
import { type Profile, readProfile } from '#devices/profile.ts'
import type { Batch, Value } from '#devices/reading.ts'
import { codecRoom } from '#ingest/lorawan/codec-room.ts'
import { CodecError, codecSandbox } from '#ingest/lorawan/codec-sandbox.ts'
import { uplinkOf } from '#ingest/lorawan/network-server.ts'
import { uplinkReader } from '#ingest/lorawan/uplink-reader.ts'
import { topicsFor } from '#ingest/mqtt/message.ts'
import { mqttSource } from '#ingest/mqtt/mqtt-source.ts'
import { topicFilter } from '#ingest/mqtt/topic-filter.ts'
import { isRefused } from '#ingest/payload-readings.ts'
import { scaledClock } from '#test/fakes/clock.ts'
import { until } from '#test/fakes/until.ts'

const DATA = process.env['CARETAKER_TEST_DATA'] ?? resolve('../shared/data')
const VECTORS = join(DATA, 'lorawan-vectors/vectors.json')
const MESSAGES = join(DATA, 'mqtt-payloads/messages.jsonl')
const NOW = Date.UTC(2026, 0, 1)

const profiles = new Map<string, Profile>(
  globSync('devices/profiles/**/*.yaml').flatMap((file) => {
    const { profile } = readProfile(readFileSync(file, 'utf8'), file)
    return profile ? [[profile.profile, profile] as const] : []
  }),
)
const noCodec = { decode: () => Promise.reject(new Error('no codec here')) }

type Vector = { device: string; fPort: number; hex: string; expected: Record<string, unknown> }
type Message = { topic: string; payload: string; expect?: Record<string, Value> }
type Points = Readonly<Record<string, Value | null>>

/** What is published of a vector, in the words of our points; `history` is what stands at an earlier time. */
type Told = Readonly<{ now: Points; history?: Points & { at: number } }>
const of = (expected: Record<string, unknown>, key: string): number =>
  Number((expected[key] as { value?: number }).value ?? expected[key])
const some = (expected: Record<string, unknown>, points: Readonly<Record<string, string>>): Points =>
  Object.fromEntries(
    Object.entries(points).flatMap(([point, key]) =>
      Object.hasOwn(expected, key) ? [[point, of(expected, key)]] : [],
    ),
  )
const earlier = (expected: Record<string, unknown>, word: string, point: string, is: string): Told => {
  const [entry] = expected['history'] as Record<string, unknown>[]
  const { timestamp, temperature, humidity } = entry!
  const climate = temperature === undefined ? {} : { temperature: Number(temperature), humidity: Number(humidity) }
  return { now: {}, history: { at: Number(timestamp) * 1_000, ...climate, [point]: entry![word] === is } }
}
const milesight = (expected: Record<string, unknown>): Told => ({
  now: {
    ...some(expected, { battery: 'battery', distance: 'distance', temperature: 'temperature' }),
    ...('tilt' in expected ? { tilted: expected['tilt'] === 'tilt' } : {}),
    ...('position' in expected ? { tilted: expected['position'] === 'tilt' } : {}),
  },
})
const volts = 'battery_voltage'

/** A report says its voltage; versions and answers about settings say nothing of the points. */
const netvox =
  (points: (said: Record<string, unknown>) => Points) =>
  (said: Record<string, unknown>): Told =>
    'Volt' in said ? { now: { [volts]: of(said, 'Volt'), ...points(said) } } : { now: {} }

const laird = (said: Record<string, unknown>): Told => {
  const climate = (entry: Record<string, unknown>) => ({
    temperature: of(entry, 'temperature'),
    humidity: of(entry, 'humidity'),
  })
  const at = (entry: Record<string, unknown>) =>
    Date.UTC(2000, 0, 1) + (entry['timestamp'] as { seconds: number }).seconds * 1_000
  switch (said['msgType']) {
    case 'Laird_Internal_TH':
      return { now: { ...climate(said), battery: 100 } }
    case 'SendBackLogMessage':
      return { now: {}, history: { at: at(said), ...climate(said) } }
    case 'SendBackLogMessages': {
      const [entry] = said['readings'] as Record<string, unknown>[]
      return { now: {}, history: { at: at(entry!), ...climate(entry!) } }
    }
    case 'Laird_Contact_Sensor':
      return { now: { open: said['state'] === 'Open' } }
    case 'Laird_Battery_Voltage':
      return { now: { [volts]: of(said, 'voltage') } }
    default:
      return { now: {} }
  }
}

type Comtac = {
  device: { batteryLevel: string }
  data: { digitalInputs?: string | { info: { id: number }; status: { state: number } }[] }
}
const comtac = ({ payload }: Record<string, unknown>): Told => {
  const { device, data } = payload as Comtac
  const inputs = Array.isArray(data.digitalInputs) ? data.digitalInputs : []
  return {
    now: {
      // On an external supply it has none.
      battery: device.batteryLevel === 'external' ? null : Number.parseInt(device.batteryLevel, 10),
      ...Object.fromEntries(inputs.map(({ info, status }) => [`input_${info.id}`, status.state === 1])),
    },
  }
}

/** Devices of the shared vectors that the library has: their profile, and its words for what is published. */
const KNOWN: Readonly<Record<string, [profile: string, told: (expected: Record<string, unknown>) => Told | null]>> = {
  'milesight/em310-udl': ['milesight-em310-udl', milesight],
  'milesight/em400-mud': ['milesight-em400-mud', milesight],
  'milesight/em500-udl': ['milesight-em500-udl', milesight],
  'milesight/em300-mcs': ['milesight-em300-mcs', (said) => earlier(said, 'magnet_status', 'open', 'open')],
  'milesight/em300-mld': ['milesight-em300-mld', (said) => earlier(said, 'leakage_status', 'leak', 'leak')],
  'milesight/em300-sld': ['milesight-em300-sld', (said) => earlier(said, 'leakage_status', 'leak', 'leak')],
  'decentlab/dl-mbx': [
    'decentlab-dl-mbx',
    (said) => ({
      now: some(said, { distance: 'distance', valid_samples: 'number_of_valid_samples', [volts]: volts }),
    }),
  ],
  'decentlab/dl-ctd10': [
    'decentlab-dl-ctd10',
    (said) => ({
      now: {
        ...some(said, {
          depth: 'water_depth',
          temperature: 'temperature',
          conductivity: 'electrical_conductivity',
          [volts]: volts,
        }),
        ...('freezing_flag' in said ? { freezing: of(said, 'freezing_flag') === 1 } : {}),
      },
    }),
  ],
  'decentlab/dl-ds18': [
    'decentlab-dl-ds18',
    (said) => ({ now: some(said, { temperature: 'temperature', [volts]: volts }) }),
  ],
  'teneo-iot/filling-degree-sensor': [
    'teneo-filling-degree-sensor',
    (said) => ({
      now: { [volts]: Number(said['battery']), ...('distance' in said ? { distance: of(said, 'distance') * 10 } : {}) },
    }),
  ],
  'dingtek/dc410': [
    'dingtek-dc410',
    (said) =>
      'level' in said
        ? {
            now: {
              distance: Number.parseFloat(String(said['level'])),
              temperature: Number.parseFloat(String(said['temperature'])),
              full: Boolean(said['full']),
              moved: Boolean(said['motion']),
              battery_low: Boolean(said['battery']),
            },
          }
        : { now: {} },
  ],
  'netvox/r311w': [
    'netvox-r311w',
    (said) =>
      'Volt' in said
        ? {
            now: {
              [volts]: of(said, 'Volt'),
              leak: said['WaterLeak_1'] === 'Leak',
              leak_2: said['WaterLeak_2'] === 'Leak',
            },
          }
        : { now: {} },
  ],
  'netvox/r718f': [
    'netvox-r718f',
    (said) => ('Volt' in said ? { now: { [volts]: of(said, 'Volt'), open: said['OnOff'] === 1 } } : { now: {} }),
  ],
  'decentlab/dl-pr26-0-1': [
    'decentlab-dl-pr26',
    (said) => ({
      now: {
        ...('pressure' in said ? { pressure: of(said, 'pressure') * 100 } : {}),
        ...some(said, { temperature: 'temperature', [volts]: volts }),
      },
    }),
  ],
  'decentlab/dl-iam': [
    'decentlab-dl-iam',
    (said) => ({
      now: some(said, {
        temperature: 'air_temperature',
        humidity: 'air_humidity',
        pressure: 'barometric_pressure',
        light: 'ambient_light_visible_infrared',
        infrared: 'ambient_light_infrared',
        co2: 'co2_concentration',
        activity: 'activity_counter',
        voc: 'total_voc',
        [volts]: volts,
      }),
    }),
  ],
  'elsys/elt-ultrasonic': [
    'elsys-elt-ultrasonic',
    (said) => ({
      now: some(said, {
        distance: 'distance',
        temperature: 'temperature',
        humidity: 'humidity',
        x: 'x',
        y: 'y',
        z: 'z',
      }),
    }),
  ],
  'netvox/r718lb': ['netvox-r718lb', netvox((said) => ({ open: said['status'] === 1 }))],
  'netvox/r718db': ['netvox-r718db', netvox((said) => ({ shaken: said['status'] === 1 }))],
  'netvox/r718n1': [
    'netvox-r718n1',
    netvox((said) => ({ current: of(said, 'Current'), multiplier: of(said, 'Multiplier') })),
  ],
  'netvox/rb11e': [
    'netvox-rb11e',
    netvox((said) => ({
      temperature: of(said, 'Temp'),
      illuminance: of(said, 'Illuminance'),
      occupied: said['Occupy'] === 1,
      tampered: said['DisassembledAlarm'] === 1,
    })),
  ],
  'nwave/nps310sm': ['nwave-nps310sm', (said) => ({ now: { occupied: Boolean(said['occupied']) } })],
  'mclimate/flood-sensor': [
    'mclimate-flood-sensor',
    (said) => ({
      now: {
        leak: Boolean(said['flood']),
        tampered: Boolean(said['boxTamper']),
        [volts]: Number(said['battery']) / 1000,
      },
    }),
  ],
  'laird/rs1xx-ext-multi-sensor': ['laird-rs1xx', laird],
  'comtac/lpn-km': ['comtac-lpn-km', comtac],
  'sensecap/sensecap': [
    'sensecap',
    (said) => {
      const sent = said['messages'] as { type: string; battery?: number; measurementId?: number }[]
      const measured = (id: number, point: string) =>
        sent.flatMap((each) =>
          each.measurementId === id
            ? [[point, (each as unknown as { measurementValue: number }).measurementValue]]
            : [],
        )
      const battery = sent.flatMap((each) => (each.battery === undefined ? [] : [['battery', each.battery]]))
      return { now: Object.fromEntries([...measured(4097, 'temperature'), ...measured(4098, 'humidity'), ...battery]) }
    },
  ],
  'milesight-iot/am107': [
    'milesight-am107',
    (said) => ({
      now: {
        ...some(said, {
          battery: 'battery',
          temperature: 'temperature',
          humidity: 'humidity',
          activity: 'activity',
          illuminance: 'illumination',
          light: 'infrared_and_visible',
          infrared: 'infrared',
          co2: 'co2',
          voc: 'tvoc',
        }),
        ...('pressure' in said ? { pressure: of(said, 'pressure') * 100 } : {}),
      },
    }),
  ],
  'dragino/lsn50-v2': [
    'dragino-lsn50-v2',
    (said) => ({
      now: {
        ...some(said, {
          temperature: 'TempC_SHT',
          humidity: 'Hum_SHT',
          probe_temperature: 'TempC1',
          analog_voltage: 'ADC_CH0V',
          [volts]: 'BatV',
        }),
        open: said['Door_status'] === 'OPEN',
      },
    }),
  ],
  'milesight/em300-di': [
    'milesight-em300-di',
    (said) => {
      const [entry] = said['history'] as Record<string, number>[]
      const { timestamp, temperature, humidity, pulse } = entry!
      return {
        now: some(said, { battery: 'battery', temperature: 'temperature', humidity: 'humidity' }),
        history: { at: timestamp! * 1_000, temperature: temperature!, humidity: humidity!, pulses: pulse! },
      }
    },
  ],
  'milesight/em320-tilt': [
    'milesight-em320-tilt',
    (said) => ({
      now: {
        ...some(said, { battery: 'battery', angle_x: 'angle_x', angle_y: 'angle_y', angle_z: 'angle_z' }),
        over_x: said['threshold_x'] === 'trigger',
        over_y: said['threshold_y'] === 'trigger',
        over_z: said['threshold_z'] === 'trigger',
      },
    }),
  ],
  'milesight/em500-co2': [
    'milesight-em500-co2',
    (said) => ({
      now: {
        ...some(said, { battery: 'battery', temperature: 'temperature', humidity: 'humidity', co2: 'co2' }),
        pressure: of(said, 'pressure') * 100,
      },
    }),
  ],
  'milesight/em500-pp': [
    'milesight-em500-pp',
    (said) => ({ now: some(said, { battery: 'battery', pressure: 'pressure' }) }),
  ],
  'milesight/ws101': [
    'milesight-ws101',
    (said) => ({
      now: {
        battery: of(said, 'battery'),
        press: (said['button_event'] as { status: string }).status.replace(' ', '_'),
      },
    }),
  ],
  'dragino/lht65': [
    'dragino-lht65',
    (said) => ({
      now: some(said, {
        temperature: 'TempC_SHT',
        humidity: 'Hum_SHT',
        probe_temperature: 'TempC_DS',
        [volts]: 'BatV',
      }),
    }),
  ],
}

/** Numbers are published with as many digits as their codec had: a ten-thousandth is far below any sensor's truth. */
function isNear(t: Test, found: Points, wanted: Points, what: string): void {
  t.strictSame(Object.keys(found).toSorted(), Object.keys(wanted).toSorted(), what)
  for (const [point, value] of Object.entries(wanted)) {
    const has = found[point]
    if (typeof value === 'number' && typeof has === 'number')
      t.ok(Math.abs(has - value) <= (point === 'battery' ? 0.5 : 1e-4), `${what}: ${point} is ${has}, not ${value}`)
    else t.equal(has, value, `${what}: ${point}`)
  }
}

void t.test(
  'shared vectors give their published values',
  { skip: existsSync(VECTORS) ? false : 'CARETAKER_TEST_DATA holds no lorawan-vectors' },
  async (t) => {
    const vectors = JSON.parse(readFileSync(VECTORS, 'utf8')) as Vector[]
    t.strictSame(
      [...new Set(vectors.map(({ device }) => device))].toSorted(),
      Object.keys(KNOWN).toSorted(),
      'each device is known',
    )
    for (const { device: model, fPort, hex, expected } of vectors) {
      const [name, told] = KNOWN[model]!
      const read = uplinkReader({ id: 'd', asset: 'a', profile: profiles.get(name)! }, noCodec)
      const uplink = { devEui: '', port: fPort, sequence: null, time: undefined, radio: {}, decoded: undefined }
      const said = await read({ ...uplink, bytes: Buffer.from(hex, 'hex') }, NOW)
      t.notOk(isRefused(said), `${model} ${hex} is understood`)
      if (isRefused(said)) continue
      const { now, history } = told(expected)!
      const derived = Object.entries(profiles.get(name)!.points).flatMap(([point, { linear }]) =>
        linear ? [point] : [],
      )
      // The earlier readings of a message, and those of now, each at its own time.
      const points = (when: number) =>
        Object.fromEntries(
          said.readings
            .filter(({ point, at: saidAt }) => !derived.includes(point) && saidAt === when)
            .map(({ point, value }) => [point, value]),
        )
      isNear(t, points(NOW), now, `${model} ${hex}`)
      if (history) {
        const { at, ...earlier } = history
        isNear(t, points(at), earlier, `${model} ${hex}: a backlog lands at its own time`)
      }
    }
  },
)

const tasmota = (points: string): string => `profile: tiny
name: Tiny
kind: plug
mqtt:
  topic: 'tele/{id}/SENSOR'
  topics: { rpc: '{id}/events/rpc', word: { topic: 'homeassistant/binary_sensor/{id}/state', payload: text }, climate: 'homeassistant/sensor/{id}/state' }
  availability: { topic: 'tele/{id}/LWT', online: Online, offline: Offline }
  unread: ['stat/{id}/#']
  partial: true
offline_after: 1h
communication: { class: P8a, priority: low, skill: electric }
points:
  ${points}
examples: [{ mqtt: { payload: {} }, expect: {} }]
`
const plug = readProfile(
  tasmota(
    [
      'temperature: { mqtt: { path: DHT22.Temperature } }',
      'humidity: { mqtt: { path: DHT22.Humidity } }',
      'analog: { mqtt: { path: ANALOG.A0 } }',
      'switch: { type: bool, mqtt: { path: Switch1, map: { ON: true, OFF: false } } }',
      'power: { mqtt: { topic: rpc, path: "params.switch:1.apower" } }',
      'output: { type: bool, mqtt: { topic: rpc, path: "/params/switch:1/output" } }',
      'output_0: { type: bool, mqtt: { topic: rpc, path: "params.switch:0.output" } }',
      'motion: { type: bool, mqtt: { topic: word, map: { ON: true, OFF: false } } }',
      'room: { mqtt: { topic: climate, path: temperature } }',
    ].join('\n  '),
  ),
  'p.yaml',
)

void t.test(
  'shared messages give their values; what they do not speak of stays as it was',
  { skip: existsSync(MESSAGES) ? false : 'CARETAKER_TEST_DATA holds no mqtt-payloads' },
  async (t) => {
    t.strictSame(plug.faults, [])
    const names: Record<string, string> = {
      'DHT22.Temperature': 'temperature',
      'DHT22.Humidity': 'humidity',
      'ANALOG.A0': 'analog',
      Switch1: 'switch',
      'switch:1.apower': 'power',
      'switch:1.output': 'output',
      'switch:0.output': 'output_0',
      temperature: 'room',
    }
    const messages = readFileSync(MESSAGES, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Message)
    for (const { topic, payload, expect = {} } of messages) {
      const server = topic.startsWith('application/') ? 'chirpstack-v4' : topic.startsWith('v3/') ? 'ttn-v3' : null
      if (server) {
        const uplink = uplinkOf(server, JSON.parse(payload))!
        t.strictSame(
          {
            devEui: uplink.devEui,
            fPort: uplink.port,
            fCnt: Number(uplink.sequence!.split('/')[1]),
            payload_hex: Buffer.from(uplink.bytes).toString('hex'),
            time: uplink.time,
            rssi: uplink.radio.rssi,
          },
          { ...expect, devEui: String(expect['devEui']).toLowerCase() },
          topic,
        )
        continue
      }
      if (topic.endsWith('/config')) continue
      const [id] = /tasmota|shelly1|garden|sensorBedroom/.exec(topic)!
      const topics = topicsFor({ id, asset: 'a', profile: plug.profile! })!
      const said = topics.states.get(topic)!(Buffer.from(payload), NOW)
      t.notOk(isRefused(said))
      if (isRefused(said)) continue
      const wanted = Object.entries(expect).flatMap(([key, value]) =>
        key in names ? [[names[key]!, value === 'OFF' ? false : value]] : [],
      )
      t.strictSame(
        Object.fromEntries(said.readings.map(({ point, value }) => [point, value])),
        topic.includes('garden') ? { motion: true } : Object.fromEntries(wanted),
        `${topic} ${payload}`,
      )
    }
    const { availability } = topicsFor({ id: 'x', asset: 'a', profile: plug.profile! })!
    for (const [word, is] of [
      ['Online', 'online'],
      ['Offline', 'offline'],
    ] as const)
      t.equal(availability!.read(Buffer.from(word)), is)
    t.match(availability!.read(Buffer.from([0xff])), { refused: 'malformed' })
  },
)

void t.test('filters of topics that nobody reads', async (t) => {
  const table: [filter: string, topic: string, fits: boolean][] = [
    ['stat/x/#', 'stat/x/RESULT', true],
    ['stat/x/#', 'stat/x', true],
    ['stat/x/#', 'stat/xy/RESULT', false],
    ['stat/+/y', 'stat/a/y', true],
    ['stat/+/y', 'stat/a/b/y', false],
    ['#', '$SYS/x', false],
    ['a/+', 'a', false],
  ]
  for (const [filter, topic, fits] of table) t.equal(topicFilter(filter)(topic), fits, `${filter} ${topic}`)
})

void t.test('a bin turns distance into percent by its own height and dead zone', async (t) => {
  const profile = profiles.get('milesight-em310-udl')!
  const table: [parameters: Record<string, number>, distance: number, fill: Value][] = [
    [{}, 1200, 0],
    [{}, 1240, 0],
    [{}, 250, 100],
    [{}, 30, 100],
    [{}, 725, 50],
    [{ bin_height: 2200, dead_zone: 200 }, 1200, 50],
    [{}, 1400, 'out_of_range'],
  ]
  for (const [own, distance, fill] of table) {
    const read = payloadReader(profile.points, { wire: 'lorawan' }, parametersOf(profile, own))
    const [, said] = read({ distance }).find(([point]) => point === 'fill')!
    t.equal(said.value ?? said.reason, fill, `${JSON.stringify(own)} ${distance} mm`)
  }
})

const NORMAL = `var calls = 0; function decodeUplink(input) {
  for (i = 0; i < 3; i++) calls += 1
  return { data: { battery: input.bytes[2], port: input.fPort, year: input.recvTime.getUTCFullYear() } }
}`
const BYTES = Buffer.from('01755c', 'hex')

void t.test('F43 what a codec must not do is refused, and the next payload meets a fresh one', async (t) => {
  const sandbox = await codecSandbox()
  const normal = sandbox.open(NORMAL)
  const expected = { battery: 92, port: 85, year: 2026 }
  t.strictSame(normal.decode(BYTES, 85, NOW), expected)
  const table: [title: string, body: string, failure: string][] = [
    ['an endless loop', 'for (;;) {}', 'over_limit'],
    ['one that catches everything', 'for (;;) try { for (;;) {} } catch (e) {}', 'over_limit'],
    ['recursion', 'return decodeUplink(input) + 1', 'over_limit'],
    ['a long text', 'var s = "x"; for (;;) s += s', 'over_limit'],
    ['a memory bomb', 'return { data: { s: "x".repeat(1e9) } }', 'over_limit'],
    [
      'a regular expression that explodes',
      'return { data: { m: /^(a+)+$/.test("a".repeat(40) + "!") } }',
      'over_limit',
    ],
    ['a large answer', 'return { data: { s: "x".repeat(1e5) } }', 'over_limit'],
    ['an endless getter', 'return { get data() { for (;;) {} } }', 'over_limit'],
    ['__proto__ in its answer', `return { data: JSON.parse('{"__proto__":{"x":1}}') }`, 'bad_answer'],
    ['a circle', 'var a = {}; a.a = a; return { data: a }', 'refused'],
    ['no object', 'return { data: 5 }', 'bad_answer'],
    ['errors', 'return { errors: ["unknown port"] }', 'refused'],
    ['the prototype of all objects', '"use strict"; Object.prototype.polluted = 1', 'refused'],
    ['a method of all lists', '"use strict"; Array.prototype.push = null', 'refused'],
  ]
  for (const [title, body, failure] of table) {
    const codec = sandbox.open(`function decodeUplink(input) { ${body} }`)
    for (let i = 0; i < 2; i++)
      t.equal(
        failureOf(() => codec.decode(BYTES, 85, NOW)),
        failure,
        title,
      )
    codec.close()
  }
  for (const text of ['var x = 1', 'function (', 'throw 1'])
    t.equal(
      failureOf(() => sandbox.open(text)),
      'not_a_codec',
      text,
    )
  t.equal(
    failureOf(() => sandbox.open('for (;;) {}')),
    'over_limit',
  )
  const world = sandbox.open(`function decodeUplink() { return { data: {
    a: typeof process + typeof require + typeof fetch + typeof setTimeout + typeof WebAssembly,
    b: (function () { return this })().constructor.constructor('return typeof process')(),
  } } }`)
  t.strictSame(
    world.decode(BYTES, 1, NOW),
    { a: 'undefined'.repeat(5), b: 'undefined' },
    'nothing of the host is there',
  )
  t.strictSame(normal.decode(BYTES, 85, NOW), expected, 'the others never noticed')
  t.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

void t.test('F43 a codec that never comes back costs its own device its values, nobody else', async (t) => {
  let now = 0
  const room = codecRoom(() => now)
  t.teardown(() => room.rest())
  // One built-in call after another, each long and none of them asked whether it may go on.
  const stuck = `function decodeUplink() { var s = 'a'.repeat(3e6); for (var i = 0; i < 1e6; i++) s.indexOf('b'); return { data: {} } }`
  const decode = (device: string, text: string) => room.decode(device, text, BYTES, 85, NOW)
  const [bad, good] = await Promise.allSettled([decode('bad', stuck), decode('good', NORMAL)])
  t.match(bad, { status: 'rejected', reason: { failure: 'over_limit', message: /does not end/ } })
  t.match(good, { status: 'fulfilled', value: { battery: 92 } })
  await t.rejects(decode('bad', stuck), { failure: 'over_limit', message: /closed/ }, 'it is not tried at once again')
  const loop = 'function decodeUplink() { for (;;) {} }'
  for (const device of ['a', 'b', 'c', 'd', 'e']) await t.rejects(decode(device, loop), /does not end/)
  await t.rejects(decode('f', loop), /closed/, 'after five devices it is the codec')
  t.match(await decode('f', NORMAL), { battery: 92 })
  now += 60_000
  await t.rejects(decode('f', loop), /does not end/, 'a minute later it has another chance')
})

void t.test('F38, F44 a network server speaks for the devices that the site names', async (t) => {
  const batches: Batch[] = []
  const rejections: Record<string, number> = {}
  const eui = '24e124713b123456'
  const bin: Device = {
    id: 'BIN-1',
    asset: 'a',
    profile: profiles.get('milesight-em310-udl')!,
    bridge: 'ns',
    devEui: eui,
  }
  const door: Device = {
    ...bin,
    id: 'DOOR-1',
    profile: profiles.get('milesight-em300-mcs')!,
    devEui: 'a840410000000001',
  }
  const broken: Device = {
    ...bin,
    id: 'BAD-1',
    devEui: 'a840410000000002',
    codec: 'function decodeUplink() { for (;;) {} }',
    profile: { ...bin.profile, lorawan: { codec: 'x.js' } },
  }
  const source = mqttSource({
    listen: { host: '127.0.0.1', port: 0 },
    devices: [bin, door, broken],
    bridges: [{ id: 'ns', network: 'chirpstack-v4' }],
    secretOf: (id) => `secret of ${id}`,
    clock: scaledClock(1, NOW),
    monotonicNow: () => performance.now(),
    reject: (_source, reason, count = 1) => void (rejections[reason] = (rejections[reason] ?? 0) + count),
  })
  const stopping = new AbortController()
  const running = source.run(async (batch) => void batches.push(batch), stopping.signal)
  t.teardown(() => {
    stopping.abort()
    return running
  })
  await until('the broker listens', () => source.address() !== null)
  const connect = (id: string) =>
    mqtt.connectAsync({
      ...source.address()!,
      protocolVersion: 4,
      reconnectPeriod: 0,
      clientId: id,
      username: id,
      password: `secret of ${id}`,
    })
  await t.rejects(connect('BIN-1'), 'a device behind a bridge does not sign in itself')
  t.strictSame(rejections, { unknown_device: 1 })
  const ns = await connect('ns')
  t.teardown(() => ns.end(true))
  const uplink = (
    devEui: string,
    hex: string,
    fCnt: number,
    rssi: number,
    time = '2025-12-31T23:59:00.123456789+00:00',
  ) => ({
    deviceInfo: { devEui },
    devAddr: '00d988b3',
    fCnt,
    fPort: 85,
    time,
    data: Buffer.from(hex, 'hex').toString('base64'),
    rxInfo: [{ rssi: -120 }, { rssi, snr: 9 }],
  })
  const send = (devEui: string, content: unknown, event = 'up') =>
    ns.publishAsync(`application/1/device/${devEui}/event/${event}`, JSON.stringify(content), { qos: 1 })

  await send(eui, uplink(eui, '01755c03822c01', 7, -74))
  t.strictSame(
    batches[0]!.readings.map(({ device, point, value, at }) => [device, point, value, at]),
    [
      ['battery', 92],
      ['distance', 300],
      ['rssi', -74],
      ['fill', 94.73684211],
    ].map(([point, value]) => ['BIN-1', point, value, Date.UTC(2025, 11, 31, 23, 59, 0, 123)]),
  )
  await send(eui, uplink(eui, '01755c03822c01', 7, -90))
  t.equal(batches[1]!.key, batches[0]!.key, 'heard by another gateway, it is the same message')
  await send(eui, uplink(eui, '01755c03822c01', 8, -90))
  t.not(batches[2]!.key, batches[0]!.key)
  await send('a840410000000001', uplink('a840410000000001', '20ce9e74466310015d01', 1, -70))
  t.match(batches[3]!.readings, [
    { point: 'open', value: true, at: 1_665_561_758_000 },
    { point: 'temperature', value: 27.2, at: 1_665_561_758_000 },
    { point: 'humidity', value: 46.5 },
    { point: 'rssi', value: -70, at: Date.UTC(2025, 11, 31, 23, 59, 0, 123) },
  ])
  for (const event of ['join', 'status', 'ack']) await send(eui, {}, event)
  t.equal(batches.length, 4)
  t.strictSame(rejections, { unknown_device: 1 }, 'what a network server says besides is no fault')

  await send('ffffffffffffffff', uplink('ffffffffffffffff', '01755c', 1, -70))
  await send(eui, uplink('a840410000000001', '01755c', 9, -70))
  await send(eui, { ...uplink(eui, '01755c', 9, -70), data: '!!' })
  await send(eui, uplink(eui, 'ee', 10, -70))
  await send('a840410000000002', uplink('a840410000000002', '01755c', 1, -70))
  t.strictSame(rejections, { unknown_device: 2, malformed: 3, codec_failed: 1 })
  t.equal(batches.length, 4)
  const { devices, strangers } = source.health()
  t.match(strangers, [{ name: 'BIN-1' }, { name: 'ffffffffffffffff', via: 'ns', count: 1 }])
  const refused = (id: string) => devices.find(({ device }) => device === id)!.refused
  t.match(refused('BIN-1'), { counts: { malformed: 1 }, last: { reason: 'malformed', detail: /port 85: ee/ } })
  t.match(refused('BAD-1'), { counts: { codec_failed: 1 }, last: { detail: /over_limit: it does not end/ } })
  await send(eui, uplink(eui, '01755c03822c01', 11, -74))
  t.equal(batches.length, 5, 'and the bin goes on')
  const gone = new Promise<void>((done) => void ns.once('close', () => done()))
  ns.on('error', () => {})
  void ns.publishAsync('bins/BIN-1/state', '{}', { qos: 1 }).catch(() => {})
  await gone
  t.equal(rejections['not_authorized'], 1, 'S25: no topic of a network server')
})

function failureOf(work: () => unknown): string {
  try {
    return JSON.stringify(work()) ?? 'nothing'
  } catch (error) {
    return error instanceof CodecError ? error.failure : String(error)
  }
}
