import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { parse } from 'yaml'
import type { Device } from '#devices/device.ts'
import { runExamples, untriedPoints } from '#devices/example.ts'
import type { ConfigFault } from '#devices/fault.ts'
import { typeConflicts } from '#devices/measurement.ts'
import { modbusMapping } from '#devices/modbus-mapping.ts'
import { readProfile } from '#devices/profile.ts'
import type { Value } from '#devices/reading.ts'
import { programOf } from '#gateway/cli.ts'
import { jsonSchemaOf } from '#gateway/site/json-schema.ts'
import { loadSite } from '#gateway/site/load.ts'
import { rulesOf } from '#gateway/site/rules.ts'
import { isTextKey, sayConfigFault } from '#gateway/texts.ts'
import { planReads } from '#ingest/modbus/read-plan.ts'
import { readingsOf } from '#ingest/modbus/reply-readings.ts'

const FOLDER = 'devices/profiles'
const files = globSync('**/*.yaml', { cwd: FOLDER }).toSorted()
const library = files.map((file) => {
  const text = readFileSync(join(FOLDER, file), 'utf8')
  return { file, text, ...readProfile(text, file) }
})
const profiles = library.flatMap(({ profile }) => profile ?? [])

t.test('every profile of the library', async (t) => {
  t.ok(files.length >= 17)
  const validate = new Ajv2020({ strict: false, allErrors: true }).compile(
    JSON.parse(jsonSchemaOf('profile')) as object,
  )
  const names = new Set<string>()
  for (const { file, text, profile, faults } of library) {
    t.same(faults, [], `${file}: schema, units, references and conditions hold`)
    if (!profile) continue
    t.ok(validate(parse(text)), `${file}: an editor agrees`)
    t.notOk(names.has(profile.profile), `${file}: its name is its own`)
    names.add(profile.profile)
    t.same(
      runExamples(profile).filter(({ holds }) => !holds),
      [],
      `${file}: its examples come out`,
    )
    t.same(untriedPoints(profile), [], `${file}: an example gives a value to each point`)
    const device: Device = { id: 'd', profile, asset: 'a', connection: 'c', unitId: 1 }
    t.doesNotThrow(() => rulesOf(device, [], 'UTC'), `${file}: its alarms become rules`)
    for (const [name, point] of Object.entries(profile.points)) {
      t.ok(isBilingual(point.name), `${file}: ${name} has a name in both languages`)
      for (const word of Object.values(point.enum ?? {}))
        // The sign of a unit is the same in all languages.
        t.ok(
          isTextKey(`web.value.${word}`) || /^([ck]?m|mm|kPa|m³\/h|L\/\w+)$/.test(word),
          `${file}: ${word} has a text`,
        )
    }
    // The gateway's own alarms are its operator's; these are for those who go to the equipment.
    for (const alarm of profile.kind === 'gateway' ? [] : (profile.alarms ?? []))
      for (const key of ['name', 'cause', 'consequence', 'response'] as const)
        t.ok(isBilingual(alarm[key]), `${file}: ${alarm.id} has its ${key} in both languages`)
    for (const read of planReads(device)) {
      const { max_registers: most = 125, forbidden = [] } = profile.modbus!
      t.ok(read.count <= most, `${file}: no read is longer than the unit takes`)
      t.notOk(
        forbidden.some(({ from, to }) => read.address <= to && read.address + read.count > from),
        `${file}: no read touches what is forbidden`,
      )
    }
  }
})

t.test('devices of one kind can be compared: one type and one unit for a point', async (t) => {
  for (const profile of profiles) t.same(typeConflicts(profile, profiles), [], profile.profile)
  const units = new Map<string, string>()
  for (const { kind, profile, points } of profiles) {
    for (const [name, { unit = '' }] of Object.entries(points)) {
      const key = `${kind} ${name}`
      t.equal(units.get(key) ?? unit, unit, `${profile}: the unit of ${name}`)
      units.set(key, unit)
    }
  }
})

t.test('what is said of lifts and fire equipment is read, never written', async (t) => {
  const lifts = profiles.filter(({ kind }) => kind === 'lift')
  t.ok(lifts.length >= 3)
  for (const { profile, points } of lifts)
    t.notOk(
      Object.values(points).some(({ access }) => access === 'rw'),
      profile,
    )
  const words = [
    ['lift', '[]'],
    ['escalator', '[]'],
    ['elevator', '[]'],
    ['hydrant', '[]'],
    ['smoke-detector', '[]'],
    ['pump-set', '[fire]'],
    ['pump', '[water, sprinkler]'],
  ] as const
  for (const [kind, tags] of words) {
    const { profile, faults } = readProfile(
      tiny('level: { access: rw, modbus: { address: 0 } }', { kind, tags }),
      'p.yaml',
    )
    t.equal(profile, undefined, `${kind} ${tags}`)
    t.same(
      faults.map(({ code, line }) => [code, line]),
      [['not_allowed_value', 8]],
    )
  }
  t.ok(readProfile(tiny('level: { access: rw, modbus: { address: 0 } }'), 'p.yaml').profile, 'others may be written')
})

t.test('a writable point says who may write what, and a profile that says it wrongly does not load', async (t) => {
  const level = (control: string, more = 'access: rw, ') =>
    `level: { ${more}range: [0, 10], control: ${control}, modbus: { address: 0 } }`
  const good = readProfile(tiny(level('{ roles: [engineer], min: 0, max: 5, step: 0.5, when: [level > 1] }')), 'p.yaml')
  t.same(good.faults, [])
  const wrong: readonly [name: string, points: string, said: string][] = [
    ['no access: rw', level('{ roles: [engineer], min: 0, max: 5 }', ''), 'needs access: rw'],
    ['nobody may', level('{ roles: [], min: 0, max: 5 }'), 'fewer than 1'],
    ['a role that may never', level('{ roles: [resident], min: 0, max: 5 }'), 'admin, manager, engineer, field'],
    ['no limits', level('{ roles: [engineer] }'), 'needs min and max'],
    ['limits the wrong way round', level('{ roles: [engineer], min: 5, max: 0 }'), 'comes first'],
    ['beyond the range', level('{ roles: [engineer], min: 0, max: 50 }'), 'above the range'],
    ['a condition on nothing', level('{ roles: [engineer], min: 0, max: 5, when: [levl > 1] }'), 'levl'],
    ['words of a number', level('{ roles: [engineer], min: 0, max: 5, values: [a] }'), 'has min and max'],
    [
      'a word that is none',
      'level: { access: rw, enum: { 0: off }, control: { roles: [engineer], values: [on] }, modbus: { address: 0 } }',
      'on is no word',
    ],
    [
      'a bit of a register',
      'level: { access: rw, control: { roles: [engineer] }, modbus: { address: 0, bit: 1 } }',
      'only some bits',
    ],
    [
      'a table that can only be read',
      'level: { access: rw, control: { roles: [engineer], min: 0, max: 1 }, modbus: { table: input, address: 0 } }',
      'can only be read',
    ],
  ]
  for (const [name, points, said] of wrong) {
    const { profile, faults } = readProfile(tiny(points), 'p.yaml')
    t.equal(profile, undefined, name)
    t.match(JSON.stringify(faults), said, name)
  }
  for (const kind of ['lift', 'fire-pump', 'smoke-detector']) {
    const { profile, faults } = readProfile(
      tiny(level('{ roles: [engineer], min: 0, max: 5 }', ''), { kind }),
      'p.yaml',
    )
    t.equal(profile, undefined, kind)
    t.ok(faults.some(({ code }) => code === 'safety_read_only'))
  }
})

t.test('default alarms see what they are for, and nothing else', async (t) => {
  const lift = { service_mode: 'normal', fault: 'none', event: 'none', alarm_button: false, car_running: false }
  const car = { ...lift, in_door_zone: true, door_closed: true, passenger_present: false }
  const nice = {
    controller_mode: 'automatic',
    service_mode: 'normal',
    hall_fire_switch: false,
    car_state: 'waiting_for_call',
  }
  const standing = { ...nice, door_closed: true, car_load: 0 }
  const phases = { voltage_l1: 230, voltage_l2: 230, voltage_l3: 230 }
  const pump = { alarm_active: false, warning_active: false, alarm_code: 'none' }
  const meter = { no_signal: false, signal_quality: 72, flow_unit: 'm³/h' }
  const { passenger_present: _, ...blind } = car
  const { car_load: __, ...unweighed } = standing
  const table: [profile: string, values: Readonly<Record<string, Value>>, alarms: string][] = [
    ['lift-gbt24476', car, ''],
    ['lift-gbt24476', { ...car, passenger_present: true, in_door_zone: false }, 'entrapment'],
    ['lift-gbt24476', { ...car, passenger_present: true }, 'entrapment-at-floor'],
    ['lift-gbt24476', { ...car, passenger_present: true, car_running: true, in_door_zone: false }, ''],
    ['lift-gbt24476', { ...car, passenger_present: true, in_door_zone: false, service_mode: 'inspection' }, ''],
    ['lift-gbt24476', { ...car, fault: 'position_lost' }, 'stopped-by-fault'],
    ['lift-gbt24476', { ...blind, fault: 'position_lost' }, 'stopped-by-fault'],
    ['lift-gbt24476', { ...car, fault: 'unintended_movement' }, 'unintended-movement'],
    [
      'lift-gbt24476',
      { ...car, fault: 'safety_circuit', passenger_present: true, door_closed: false },
      'fault-with-passenger stopped-by-fault',
    ],
    ['lift-gbt24476', { ...car, alarm_button: true }, 'alarm-button-closed'],
    ['lift-gbt24476', { ...car, alarm_button: true, car_running: true }, 'alarm-button alarm-button-unanswered'],
    ['lift-gbt24476', { ...car, alarm_button: true, door_closed: false }, 'alarm-button'],
    ['lift-gbt24476', { ...blind, in_door_zone: false }, 'entrapment-suspected'],
    ['lift-gbt24476', { ...blind, in_door_zone: false, service_mode: 'inspection' }, ''],
    ['lift-gbt24476', { ...car, event: 'fire_return' }, 'fire-mode'],
    ['monarch-nice3000', standing, ''],
    ['monarch-nice3000', { ...standing, controller_mode: 'fault', car_load: 6.5 }, 'entrapment stopped-by-fault'],
    ['monarch-nice3000', { ...standing, controller_mode: 'fault' }, 'stopped-by-fault'],
    ['monarch-nice3000', { ...unweighed, controller_mode: 'fault' }, 'stopped-by-fault'],
    ['monarch-nice3000', { ...standing, controller_mode: 'inspection', car_load: 6.5 }, ''],
    ['monarch-nice3000', { ...standing, hall_fire_switch: true }, 'fire-mode'],
    ['eastron-sdm630', phases, ''],
    ['eastron-sdm630', { ...phases, voltage_l2: 0 }, 'phase-lost'],
    ['eastron-sdm630', { voltage_l1: 0, voltage_l2: 0, voltage_l3: 3 }, 'power-lost'],
    ['eastron-sdm630', { ...phases, voltage_l3: 190 }, 'voltage-low'],
    ['eastron-sdm630', { ...phases, voltage_l3: 240 }, 'voltage-high'],
    ['energy-meter-mqtt', { ...phases, voltage_l2: 0 }, 'phase-lost'],
    ['grundfos-cim', pump, ''],
    ['grundfos-cim', { ...pump, alarm_active: true, alarm_code: 'dry_running' }, 'dry-running'],
    ['grundfos-cim', { ...pump, alarm_active: true, alarm_code: 'other_code' }, 'pump-fault'],
    ['grundfos-cim', { ...pump, warning_active: true }, 'pump-warning'],
    ['tuf-2000m', meter, ''],
    ['tuf-2000m', { ...meter, signal_quality: 49 }, 'no-signal'],
    ['tuf-2000m', { ...meter, flow_unit: 'L/s' }, 'flow-unit'],
    ['danfoss-fc', { tripped: true, alarm_word: 0, warning_word: 1 }, 'drive-fault'],
    ['danfoss-fc', { tripped: false, alarm_word: 0, warning_word: 1 }, 'drive-warning'],
    ['delta-vfd-b', { fault_code: 33 }, 'emergency-stop'],
    ['delta-vfd-b', { fault_code: 4 }, 'drive-fault'],
    ['inovance-md', { fault_code: 4 }, 'drive-fault'],
    ['witmotion-wtvb01', { velocity_x: 3, velocity_y: 12, velocity_z: 0 }, 'vibration'],
  ]
  for (const [name, values, alarms] of table) {
    const profile = profiles.find((each) => each.profile === name)!
    const rules = rulesOf({ id: 'd', profile, asset: 'a' }, [], 'UTC')
    const raised = rules.flatMap(({ id, watch, mode }) =>
      mode === undefined && watch.kind === 'when' && watch.condition.evaluate(values) === true
        ? [id.replace('d/', '')]
        : [],
    )
    t.equal(raised.join(' '), alarms, `${name} ${JSON.stringify(values)}`)
  }
})

t.test('what contradicts itself is said with its place', async (t) => {
  const table: [points: string, said: string][] = [
    ['level: { unit: meter, modbus: { address: 0 } }', '8:18 unknown unit "meter"'],
    ['level: { modbus: { address: 0, type: string } }', '8:20 the key "length" is missing'],
    ['level: { type: string, modbus: { address: 0 } }', '8:18 "type": a number comes from these registers'],
    ['level: { type: number, modbus: { address: 0, bit: 1 } }', '8:18 "type": a bool comes'],
    ['level: { type: bool, modbus: { address: 0, type: int16 } }', '8:18 "type": a number comes'],
    ['level: { type: number, modbus: { address: 0, type: string, length: 2 } }', '8:18 "type": a string comes'],
    ['level: { enum: { 1: on }, modbus: { address: 0, bit: 1 } }', '8:18 "enum": one bit is true or false'],
    ['level: { modbus: { address: 0, length: 4 } }', '8:42 "length": only a string has a length'],
    ['level: { modbus: { address: 0, type: uint32, order: ABCDEFGH } }', '8:55 "order": eight letters'],
    ['level: { modbus: { address: 0, bit: 16 } }', '8:39 "bit": uint16 has the bits 0 to 15'],
    ['level: { modbus: { address: 0, type: float32, bits: [0, 3] } }', '8:55 "bits": float32 has no'],
    ['level: { modbus: { address: 0, bits: [5, 3] } }', '8:40 "bits": the lowest bit comes first'],
    ['level: { modbus: { address: 0, bit: 1, bits: [3, 5] } }', '8:48 "bits": give either bit or bits'],
    ['level: { modbus: { address: 0, absent: 0x10000 } }', '8:42 "absent": 65536 does not fit into 16'],
    [
      'level: { modbus: { address: 0, type: uint64, absent: 0xFFFFFFFFFFFFFFFF } }',
      '8:56 "absent": write 64 bits as text',
    ],
    ['level: { modbus: { address: 0 }, max_rate: 5 }', '8:46 "max_rate": only a counter has it'],
    ['level: { modbus: { address: 0 }, range: [5, 1] }', '8:43 "range": the lower end comes first'],
    ['level: { modbus: { address: 0xFFFF, type: uint32 } }', '8:31 "address": reaches beyond 0xFFFF'],
    ['level: { modbus: { address: 0, scale_from: [{ point: exp, as: exponent }] } }', '8:56 there is no point "exp"'],
    [
      'level: { modbus: { address: 0, scale_from: [{ point: level, as: exponent }] } }',
      '8:56 there is no point "level"',
    ],
    [
      'level: { modbus: { address: 0, scale_from: [{ point: e }] } }\n  e: { modbus: { address: 1 } }',
      'give either as or',
    ],
    [
      'level: { modbus: { address: 0, scale_from: [{ point: e, as: factor }] } }\n  e: { modbus: { address: 200 } }',
      'e is more than 125 registers away, so in another reply',
    ],
    [
      'level: { modbus: { address: 0, scale_from: [{ point: e, as: factor }] } }\n  e: { modbus: { address: 1, table: input } }',
      'e stands in another table, so in another reply',
    ],
    ['level: { modbus: { address: 0, scales: 2 } }', '8:34 unknown key "scales" (did you mean "scale"?)'],
  ]
  for (const [points, said] of table) {
    const { profile, faults } = readProfile(tiny(points), 'p.yaml')
    t.equal(profile, undefined, points)
    t.ok(faults.length === 1 && spoken(faults)[0]!.includes(said), `${said} — ${spoken(faults).join('; ')}`)
  }
  for (const points of [
    'level: { type: bool, modbus: { address: 0 } }',
    'level: { type: bool, modbus: { table: coil, address: 0 } }',
  ])
    t.same(readProfile(tiny(points), 'p.yaml').faults, [], points)
  const unread = tiny('level: { modbus: { address: 3 } }').replace('every: 1s', 'forbidden: [{ from: 3, to: 9 }]')
  t.match(spoken(readProfile(unread, 'p.yaml').faults), [/8:31 .*stands in what is forbidden/])
  const narrow = tiny('level: { modbus: { address: 3, type: uint32 } }').replace('every: 1s', 'max_registers: 1')
  t.match(spoken(readProfile(narrow, 'p.yaml').faults), [/8:31 .*takes 2 registers, the unit gives 1/])
})

t.test('F29: a value comes in one reply with what makes its scale', async (t) => {
  const scaled = tiny(
    [
      'power: { unit: W, modbus: { address: 40, type: int16, absent: 0x8000, scale_from: [{ point: power_sf, as: exponent }] } }',
      'energy: { modbus: { address: 42, type: uint32, scale: 0.5, scale_from: [{ point: ratio, as: factor }] } }',
      'power_sf: { modbus: { address: 50, type: int16, absent: 0x8000, every: 1h } }',
      'ratio: { modbus: { address: 41, every: 1h } }',
      'level: { modbus: { address: 0 } }',
    ].join('\n  '),
  )
  const { profile, faults } = readProfile(scaled, 'p.yaml')
  t.same(faults, [])
  const device: Device = { id: 'd', profile: profile!, asset: 'a', connection: 'c', unitId: 1 }
  const [read] = planReads(device).filter(({ points }) => points.some(({ name }) => name === 'power'))
  t.match(read, { address: 40, count: 11 }, 'from the value to its scale, however seldom that is read alone')
  const table: [title: string, words: number[], power: unknown, energy: unknown][] = [
    ['thousandths', [1234, 20, 0, 10, 0, 0, 0, 0, 0, 0, 0xfffd], 1.234, 100],
    ['thousands', [1234, 3, 1, 0, 0, 0, 0, 0, 0, 0, 3], 1_234_000, 98_304],
    ['a scale that is not there', [1234, 3, 0, 10, 0, 0, 0, 0, 0, 0, 0x8000], 'absent', 15],
    ['a value that is not there', [0x8000, 3, 0, 10, 0, 0, 0, 0, 0, 0, 0], 'absent', 15],
    ['a scale out of this world', [1234, 3, 0, 10, 0, 0, 0, 0, 0, 0, 400], 'undecodable', 15],
    ['a reply cut off', [1234, 3, 0, 10], 'undecodable or cut', 15],
  ]
  for (const [title, words, power, energy] of table) {
    const said = new Map(readingsOf(read!, words, 0).map(({ point, value, reason }) => [point, value ?? reason]))
    t.equal(said.get('power') === 'bad_frame' ? 'undecodable or cut' : said.get('power'), power, title)
    t.equal(said.get('energy'), energy, title)
  }
  t.equal(modbusMapping(profile!, profile!.points['power']!).width, 1)
})

t.test('a site whose profiles would quarrel in InfluxDB is told so, and the second device is left out', async (t) => {
  const gauge = (name: string, level: string) =>
    tiny(`level: ${level}`, { kind: 'gauge', name, expect: level.includes('enum') ? 'low' : '1' })
  const site = (second: string) =>
    [
      'site: { id: s, name: S, timezone: Asia/Shanghai }',
      'connections: { c: { protocol: modbus-tcp, host: 127.0.0.1, port: 502 } }',
      'assets: [{ id: A, kind: tank }]',
      'devices:',
      '  - { id: d1, asset: A, profile: one, connection: c, unit_id: 1 }',
      `  - { id: d2, asset: A, profile: ${second}, connection: c, unit_id: 2 }`,
      '',
    ].join('\n')
  const folder = (second: string) =>
    t.testdir({
      'site.yaml': site(second),
      profiles: {
        'one.yaml': gauge('one', '{ modbus: { address: 0 } }'),
        'same.yaml': gauge('same', '{ modbus: { address: 0, type: float16 } }').replace('[1]', '[0x3c00]'),
        'other.yaml': gauge('other', '{ enum: { 1: low }, modbus: { address: 0 } }'),
      },
    })
  const alike = loadSite('site.yaml', { env: {}, cwd: folder('same') })
  t.same(spoken(alike.faults), [])
  t.equal(alike.site?.devices.length, 2)
  const { site: loaded, faults } = loadSite('site.yaml', { env: {}, cwd: folder('other') })
  t.match(spoken(faults), [/^site\.yaml:6:34 point "level" is a string here and a number in profile "one" of the same/])
  t.same(
    loaded?.devices.map(({ id }) => id),
    ['d1'],
  )
})

t.test('caretaker profile test', async (t) => {
  const good = tiny('level: { modbus: { address: 0 } }\n  other: { modbus: { address: 9 } }')
  const cwd = t.testdir({
    'good.yaml': good,
    'wrong.yaml': good.replace('level: 1', 'level: 2'),
    'broken.yaml': good.replace('address: 9', 'adress: 9'),
    'misspelt.yaml': good.replace('level: 1', 'levle: 1'),
    'silent.yaml': good.replace('0: [1]', '3: [1]'),
  })
  const table: [files: string[], code: number, out: RegExp, error: RegExp][] = [
    [['good.yaml'], 0, /example 1 {2}ok {6}level 1\n {2}no example gives a value to other\n1 profile, no faults/, /^$/],
    [['wrong.yaml'], 1, /not ok {2}level 1, expected 2/, /^wrong\.yaml:\d+:22 example 1: level should be 2, the pro/],
    [['silent.yaml'], 1, /not ok {2}level nothing, expected 1/, /^silent\.yaml:\d+:22 example 1/],
    [['broken.yaml'], 1, /1 profile, 2 faults/, /broken\.yaml:9:22 unknown key "adress" \(did you mean "address"\?\)/],
    [['misspelt.yaml'], 1, /1 fault$/, /^misspelt\.yaml:\d+:22 there is no point "levle" \(did you mean "level"\?\)/],
    [['good.yaml', 'wrong.yaml'], 1, /good\.yaml[^]*wrong\.yaml[^]*2 profiles, 1 fault$/, /^wrong/],
    [['nowhere.yaml'], 1, /1 fault$/, /^nowhere\.yaml:1:1 /],
  ]
  for (const [names, code, out, error] of table) {
    const said = await run(cwd, ['profile', 'test', ...names])
    t.equal(said.code, code, names.join(' '))
    t.match(said.out, out)
    t.match(said.error, error)
  }
})

function isBilingual(text: unknown): boolean {
  const { en, 'zh-CN': zh } = (text ?? {}) as { en?: string; 'zh-CN'?: string }
  return Boolean(en && zh && /[\u4e00-\u9fff]/.test(zh))
}

function spoken(faults: readonly ConfigFault[]): string[] {
  return faults.map((fault) => sayConfigFault('en', fault))
}

type Tiny = Readonly<{ kind?: string; tags?: string; name?: string; expect?: string }>

/** The shortest profile around some points; the points stand from line 8 on. */
function tiny(points: string, { kind = 'gauge', tags = '[]', name = 'tiny', expect = '1' }: Tiny = {}): string {
  return [
    `profile: ${name}`,
    'name: Tiny',
    `kind: ${kind}`,
    `tags: ${tags}`,
    'modbus: { every: 1s }',
    'communication: { class: P8a, priority: low, skill: electric }',
    'points:',
    `  ${points}`,
    'offline_after: 10s',
    'examples:',
    '  - modbus: { holding: { 0: [1] } }',
    `    expect: { level: ${expect} }`,
    '',
  ].join('\n')
}

async function run(cwd: string, words: readonly string[]): Promise<{ code: number; out: string; error: string }> {
  const lines = { out: [] as string[], error: [] as string[] }
  let code = 0
  const stream = new PassThrough()
  await programOf({
    env: {},
    cwd,
    pid: 1,
    signal: new AbortController().signal,
    onReload: () => {},
    input: stream,
    output: stream,
    screen: { isTTY: false, write: () => true } as never,
    out: (line) => lines.out.push(line),
    error: (line) => lines.error.push(line),
    exitCode: (value) => {
      code = value
    },
  }).parseAsync(words, { from: 'user' })
  return { code, out: lines.out.join('\n'), error: lines.error.join('\n') }
}
