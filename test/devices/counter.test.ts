import fc from 'fast-check'
import t from 'tap'
import { counterDelta, type CounterLimits, counterLimits } from '#devices/counter.ts'
import type { Point } from '#devices/point.ts'

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
