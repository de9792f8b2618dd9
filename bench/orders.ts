import type { OrderClass } from '#devices/alarm-definition.ts'
import { supervisionStage } from '#rules/clocks/supervision.ts'
import type { Event } from '#rules/event.ts'
import { dispatch } from '#rules/orders/dispatch.ts'
import { OrderBook } from '#rules/orders/order.ts'
import type { Person } from '#rules/plan.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { orderView } from '#gateway/api/views/order-view.ts'
import type { Site } from '#gateway/site/site.ts'
import { StoreCore } from '#gateway/store/core.ts'
import { Projections } from '#gateway/store/projections.ts'
import { Queries } from '#gateway/store/queries.ts'
import { type Figure, percentile } from './figure.ts'

const ORDERS = 5_000
const STAFF = 200
const AWAY = 40
const START = Date.UTC(2026, 11, 8)
const CLASSES: readonly OrderClass[] = ['P1', 'P2', 'P3', 'P4b', 'P8a', 'P8b']

const YEAR_OF_ORDERS = 100_000
const OPEN_OF_THEM = 300
const LOOKS = 400

/** 5,000 open orders and 200 people: finding whom an order goes to, and looking at every clock at once. */
export async function benchOrders(): Promise<Figure[]> {
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
    ...(await listOfAYear()),
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

/** A page of 50 as people read it, newest first, deep in the past, of one person, of those that are open. */
async function listOfAYear(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-bench-orders-'))
  try {
    new StoreCore(folder).close()
    fill(join(folder, 'journal.db'))
    const queries = new Queries(folder)
    const site = { plan: { timeZone: 'Asia/Shanghai', rules: [], assets: new Map(), settings: {} } } as unknown as Site
    const clock = { now: () => START, wallOffsetMs: () => 0 }
    const view = orderView(site, { of: async () => [] } as never, clock)
    const times: number[] = []
    for (let i = 0; i < LOOKS; i++) {
      const before = Math.floor(((i * 7_919) % YEAR_OF_ORDERS) + 1)
      const asked = [
        { limit: 50 },
        { limit: 50, before },
        { limit: 50, state: 'open' as const },
        { limit: 50, assignee: `T${i % STAFF}`, before },
        { limit: 50, state: 'ended' as const, before },
      ][i % 5]!
      const started = performance.now()
      await Promise.all(queries.list('orders', asked).items.map(view))
      times.push(performance.now() - started)
    }
    queries.close()
    const name = 'a year of 100,000 orders: a page of 50, p99'
    return [{ name, value: percentile(times, 0.99), unit: 'ms', goal: '≤ 50 ms' }]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** One order as the projections make it, a hundred thousand times. */
function fill(path: string): void {
  const db = new DatabaseSync(path)
  const rows = new Projections(db)
  const steps = [
    { ...openedOf(0), seq: 1 },
    { type: 'order.dispatched', order: 'W0', assignee: 'T1', why: { code: 'least_load', params: { load: 1 } } },
    { type: 'order.accepted', order: 'W0', by: 'T1', alarms: ['A0'] },
    { type: 'order.arrived', order: 'W0', by: 'T1', scan: { asset: 'D0', via: 'qr' } },
    { type: 'order.finished', order: 'W0', by: 'T1', finding: 'seal replaced, pressure back', minutes: 35 },
  ]
  steps.forEach((step, i) => rows.apply({ trace: 'R1', v: 1, at: START, ...step, seq: i + 1 } as Event))
  const { doc } = db.prepare("select doc from orders where id = 'W0'").get() as { doc: string }
  const order = JSON.parse(doc) as object
  const insert = db.prepare('insert into orders (id, seq, open, doc) values (?, ?, ?, ?)')
  db.exec('begin')
  for (let i = 1; i <= YEAR_OF_ORDERS; i++) {
    const isOpen = i > YEAR_OF_ORDERS - OPEN_OF_THEM
    const over = isOpen ? {} : { state: 'closed', closedAt: START }
    const row = { ...order, ...over, id: `W${i}`, assignee: `T${i % STAFF}`, openedAt: START + i * 300_000 }
    insert.run(row.id, i + 10, isOpen ? 1 : 0, JSON.stringify(row))
  }
  db.exec('commit')
  db.close()
}
