import type { OrderClass } from '#devices/alarm-definition.ts'
import { supervisionStage } from '#rules/clocks/supervision.ts'
import type { Event } from '#rules/event.ts'
import { dispatch } from '#rules/orders/dispatch.ts'
import type { Person } from '#rules/plan.ts'
import type { Figure } from './figure.ts'

const ORDERS = 5_000
const STAFF = 200
const START = Date.UTC(2026, 11, 8)
const CLASSES: readonly OrderClass[] = ['P1', 'P2', 'P3', 'P4b', 'P8a', 'P8b']

/** 5,000 open orders and 200 people: finding whom an order goes to, and looking at every clock at once. */
export function benchOrders(): Figure[] {
  const staff = Array.from({ length: STAFF }, (_, i): Person => {
    const duty = [{ from: (i % 3) * 480, to: (i % 3) * 480 + 480 }]
    return { id: `T${i}`, role: 'technician', regions: ['r'], skills: [`s${i % 5}`], duty }
  })
  const plan = { timeZone: 'Asia/Shanghai', staff, fallback: 'T0' }
  const decisions = Array.from({ length: 2_000 }, (_, i) => {
    const before = performance.now()
    dispatch(plan, { skill: `s${i % 5}`, region: 'r', passedOver: [] }, (id) => id.length, START + i * 60_000)
    return performance.now() - before
  }).toSorted((a, b) => a - b)

  const stage = supervisionStage(plan)
  for (let i = 0; i < ORDERS; i++) stage.apply(openedOf(i))
  const snapshot = stage.snapshot()
  const again = supervisionStage(plan)
  const restoring = timed(() => again.restore(snapshot))
  const sweeps = Array.from({ length: 9 }, () =>
    timed(() => again.decide({ type: 'tick' }, { at: START + 30 * 24 * 3_600_000, seq: ORDERS + 1 })),
  ).toSorted((a, b) => a - b)
  return [
    { name: '200 people: whom an order goes to, p99', value: decisions[1_980]!, unit: 'ms', goal: '≤ 5 ms' },
    { name: '5,000 open orders: all that is due at once, median of 9', value: sweeps[4]!, unit: 'ms', goal: '≤ 50 ms' },
    { name: '… their clocks after a restart', value: restoring, unit: 'ms' },
  ]
}

function openedOf(i: number): Event {
  const ids = { order: `W${i}`, incident: `R${i}`, alarm: `A${i}`, rule: `D${i}/hi`, asset: `D${i}` }
  const what = { class: CLASSES[i % CLASSES.length]!, skill: 's1', region: 'r', closesItself: false }
  return { type: 'order.opened', ...ids, ...what, trace: 'R1', seq: i + 1, at: START + i * 10_000, v: 1 }
}

function timed(run: () => void): number {
  const before = performance.now()
  run()
  return performance.now() - before
}
