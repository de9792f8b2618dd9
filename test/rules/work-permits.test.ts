import t from 'tap'
import { at, orderSite } from './order-site.ts'

const CHECKS = { oxygenPercent: 20.8, attendant: 'T2' }

/** A planned order at A, accepted and arrived at, and the notice that tells of this work. */
function arrived(work = 'tank-cleaning') {
  const site = orderSite('P1')
  const due = at('8 16:00')
  site.does('6 10:00', {
    type: 'order.open',
    by: 'CE',
    class: 'P6',
    source: 'planned',
    skill: 'water',
    asset: 'A',
    due,
  })
  const { order } = site.of('order.opened')[0]!
  const times = { from: at('8 14:00'), to: due }
  const told = { kind: 'water-off', work, assets: ['A'], homes: ['B1-0101'], rules: [], ...times } as const
  t.equal(site.does('6 10:01', { type: 'notice.plan', ...told, by: 'CE', workOrder: order }), 'done')
  for (const type of ['order.accept', 'order.arrive'] as const) site.does('8 13:50', { type, order, by: 'T1' })
  const permit = (checks?: typeof CHECKS) =>
    site.does('8 13:52', { type: 'permit.open', asset: 'A', by: 'T1', reason: 'tank', ...(checks ? { checks } : {}) })
  const lock = () => site.does('8 13:51', { type: 'lockout.hang', asset: 'A', by: 'T1', reason: 'tank' })
  const step = (type: 'order.start' | 'order.finish', own = site) => own.does('8 13:55', { type, order, by: 'T1' })
  return { site, permit, lock, step }
}

t.test('a tank is entered with a checked permit only: locked out, fit air, somebody outside', async (t) => {
  const { permit, lock, step } = arrived()
  t.equal(step('order.start'), 'permit_needed')
  t.equal(step('order.finish'), 'permit_needed', 'nor is it finished without a beginning')
  t.equal(permit(CHECKS), 'lockout_needed')
  t.equal(lock(), 'done')
  for (const oxygenPercent of [19.4, 23.6]) t.equal(permit({ ...CHECKS, oxygenPercent }), 'air_unfit')
  t.equal(permit({ ...CHECKS, attendant: 'T1' }), 'second_person')
  t.equal(permit({ ...CHECKS, attendant: 'X' }), 'unknown_person')
  t.equal(permit(), 'done', 'a permit that says nothing of the air')
  t.equal(step('order.start'), 'permit_needed', '… is none for a tank')
  t.equal(permit({ ...CHECKS, oxygenPercent: 19.5 }), 'done')
  t.equal(step('order.start'), 'done')
  t.equal(step('order.finish'), 'done')
})

t.test('a permit that was closed is none; a restart forgets neither it nor the work', async (t) => {
  const { site, permit, lock, step } = arrived()
  lock()
  permit(CHECKS)
  const { permit: id } = site.of('permit.opened')[0]!
  const after = orderSite('P1', {}, site.flow)
  t.equal(site.does('8 13:53', { type: 'permit.close', permit: id, by: 'T1' }), 'done')
  t.equal(step('order.start'), 'permit_needed')
  t.equal(step('order.start', after), 'done', 'there it is still open')
  t.equal(step('order.start', orderSite('P1', {}, site.flow)), 'permit_needed')
})

t.test('work outside a tank needs none', async (t) => {
  const { step } = arrived('pump-repair')
  t.equal(step('order.start'), 'done')
})
