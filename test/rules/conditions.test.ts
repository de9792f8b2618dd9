import t from 'tap'
import type { Params } from '#devices/fault.ts'
import { readProfile } from '#devices/profile.ts'
import type { Reading } from '#devices/reading.ts'
import { evidenceText } from '#gateway/api/views/evidence-text.ts'
import { rulesOf } from '#gateway/site/rules.ts'
import { sayConfigFault } from '#gateway/texts.ts'
import type { Event } from '#rules/event.ts'
import type { Rule } from '#rules/plan.ts'
import { Routes } from '#rules/routes.ts'
import { reading, S, type Word } from './story.ts'

const profileText = (alarms: string) => `profile: own
name: Own
kind: thing
mqtt: { topic: 'thing/{id}' }
offline_after: 60s
communication: { class: P8a, priority: low, skill: electric }
points:
  v: { type: number, mqtt: { path: v } }
  w: { type: number, mqtt: { path: w } }
  on: { type: bool, mqtt: { path: on } }
  mode: { type: string, mqtt: { path: mode } }
examples:
  - { mqtt: { payload: { v: 1 } }, expect: { v: 1 } }
alarms:
  - { id: x, name: X, priority: low, class: P3, skill: water, ${alarms.includes('delay') ? '' : 'delay: { on: 0s, off: 0s }, '}${alarms} }
`

function rulesFor(alarm: string, timeZone = 'UTC'): Rule[] {
  const { profile, faults } = readProfile(profileText(alarm), 'own.yaml')
  if (!profile) throw new Error(faults.map((fault) => sayConfigFault('en', fault)).join('\n'))
  return rulesOf({ id: 'D', profile, asset: 'D' }, [], timeZone).filter(({ watch }) => watch.kind !== 'data')
}

type Step = readonly [second: number, values: Readonly<Record<string, Word>>]

/**
 * What the rules of one device became, and when. With `restarts` the memory goes through its file and the rules are made
 * anew before every step.
 */
function told(rules: readonly Rule[], steps: readonly Step[], until: number, restarts = false): string {
  let routes = new Routes(rules)
  const words: string[] = []
  const say = (at: number) => {
    for (const detector of routes.detectors) {
      for (let draft = detector.decide(at); draft; draft = detector.decide(at)) {
        const suffix = detector.rule.id.replace('D/x', '')
        if (draft.type === 'condition.became') words.push(`${draft.state}${suffix}@${at / S}`)
        else words.push(`${draft.type.replace('condition.', '')}${suffix}@${at / S}`)
        detector.apply({ ...draft, seq: 1, at, v: 1 } as Event)
        if (words.length > 200) throw new Error(`speaks for ever: ${words.slice(-4).join(' ')}`)
      }
    }
  }
  const restart = () => {
    const keyframe = JSON.parse(JSON.stringify(routes.keyframe())) as ReturnType<Routes['keyframe']>
    const sides = routes.detectors.map((detector) => detector.side())
    routes = new Routes(rules)
    routes.detectors.forEach((detector, i) => detector.restore(sides[i]!))
    routes.recall(keyframe)
  }
  const byStep = new Map(steps)
  for (let second = 0; second <= until; second++) {
    say(second * S)
    const step = byStep.get(second)
    if (!step) continue
    if (restarts) restart()
    const readings = Object.entries(step).map(([name, word]): Reading => {
      const [device, point] = name.includes('.') ? (name.split('.') as [string, string]) : ['D', name]
      return { ...reading(point, word, second * S), device }
    })
    routes.observe({ source: 's', receivedAt: second * S, readings }, second * S, `R${second}`)
    say(second * S)
  }
  return words.join(' ')
}

/** A value at each so many seconds. */
const series = (point: string, stepS: number, words: readonly Word[], fromS = 0): Step[] =>
  words.map((word, i) => [fromS + i * stepS, { [point]: word }] as const)
const together = (...all: readonly Step[][]): Step[] => {
  const merged = new Map<number, Record<string, Word>>()
  for (const [second, values] of all.flat()) merged.set(second, { ...merged.get(second), ...values })
  return [...merged]
}
const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

/** A waste bin: full, nearly full for long, emptied. */
const BIN =
  'point: v, persists: { raise: [{ hi: 95, readings: 2 }, { hi: 90, for: 30s, readings: 2 }], clear: [{ below: 60, readings: 2 }, { fall: 30 }] }'

const STORIES: readonly (readonly [name: string, alarm: string, steps: readonly Step[], told: string])[] = [
  [
    'two readings in a row raise it, two others end it; what is between leaves it as it is',
    BIN,
    series('v', 10, [88, 96, 94, 96, 97, 70, 59, 61, 59, 58, 97]),
    'false.hi@0 true.hi@40 false.hi@90',
  ],
  ['a drop ends it at once', BIN, series('v', 10, [96, 97, 67, 97]), 'false.hi@0 true.hi@10 false.hi@20'],
  ['a smaller one does not, nor several', BIN, series('v', 10, [96, 97, 68, 60]), 'false.hi@0 true.hi@10'],
  ['lower for so long: two readings are enough', BIN, series('v', 30, [90, 94]), 'false.hi@0 true.hi@30'],
  ['… but not before', BIN, series('v', 29, [90, 94]), 'false.hi@0'],
  ['… and not with one below between', BIN, series('v', 10, [90, 89, 91, 94, 94]), 'false.hi@0'],
  [
    'bad ones between neither count nor interrupt',
    BIN,
    series('v', 10, [97, 'bad', 96, 'bad', 50, 'gone', 40]),
    'false.hi@0 true.hi@20 false.hi@40',
  ],
  [
    'uncertain ones count towards raising, and end nothing',
    BIN,
    series('v', 10, [97, '?96', '?40', '?41', 59, '?58', 57]),
    'false.hi@0 true.hi@10 false.hi@40',
  ],
  [
    '… nor are they counted towards the end',
    BIN,
    series('v', 10, [96, 97, 70, '?58', 59, '?58', 57]),
    'false.hi@0 true.hi@10 false.hi@60',
  ],
  ['after a gap of the validity they are counted anew', BIN, series('v', 61, [97, 97]), 'false.hi@0'],
  [
    'unless said it ends with the first that is not beyond',
    'point: v, persists: { raise: [{ lo: 5, readings: 3 }] }',
    series('v', 25, [5, 4, 5, 5.1, 4, 4, 4]),
    'false.lo@0 true.lo@50 false.lo@75 true.lo@150',
  ],
  [
    'so many normal readings in a row settle it, and the next that is not begins them anew',
    'point: v, limits: { hi: 10 }, deadband: 2, verify: { readings: 2 }',
    series('v', 20, [12, 9, 7, 'bad', '?6', 6, 12, 12, 7, 7]),
    'true.hi@0 false.hi.settled@0 false.hi@40 true.hi.settled@100 true.hi@120 false.hi.settled@120 false.hi@160 true.hi.settled@180',
  ],
  [
    'a device that falls silent in use is lost until it is heard again',
    'lost: { while: on, within: 30s }, delay: { on: 10s, off: 0s }',
    [
      [0, { on: false, v: 1 }],
      [10, { on: true }],
      [20, { on: 'gone', v: 'gone' }],
      [28, { on: 'gone', v: 'gone' }],
      [35, { on: 'gone', v: 'gone' }],
      [50, { on: false, v: 1 }],
    ],
    'false@0 true@30 false@50',
  ],
  [
    'an idle one is only silent, and one that answers again in time was never lost',
    'lost: { while: on, within: 30s }, delay: { on: 10s, off: 0s }',
    [
      [0, { on: true }],
      [5, { on: 'gone' }],
      [12, { on: true }],
      [20, { on: false }],
      [25, { on: 'gone' }],
      [34, { on: 'gone' }],
      [44, { on: 'gone' }],
    ],
    'false@0',
  ],
  [
    'nothing at all, for the time that also makes the communication alarm',
    'lost: { while: on, within: 2m }',
    [
      [0, { on: true }],
      [200, { on: true }],
    ],
    'false@0 true@120 false@200',
  ],
  [
    'what it said too long ago does not count',
    'lost: { while: on, within: 30s }, delay: { on: 0s, off: 0s }',
    [
      [0, { on: true, v: 1 }],
      [20, { v: 1 }],
      [40, { v: 1 }],
      [50, { on: 'gone', v: 'gone' }],
    ],
    'false@0',
  ],
  [
    'or it says so itself, with the values of that moment or of the one before',
    `lost: { while: on, within: 30s, or: 'mode == "off"' }, delay: { on: 0s, off: 0s }`,
    [
      [0, { on: true, mode: 'ok' }],
      [10, { on: false, mode: 'off' }],
      [20, { on: 'gone', mode: 'gone' }],
      [30, { on: false, mode: 'off' }],
      [40, { on: false, mode: 'ok' }],
      [50, { on: false, mode: 'off' }],
    ],
    'false@0 true@10 false@40',
  ],
  [
    'the mean of a minute, unknown until half of it was seen',
    'point: v, limits: { hi: 10 }, window: { of: avg, over: 60s }',
    series('v', 10, [5, 5, 5, 5, 20, 20, 20, 20, 20, 0, 0, 0, 0]),
    'false.hi@30 true.hi@50 false.hi@120',
  ],
  [
    'the highest of a minute is at least what it was, at once, and goes when it has left',
    'point: v, limits: { hi: 10 }, window: { of: max, over: 60s }',
    series('v', 10, [5, 12, 5, 5, 5, 5, 5, 5, 5, 5]),
    'false.hi@0 true.hi@10 false.hi@70',
  ],
  [
    'the sum of an hour',
    'point: v, limits: { hi: 100 }, window: { of: sum, over: 10m }',
    series(
      'v',
      60,
      many(16, (i) => (i < 12 ? 11 : 0)),
    ),
    'false.hi@300 true.hi@540 false.hi@720',
  ],
  [
    'many readings in each part of the window',
    'point: v, limits: { hi: 100 }, window: { of: sum, over: 10m }',
    series(
      'v',
      4,
      many(150, () => 1),
    ),
    'false.hi@300 true.hi@396',
  ],
  [
    'the lowest of a minute',
    'point: v, limits: { lo: 1 }, window: { of: min, over: 60s }, deadband: 0.5',
    series('v', 10, [5, 0.9, 5, 5, 5, 5, 5, 5, 5]),
    'false.lo@0 true.lo@10 false.lo@70',
  ],
  [
    'a rise of so much within the time, in proportion where less was seen',
    'point: v, rate: { over: 60s, rise: 6, fall: 3 }',
    series('v', 10, [0, 0, 0, 0, 2, 4, 6, 8, 8, 8, 8, 8, 8, 8, 8, 7, 6, 5]),
    'false@30 true@60 false@100 true@170',
  ],
  [
    'a value that stands still while its driver moves',
    'point: v, stuck: { for: 60s, resolution: 0.1, driver: "on" }',
    together(
      series('v', 10, [1, 1.05, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2.5, 3, 3, 3.5]),
      series(
        'on',
        10,
        many(15, () => true),
      ),
    ),
    'false@0 true@80 false@140',
  ],
  [
    'and not while the driver rests: the time runs from when it began to move',
    'point: v, stuck: { for: 60s, driver: "on" }',
    together(
      series(
        'v',
        10,
        many(16, () => 2),
      ),
      series('on', 10, [...many(5, () => false), ...many(11, () => true)]),
    ),
    'false@0 true@110',
  ],
  [
    'a driver that looks back: the pump runs and its speed has spread',
    'point: v, stuck: { for: 60s, driver: \'max(w, "60s") - min(w, "60s") >= 5.0\' }',
    together(
      series(
        'v',
        10,
        many(20, () => 2),
      ),
      series(
        'w',
        10,
        many(20, (i) => (i < 6 ? 50 : 40 + (i % 2) * 10)),
      ),
    ),
    'false@30 true@120',
  ],
  [
    'no reading of one point while the device speaks; a bad one is none',
    'point: v, absent: { for: 60s }',
    together(
      series(
        'w',
        10,
        many(20, () => 1),
      ),
      [
        [20, { v: 1 }],
        [50, { v: 'bad' }],
        [120, { v: 1 }],
      ],
    ),
    'false@0 true@80 false@120 true@180',
  ],
  [
    'a point that never came is absent, too',
    'point: v, absent: { for: 60s }',
    series('w', 20, [1, 1, 1, 1]),
    'false@0 true@60',
  ],
  [
    'changes within the time, whatever they are',
    'point: mode, changes: { over: 60s, above: 2 }',
    series('mode', 10, ['a', 'b', 'b', 'a', 'b', 'b', 'b', 'b', 'b', 'b', 'b']),
    'false@0 true@40 false@70',
  ],
  [
    'two points that should agree; what was read too far apart is unknown',
    'point: v, disagrees: { with: w, by: 0.5 }',
    [
      [0, { v: 1, w: 1.5 }],
      [10, { v: 1, w: 1.6 }],
      [20, { v: 1, w: '?1' }],
      [30, { v: 1, w: 1 }],
      [95, { v: 5 }],
      [100, { w: 5 }],
    ],
    'false@0 true@10 false@30',
  ],
  [
    'more starts than are good for it',
    'point: "on", duty: { over: 100s, starts: 2 }',
    series('on', 10, [false, true, false, true, false, true, false, false, false, false, false, false, false]),
    'false@0 true@50 false@110',
  ],
  [
    'on for more of the time than it should',
    'point: "on", duty: { over: 100s, share: 0.5 }',
    series('on', 10, [
      false,
      false,
      false,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      false,
      false,
      false,
      false,
      false,
      false,
    ]),
    'false@50 true@70 false@150',
  ],
  [
    'a moving normal: learns first, holds still in alarm, comes back',
    'point: v, moving_normal: { short: 10s, normal: 100s, deviations: 4, least: 0.1 }',
    series(
      'v',
      2,
      many(200, (i) => 10 + (i % 3) * 0.1 + (i >= 100 && i < 150 ? 3 : 0)),
    ),
    'false@66 true@200 false@308',
  ],
  [
    'or settles where it stays',
    'point: v, moving_normal: { short: 10s, normal: 60s, deviations: 4, least: 0.1, settles_after: 100s }',
    series(
      'v',
      2,
      many(200, (i) => 10 + (i % 3) * 0.1 + (i >= 100 ? 3 : 0)),
    ),
    'false@46 true@200 false@340',
  ],
  [
    'another limit by night, none at noon, and yesterday evening reaches into the morning',
    'point: v, limits: { hi: 10 }, schedule: [{ from: "22:00", to: "06:00", limits: { hi: 5 } }, { from: "12:00", to: "13:00", off: true }]',
    [0, 5.5, 6, 12, 13, 21.9, 22].map((hour) => [hour * 3_600, { v: 7 }] as const),
    'true.hi@0 false.hi@21600 true.hi@79200',
  ],
  [
    'and by the day of the week: 1970-01-01 was a Thursday',
    'point: v, schedule: [{ days: [fri], from: "00:00", to: "24:00", limits: { hi: 5 } }], limits: { hihi: 100 }',
    [0, 24, 47.9, 48].map((hour) => [hour * 3_600, { v: 7 }] as const),
    'false.hihi@0 false.hi@0 true.hi@86400 false.hi@172800',
  ],
  [
    'windows in CEL, beside the newest values',
    'when: \'avg(v, "60s") > 10.0 && on\'',
    together(
      series('v', 10, [20, 20, 20, 20, 20, 0, 0, 0, 0, 0]),
      series(
        'on',
        10,
        many(10, () => true),
      ),
    ),
    'true@30 false@70',
  ],
  [
    'counts in CEL only grow while the window fills',
    'when: \'changes(mode, "60s") > 1.0 || starts(on, "60s") > 1.0\'',
    together(
      series('mode', 10, ['a', 'b', 'a', 'a', 'a', 'a', 'a', 'a', 'a']),
      series(
        'on',
        10,
        many(9, () => false),
      ),
    ),
    'false@0 true@20 false@70',
  ],
  [
    'a condition with an end of its own',
    'when: mode == "broken", until: mode == "on"',
    series('mode', 10, ['on', 'broken', 'off', 'inspection', 'broken', 'on', 'off']),
    'false@0 true@10 false@50',
  ],
  [
    'on_missing: that nobody can tell is an alarm of the same rank',
    'point: v, limits: { hi: 10 }, on_missing: alarm',
    together(series('v', 10, [1, 1, 'gone', 'gone', 'gone', 'gone', 'gone', 'gone', 'gone', 1])),
    'false.hi@0 false.missing@60 true.missing@70 unknown.hi@80 false.hi@90',
  ],
  [
    'F52 chattering is said once, counted before all delays, and again only after it was calm',
    'point: v, limits: { hi: 10 }, delay: { on: 30s, off: 0s }',
    together(
      series('v', 10, [9, 11, 9, 11, 9, 11, 9]),
      series(
        'v',
        30,
        many(19, () => 9),
        90,
      ),
      series('v', 10, [9, 11, 9, 11, 9, 9], 690),
    ),
    'false.hi@0 chattered.hi@30 chattered.hi@720',
  ],
  [
    'F52 slow chattering: more than 5 in 10 min',
    'point: v, limits: { hi: 10 }, delay: { on: 1h, off: 0s }',
    series(
      'v',
      50,
      many(14, (i) => (Math.floor(i / 2) % 2 ? 11 : 9)),
    ),
    'false.hi@0 chattered.hi@600',
  ],
  [
    'F55 a division by zero is said once, is unknown, and goes on when it can',
    'when: v / w > 2.0',
    together(series('v', 10, [1, 9, 9, 9, 9]), series('w', 10, [1, 1, 0, 0, 1])),
    'false@0 true@10 failed@20',
  ],
]

t.test('conditions beyond limits, and the same when the program is restarted before each reading', async (t) => {
  for (const [name, alarm, steps, expected] of STORIES) {
    const rules = rulesFor(alarm)
    const last = Math.max(...steps.map(([second]) => second))
    t.equal(told(rules, steps, last), expected, name)
    t.equal(told(rules, steps, last, true), expected, `${name}; restarted`)
  }
})

t.test('the pair may be of two devices of one asset', async (t) => {
  const [rule] = rulesFor('point: v, disagrees: { with: w, by: 1 }')
  const watch = { kind: 'disagreement', point: 'v', other: { device: 'E', point: 'v' }, by: 1 } as const
  const steps: Step[] = [
    [0, { v: 1, 'E.v': 1 }],
    [10, { 'E.v': 3 }],
    [20, { v: 3 }],
  ]
  for (const restarts of [false, true])
    t.equal(told([{ ...rule!, watch }], steps, 20, restarts), 'false@0 true@10 false@20')
})

t.test('a point that stands still is uncertain to all other rules: it may raise and clears nothing', async (t) => {
  const [stuck] = rulesFor('point: v, stuck: { for: 60s, driver: "on" }')
  const [limit] = rulesFor('point: v, limits: { hi: 10 }')
  const steps = together(
    series(
      'on',
      10,
      many(20, () => true),
    ),
    series(
      'v',
      10,
      many(20, (i) => (i === 0 ? 12 : i < 14 ? 11 : 23 - i)),
    ),
  )
  // 11 from 10 s on: stuck at 70 s; it has moved three times at 160 s, and only what it says after that counts.
  const expected = 'false@0 true.hi@0 true@70 false@160 false.hi@170'
  for (const restarts of [false, true]) t.equal(told([stuck!, limit!], steps, 190, restarts), expected)
})

t.test('limits by the clock on the wall: summer time, and a zone that is no whole hour from UTC', async (t) => {
  const night = 'point: v, schedule: [{ from: "22:00", to: "06:00", limits: { hi: 5 } }], limits: { hihi: 100 }'
  const at = (iso: string) => Date.parse(iso) / S
  const table: [zone: string, from: string, told: string][] = [
    ['Europe/Berlin', '2026-03-29T03:59:00Z', 'true.hi@0 false.hi@60'],
    ['Europe/Berlin', '2026-03-28T04:59:00Z', 'true.hi@0 false.hi@60'],
    ['Asia/Kathmandu', '2026-05-01T00:14:00Z', 'true.hi@0 false.hi@60'],
    ['Asia/Shanghai', '2026-05-01T13:59:00Z', 'false.hi@0 true.hi@60'],
  ]
  for (const [zone, iso, expected] of table) {
    const [rule] = rulesFor(night, zone).filter(({ id }) => id.endsWith('.hi'))
    const routes = new Routes([rule!])
    const words: string[] = []
    for (const second of [0, 60]) {
      const now = (at(iso) + second) * S
      routes.observe({ source: 's', receivedAt: now, readings: [reading('v', 7, now)] }, now, 'R')
      for (const detector of routes.detectors) {
        const draft = detector.decide(now)
        if (draft?.type !== 'condition.became') continue
        words.push(`${draft.state}.hi@${second}`)
        detector.apply({ ...draft, seq: 1, at: now, v: 1 })
      }
    }
    t.equal(words.join(' '), expected, `${zone} ${iso}`)
  }
})

t.test('F30 whatever is no number never makes a condition true', async (t) => {
  const bad: Word[] = [NaN, Infinity, -Infinity, 'bad', 'gone', 'text', true]
  const kinds = [
    'limits: { hi: -1000, lo: 1000 }, point: v',
    'point: v, limits: { hi: -1000 }, window: { of: max, over: 10s }',
    'when: "v < 1000.0 || v >= 1000.0"',
    "when: \"max(v, '10s') >= -1000.0 || count(v, '10s') >= 0.0\"",
    'point: v, rate: { over: 10s, rise: 0.001, fall: 0.001 }',
    'point: v, disagrees: { with: w, by: 0.001 }',
    'point: v, persists: { raise: [{ hi: -1000, readings: 2 }] }',
    'point: v, moving_normal: { short: 1s, normal: 10s, deviations: 1 }',
  ]
  for (const alarm of kinds) {
    const steps = series(
      'v',
      1,
      many(70, (i) => bad[i % bad.length]!),
    )
    t.notMatch(told(rulesFor(alarm), [...steps, [71, { w: 1 }]], 72), /true/, alarm)
  }
})

t.test('a memory is bounded, however long and however often is read', async (t) => {
  const [rule] = rulesFor("when: \"avg(v, '31d') > 5.0 && changes(v, '1h') > 1000000.0\"")
  const routes = new Routes([rule!])
  for (let second = 0; second < 200_000; second++)
    routes.observe(
      { source: 's', receivedAt: second * S, readings: [reading('v', second % 7, second * S)] },
      second * S,
      'R',
    )
  t.ok(JSON.stringify(routes.keyframe()).length < 12_000, `${JSON.stringify(routes.keyframe()).length} bytes`)
})

t.test('what is written wrongly is said at its place, with a hint', async (t) => {
  const table: [alarm: string, said: RegExp][] = [
    ['when: \'changes(mod, "10m") > 1.0\'', /no point "mod" .did you mean "mode"/],
    ['when: \'avg(on, "10m") > 1.0\'', /condition: .*avg\(bool, string\)/],
    ['when: \'avg(v, "ten") > 1.0\'', /looks back so far as "10m"/],
    ['when: \'avg(v + 1.0, "10m") > 1.0\'', /looks back at one point/],
    ['when: \'avg(v, "400d") > 1.0\'', /1s to 31d/],
    [`when: '${many(17, (i) => `avg(v, "${i + 1}m") > 1.0`).join(' || ')}'`, /more than 16 windows/],
    ['point: v', /give limits \(with point\), when, or one of rate, persists, stuck/],
    ['point: v, limits: { hi: 1 }, rate: { over: 1m, rise: 1 }', /give only one of limits, rate/],
    ['point: v, rate: { over: 1m }', /fewer than 2/],
    ['point: mode, rate: { over: 1m, rise: 1 }', /no numeric point "mode"/],
    ['point: v, duty: { over: 1h, starts: 6 }', /no switch "v"/],
    ['point: "on", duty: { over: 40d, starts: 6 }', /1s to 31d/],
    ['rate: { over: 1m, rise: 1 }', /key "point" is missing/],
    ['point: v, stuck: { for: 1h, driver: onn }', /no point "onn" .did you mean "on"/],
    ['point: v, disagrees: { with: modes, by: 1 }', /no point "modes" .did you mean "mode"/],
    ['point: v, disagrees: { with: w }', /key "by" is missing/],
    ['point: v, disagrees: { with: mode, by: 1 }', /another type/],
    ['point: v, disagrees: { with: v, by: 1 }', /agrees with itself/],
    ['point: v, disagrees: { with: w, of: E, by: 1 }', /say it in the site file/],
    ['point: v, moving_normal: { short: 5m, normal: 9m }', /four times as long/],
    ['point: v, changes: { over: 1h, above: 2 }, window: { of: avg, over: 1m }', /only limits have it/],
    ['point: v, limits: { hi: 1 }, schedule: [{ from: "06:00", to: "06:00", limits: { hi: 2 } }]', /00:00 to 24:00/],
    ['point: v, limits: { hi: 1 }, schedule: [{ from: "06:00", to: "08:00" }]', /either limits or off/],
    ['point: v, limits: { hi: 1 }, schedule: [{ from: "26:00", to: "08:00", off: true }]', /wrong value|must match/],
    ['point: v, limits: { hi: 1 }, until: "on"', /only when has it/],
    ['point: v, persists: { raise: [{ readings: 2 }] }', /either hi or lo/],
    ['point: v, persists: { raise: [{ hi: 5, readings: 0 }] }', /readings.*(minimum|at least|>= 1)/],
    ['point: v, persists: { raise: [{ hi: 5 }, { lo: 2 }] }', /too high and too low are two alarms/],
    ['point: v, persists: { raise: [{ hi: 5 }], clear: [{ below: 3, fall: 2 }] }', /one of below, above, fall, rise/],
    ['point: v, persists: { raise: [{ hi: 5 }], clear: [{ above: 3 }] }', /hi is ended by below or fall/],
    ['point: v, persists: { raise: [{ lo: 5 }], clear: [{ below: 3 }] }', /lo is ended by above or rise/],
    ['point: v, persists: { raise: [{ hi: 5 }], clear: [{ fall: 3, readings: 2 }] }', /without readings and for/],
    ['point: v, persists: { raise: [{ hi: 5 }, { hi: 4, for: 1h }], clear: [{ below: 5 }] }', /at most 4/],
    ['point: v, persists: { raise: [{ lo: 5 }], clear: [{ above: 4 }] }', /at least 5/],
    ['point: mode, persists: { raise: [{ hi: 5 }] }', /no numeric point "mode"/],
    ['persists: { raise: [{ hi: 5 }] }', /key "point" is missing/],
    ['point: v, persists: { raise: [{ hi: 5 }] }, deadband: 2', /only limits have it/],
    ['point: v, stuck: { for: { kitchen: 48h } }', /recyclable|missing/],
  ]
  for (const [alarm, said] of table) {
    const { faults } = readProfile(profileText(alarm), 'own.yaml')
    const [first] = faults.map((fault) => sayConfigFault('en', fault))
    t.match(first, said, alarm)
    t.match(first, /^own\.yaml:15:\d+ /, alarm)
  }
})

t.test('what is said of it is a sentence in both languages', async (t) => {
  const table: [code: string, params: Params, en: string, zh: string][] = [
    [
      'rose',
      { by: 0.61234567, overMs: 600_000, limit: 0.5 },
      'rose by 0.6123 in 10 min, limit 0.5',
      '10 分钟内上升 0.6123，限值 0.5',
    ],
    [
      'started',
      { times: 7, overMs: 3_600_000, limit: 6 },
      'started 7 times in 1 h, limit 6',
      '1 小时内启动 7 次，限值 6 次',
    ],
    ['in_a_row', { times: 2 }, '2 readings in a row', '连续 2 次读数'],
    ['held', { overMs: 1_800_000 }, 'for 30 min', '持续 30 分钟'],
    [
      'stuck',
      { since: 0, forMs: 5_400_000 },
      'has not moved for 90 min, though it should',
      '已 90 分钟没有变化，而它本应变化',
    ],
    [
      'left_normal',
      { usual: 32, within: 0.5, shortMs: 60_000 },
      'mean of 1 min; usual is 32 ± 0.5',
      '1 分钟平均值；平时为 32 ± 0.5',
    ],
  ]
  for (const [code, params, en, zh] of table) t.same(evidenceText({ code, params }), { en, 'zh-CN': zh })
  t.equal(evidenceText(undefined), null)
})
