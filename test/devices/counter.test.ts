import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { counterDelta, type CounterLimits, counterLimits } from '#devices/counter.ts'
import type { Device } from '#devices/device.ts'
import { compileCondition } from '#devices/expression.ts'
import { growthWindow } from '#devices/growth.ts'
import type { Point } from '#devices/point.ts'
import { readProfile } from '#devices/profile.ts'
import type { Batch, Reading } from '#devices/reading.ts'
import { withGrowth } from '#ingest/growth.ts'

const HOUR = 3_600_000
const U16 = { modulus: 2 ** 16 }
const U32 = { modulus: 2 ** 32 }
const slow = (limits: CounterLimits, maxRate: number): CounterLimits => ({ ...limits, maxRate })

t.test('F31: growth, wrap, reset, jump', async (t) => {
  const table: [title: string, before: number, now: number, CounterLimits, how: string, delta: number | null][] = [
    ['stands still', 100, 100, U16, 'grew', 0],
    ['grows', 100, 130, U16, 'grew', 30],
    ['decimals stay decimals', 0.1, 0.3, {}, 'grew', 0.2],
    ['a float counter to its last digit', 12367.1, 12367.3, {}, 'grew', 0.2],
    ['16 bits come round', 65_530, 5, U16, 'wrapped', 11],
    ['exactly on the top', 65_535, 0, U16, 'wrapped', 1],
    ['32 bits come round', 2 ** 32 - 10, 20, U32, 'wrapped', 30],
    ['a scaled counter comes round at its scaled top', 6_553.5, 0.4, { modulus: 6_553.6 }, 'wrapped', 0.5],
    ['a display of eight digits comes round', 99_999_990, 15, { modulus: 100_000_000 }, 'wrapped', 25],
    ['a signed one comes round below zero', 2 ** 31 - 1, -(2 ** 31), U32, 'wrapped', 1],
    ['64 bits never do: it is a reset', 9_000_000_000_000_000, 7, {}, 'reset', 7],
    ['from the middle it is a reset', 30_000, 12, U16, 'reset', 12],
    ['a float counter has no top', 30_000, 12, {}, 'reset', 12],
    ['with a rate, a wrap within it', 65_000, 400, slow(U16, 1_000), 'wrapped', 936],
    ['with a rate, what would be too fast for a wrap is a reset', 65_000, 400, slow(U16, 500), 'reset', 400],
    ['with a rate, a long way round is a wrap all the same', 40_000, 5_000, slow(U16, 40_000), 'wrapped', 30_536],
    ['too fast from zero, too: another meter', 30_000, 20_000, slow(U16, 100), 'jumped', null],
    ['too fast upwards: another meter', 100, 50_000, slow(U32, 1_000), 'jumped', null],
    ['as fast as can be', 100, 1_100, slow(U32, 1_000), 'grew', 1_000],
    ['with decimals as fast as can be', 1_000_000.1, 1_000_000.4, { maxRate: 0.3 }, 'grew', 0.3],
    ['a counter of hours that jumps by one', 5_000, 5_001, { maxRate: 0.01, step: 1 }, 'grew', 1],
    ['by two it may not', 5_000, 5_002, { maxRate: 0.01, step: 1 }, 'jumped', null],
    ['the steps of a large float32', 16_777_216, 16_777_218, { maxRate: 0.01, precision: 2 ** -22 }, 'grew', 2],
    ['below zero and no top', 5, -3, {}, 'jumped', null],
  ]
  for (const [title, before, now, limits, how, delta] of table)
    t.same(counterDelta({ value: before, at: 0 }, { value: now, at: HOUR }, limits), { how, delta }, title)
  t.same(counterDelta({ value: 5, at: 10 }, { value: 9, at: 9 }, {}), { how: 'jumped', delta: null }, 'out of order')
})

t.test('F31: over the top again and again, nothing is lost and nothing invented', async () => {
  for (const bits of [16, 32]) {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 6_000 }), { minLength: 1, maxLength: 200 }), (steps) => {
        const modulus = 2 ** bits
        let shown = modulus - 3_000
        let counted = 0
        steps.forEach((step, i) => {
          const next = (shown + step) % modulus
          const at = i * 60_000
          const limits = { modulus, maxRate: 6_000 * 60 }
          counted += counterDelta({ value: shown, at }, { value: next, at: at + 60_000 }, limits).delta ?? NaN
          shown = next
        })
        return counted === steps.reduce((sum, step) => sum + step, 0)
      }),
    )
  }
})

t.test('F31: no delta is ever below zero, or above the rate', async () => {
  const value = fc.double({ min: -1e6, max: 1e6, noNaN: true })
  fc.assert(
    fc.property(value, value, fc.constantFrom(U16, U32, {}), fc.constantFrom(undefined, 10, 1e5), (a, b, top, rate) => {
      const limits: CounterLimits = { ...top, ...(rate === undefined ? {} : { maxRate: rate }) }
      const { delta } = counterDelta({ value: a, at: 0 }, { value: b, at: HOUR }, limits)
      return delta === null || (delta >= 0 && delta <= (rate ?? Infinity) * (1 + 1e-6))
    }),
  )
})

t.test('F31: where a counter comes round stands in its profile or in its type', async (t) => {
  const counter = (rest: Point): Point => ({ stat: 'counter', ...rest })
  const table: [string, Point, CounterLimits][] = [
    ['uint16', counter({ modbus: { address: 0 } }), { modulus: 65_536, step: 1 }],
    [
      'scaled uint32',
      counter({ modbus: { address: 0, type: 'uint32', scale: 0.01 } }),
      { modulus: 42_949_672.96, step: 0.01 },
    ],
    ['eight digits', counter({ modbus: { address: 0, type: 'bcd32' } }), { modulus: 100_000_000, step: 1 }],
    ['float', counter({ modbus: { address: 0, type: 'float32' } }), { precision: 2 ** -22 }],
    ['64 bits', counter({ modbus: { address: 0, type: 'uint64' } }), {}],
    ['a scale of another point', counter({ modbus: { address: 0, scale_from: [{ point: 'e', as: 'exponent' }] } }), {}],
    [
      'as written',
      counter({ wraps_at: 1e6, max_rate: 5, modbus: { address: 0 } }),
      { modulus: 1e6, maxRate: 5, step: 1 },
    ],
    ['over MQTT', counter({ mqtt: { path: 'n' } }), {}],
  ]
  for (const [title, point, limits] of table) t.same(counterLimits(point), limits, title)
})

t.test('F31: how much a counter grew in a window, through wraps, resets and gaps, and never too much', async (t) => {
  const MINUTE = 60_000
  const take = (limits: CounterLimits, ...samples: [minute: number, value: number][]) => {
    const window = growthWindow(limits, { overMs: HOUR })
    return samples.map(([minute, value]) => window.take({ value, at: minute * MINUTE }))
  }
  const steps = { ...U16, step: 1 }
  t.same(take(steps, [0, 10], [30, 14], [60, 15], [90, 21]), [
    { value: 0, isWhole: false },
    { value: 4, isWhole: false },
    { value: 5, isWhole: true },
    { value: 7, isWhole: true },
  ])
  t.same(take(steps, [0, 65_530], [60, 5]).at(-1), { value: 11, isWhole: true }, 'comes round')
  t.same(take(steps, [0, 30_000], [60, 12]).at(-1), { value: 12, isWhole: true }, 'begins anew')
  t.same(
    take(slow(steps, 100), [0, 30_000], [60, 20_000], [90, 20_010], [120, 20_030]),
    [
      { value: 0, isWhole: false },
      { value: 0, isWhole: false },
      { value: 10, isWhole: false },
      { value: 30, isWhole: true },
    ],
    'another meter: what it counted before is nobody’s, and an hour later all is known again',
  )
  t.same(take(steps, [0, 0], [240, 8]).at(-1), { value: 2, isWhole: true }, 'of a gap of four hours its share')
  t.same(take(steps, [0, 0], [50, 1], [45, 9]).at(-1), null, 'an older sample says nothing of now')
  t.same(
    growthWindow({}, { overMs: HOUR / 4, perMs: HOUR }, { value: 1.1, at: 0 }).take({ value: 3.6, at: HOUR / 4 }),
    { value: 10, isWhole: true },
    'a quarter’s energy as power, going on from what was stored',
  )
})

t.test('F31: a window sums up what the counter itself counted, whatever it did', async (t) => {
  const step = fc.record({ minutes: fc.integer({ min: 0, max: 20 }), starts: fc.integer({ min: 0, max: 50 }) })
  const holds = fc.check(
    fc.property(fc.array(step, { minLength: 1, maxLength: 300 }), fc.nat(65_535), (steps, first) => {
      const window = growthWindow({ ...U16, step: 1 }, { overMs: HOUR }, { value: first, at: 0 })
      let [at, count] = [0, first]
      const counted: { at: number; starts: number }[] = []
      for (const { minutes, starts } of steps) {
        ;[at, count] = [at + minutes * 60_000, (count + starts) % 65_536]
        counted.push({ at, starts })
        const { value } = window.take({ value: count, at })!
        const sum = (from: number) => counted.reduce((all, one) => all + (one.at > from ? one.starts : 0), 0)
        // Its edge is known to a sixtieth, and what a longer pause brought is shared out.
        if (value > sum(at - HOUR - 60_001) || value < sum(at - HOUR + 21 * 60_000)) return false
      }
      return true
    }),
  )
  t.notOk(holds.failed, JSON.stringify(holds.counterexample))
})

t.test(
  'a profile’s growth comes with its counter: uncertain until it is known, bad with it, usable by a rule',
  async (t) => {
    const file = 'devices/profiles/pump/grundfos-cim.yaml'
    const { profile } = readProfile(readFileSync(file, 'utf8'), file)
    const device: Device = { id: 'P', profile: profile!, asset: 'P', connection: 'c', unitId: 1 }
    const said: Batch[] = []
    const old: Reading = { device: 'P', point: 'starts', value: 95, quality: 'good', at: 0 }
    const emit = withGrowth(
      [device],
      (_, point) => (point === 'starts' ? old : undefined),
      async (batch) => void said.push(batch),
    )
    const say = async (point: string, value: number | null, at: number) => {
      const reading: Reading =
        value === null
          ? { device: 'P', point, value, quality: 'bad', reason: 'no_response', at }
          : { device: 'P', point, value, quality: 'good', at }
      await emit({ source: 'modbus:c', receivedAt: at, readings: [reading] }, 'flow')
      return said.at(-1)!.readings
    }
    t.match(await say('starts', 100, HOUR / 2), [
      { point: 'starts', value: 100 },
      { point: 'starts_hour', value: 5, quality: 'uncertain', reason: 'incomplete', at: HOUR / 2 },
    ])
    t.match(await say('starts', 112, HOUR), [{}, { point: 'starts_hour', value: 17, quality: 'good' }])
    t.match(await say('starts', null, HOUR + 1), [
      {},
      { point: 'starts_hour', value: null, quality: 'bad', reason: 'no_response' },
    ])
    t.match(await say('starts', 113, HOUR + 2), [{}, { value: 17, quality: 'good' }], 'a missed poll costs nothing')
    t.equal((await say('starts', 1, 5)).length, 1, 'nothing of what is late')
    t.equal((await say('run_hours', 5, HOUR)).length, 1)
    t.equal(profile!.points['starts_hour']?.modbus, undefined)
    const rule = compileCondition('starts_hour > 15.0', new Map([['starts_hour', 'double']]))
    t.ok('condition' in rule && rule.condition.evaluate({ starts_hour: 17 }), 'a rule may name it')
  },
)

t.test('a growth that cannot be reckoned is named where it stands', async (t) => {
  const file = 'devices/profiles/pump/grundfos-cim.yaml'
  const text = readFileSync(file, 'utf8')
  const cases: [what: string, growth: string, code: string][] = [
    ['no such point', '{ of: stats, over: 1h }', 'unknown_reference'],
    ['no counter', '{ of: outlet_pressure, over: 1h }', 'wrong_value'],
    ['no time', '{ of: starts, over: 0s }', 'wrong_value'],
    ['a wrong key', '{ of: starts, within: 1h }', 'unknown_key'],
  ]
  for (const [what, growth, code] of cases) {
    const { faults } = readProfile(text.replace('{ of: starts, over: 1h }', growth), file)
    t.ok(
      faults.some((fault) => fault.code === code),
      `${what}: ${JSON.stringify(faults)}`,
    )
  }
})
