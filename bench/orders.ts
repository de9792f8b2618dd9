import type { OrderClass } from '#devices/alarm-definition.ts'
import { supervisionStage } from '#rules/clocks/supervision.ts'
import type { Event } from '#rules/event.ts'
import { dispatch } from '#rules/orders/dispatch.ts'
import { OrderBook } from '#rules/orders/order.ts'
import type { Person } from '#rules/plan.ts'
import type { Figure } from './figure.ts'

const ORDERS = 5_000
const STAFF = 200
const AWAY = 40
const START = Date.UTC(2026, 11, 8)
const CLASSES: readonly OrderClass[] = ['P1', 'P2', 'P3', 'P4b', 'P8a', 'P8b']

/** 5,000 open orders and 200 people: finding whom an order goes to, and looking at every clock at once. */
export function benchOrders(): Figure[] {
  const shift = (from: number) => [{ from, to: from + 480 }]
  const rotation = { id: 'crews', days: [shift(0), shift(480), shift(960), []], from: '2026-01-05' }
  const staff = Array.from({ length: STAFF }, (_, i): Person => {
    const from = `2026-01-0${5 + (i % 4)}`
    const certificates = { officer: i % 3 === 0 ? '2026-06-30' : '2027-06-30' }
    const person = { id: `T${i}`, role: 'technician', regions: ['r'], skills: [`s${i % 5}`], duty: [], certificates }
    return { ...person, rotation: { ...rotation, from } }
  })
  const plan = { timeZone: 'Asia/Shanghai', staff, fallback: 'T0', certificates: { s0: 'officer', s1: 'officer' } }
  const book = new OrderBook(plan)
  for (let i = 0; i < ORDERS; i++) {
    book.apply(openedOf(i))
    book.apply(givenOf(i))
  }
  for (let i = 0; i < AWAY; i++) book.roster.apply(leaveOf(i))
  const decisions = Array.from({ length: 2_000 }, (_, i) => {
    const before = performance.now()
    const loads = book.loads()
    const wanted = { skill: `s${i % 5}`, region: 'r', passedOver: [] }
    dispatch(plan, wanted, (id) => loads.get(id) ?? 0, START + i * 60_000, book.roster)
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
    {
      name: '5,000 open orders, 200 people in rotations, 40 away: whom an order goes to, p99',
      value: decisions[1_980]!,
      unit: 'ms',
      goal: '≤ 5 ms',
    },
    { name: '5,000 open orders: all that is due at once, median of 9', value: sweeps[4]!, unit: 'ms', goal: '≤ 50 ms' },
    { name: '… their clocks after a restart', value: restoring, unit: 'ms' },
  ]
}

function openedOf(i: number): Event {
  const ids = { order: `W${i}`, incident: `R${i}`, alarm: `A${i}`, rule: `D${i}/hi`, asset: `D${i}` }
  const what = { class: CLASSES[i % CLASSES.length]!, skill: 's1', region: 'r', closesItself: false }
  return { type: 'order.opened', ...ids, ...what, trace: 'R1', seq: i + 1, at: START + i * 10_000, v: 1 }
}

function givenOf(i: number): Event {
  const why = { code: 'least_load', params: {} }
  const given = { type: 'order.dispatched', order: `W${i}`, assignee: `T${i % STAFF}`, why, trace: 'R1' } as const
  return { ...given, seq: ORDERS + i + 1, at: START, v: 1 }
}

function leaveOf(i: number): Event {
  const away = { leave: `V${i}`, person: `T${i * 5}`, from: START, to: START + 30 * 24 * 3_600_000 }
  return { type: 'roster.leave_granted', ...away, reason: 'leave', by: 'PM', trace: 'K1', seq: i + 1, at: START, v: 1 }
}

function timed(run: () => void): number {
  const before = performance.now()
  run()
  return performance.now() - before
}
