/** A weekend's pile on one morning: 189 orders, one person who handles them, a network that loses answers, and a restart. */
import t from 'tap'
import type { CommandBody } from '#rules/command.ts'
import type { Rule } from '#rules/plan.ts'
import { asset, rule } from '../rules/alarm-site.ts'
import { devicesOfTheDemo } from './part-of-the-demo.ts'
import { PushedGateway } from './pushed-gateway.ts'

const ORDERS = 189
const MINUTE = 60_000
const FROM = Date.parse('2026-12-14T08:00:00+08:00')

t.test('189 orders of one morning, handled by one person: none lost, none twice', { timeout: 200_000 }, async (t) => {
  const demo = devicesOfTheDemo(() => false)
  const ids = Array.from({ length: ORDERS }, (_, i) => `Q${i}`)
  const rules = ids.map((id): Rule => rule(id, { class: 'P4b', priority: 'low', validityMs: 24 * 60 * MINUTE }))
  const staff = demo.plan.staff.map((person) => ({ ...person, regions: ['north'] }))
  const plan = { ...demo.plan, rules, staff, assets: new Map(ids.map((id) => [id, asset(id, { homes: [] })])) }
  const gateway = new PushedGateway(t, { ...demo, plan }, FROM)
  await gateway.start()
  const says = (id: string, value: number, at: number) =>
    gateway.submit({ source: 'q', receivedAt: at, readings: [{ device: id, point: 'v', value, quality: 'good', at }] })

  // One comes in each minute, and each is mended twenty minutes later.
  ids.forEach((id, i) => {
    gateway.time.plan(FROM + i * MINUTE, () => void says(id, 99, FROM + i * MINUTE))
    gateway.time.plan(FROM + (i + 20) * MINUTE, () => void says(id, 0, FROM + (i + 20) * MINUTE))
  })
  /** Each step is sent twice under its key, as a phone does that heard no answer. */
  const done = new Map<string, number>()
  const send = (body: CommandBody & { order: string }) => {
    const id = `op/${body.type}-${body.order}`
    for (let turn = 0; turn < 2; turn++)
      void gateway.life.pipeline
        .command({ ...body, id, actor: 'op' } as never)
        .then((answer) => 'done' in answer && done.set(id, (done.get(id) ?? 0) + 1))
        .catch(() => {})
  }
  const by = 'PM'
  const handle = () => {
    const { items } = gateway.life.queries.list('orders', { state: 'open', limit: 1_000 })
    for (const { id: order, state } of items) {
      if (state === 'dispatched') send({ type: 'order.accept', order, by })
      else if (state === 'accepted') send({ type: 'order.arrive', order, by })
      else if (state === 'arrived') send({ type: 'order.finish', order, by })
      else if (state === 'verified') send({ type: 'order.close', order, by })
    }
  }
  for (let minute = 1; minute <= ORDERS + 30; minute++) {
    await gateway.runUntil(FROM + minute * MINUTE)
    if (minute === 100) {
      // What a sensor said and nobody acknowledged it says again; these say it once.
      await gateway.runUntil(FROM + minute * MINUTE + 5_000)
      gateway.kill()
      await gateway.start()
    }
    handle()
    await gateway.runUntil(FROM + minute * MINUTE + 10_000)
  }
  const opened = gateway.happened('order.opened')
  const closed = gateway.happened('order.closed')
  t.equal(opened.length, ORDERS)
  t.equal(new Set(opened.map(({ asset: of }) => of)).size, ORDERS, 'one for each')
  t.equal(closed.length, ORDERS)
  t.equal(new Set(closed.map(({ order }) => order)).size, ORDERS, 'none closed twice')
  for (const type of ['order.accepted', 'order.arrived', 'order.finished', 'order.verified'] as const)
    t.equal(gateway.happened(type).length, ORDERS, type)
  t.equal(gateway.life.queries.list('orders', { state: 'open', limit: 10 }).items.length, 0)
  t.ok([...done.values()].filter((times) => times === 2).length > ORDERS, 'the same answer to the same key')
})
