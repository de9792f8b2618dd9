import t from 'tap'
import type { Role } from '#gateway/role.ts'
import { openEstate } from './estate.ts'

const LIST = `home,role,name,phone,email,consent,from
B1-0101,tenant,Tang,13900000101,,yes,2025-01-01
B1-0202,owner,Far,13900008888,,yes,2025-01-01
`
const AGENT = "  - { id: A, role: agent, regions: [site], skills: [service], duty: ['00:00-24:00'] }\n"

type Body = Record<string, unknown>

async function open(t: { teardown(close: () => Promise<void>): void }) {
  const estate = await openEstate({ staff: AGENT })
  t.teardown(() => estate.close())
  await estate.as('admin', '/api/v1/households/import', {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: LIST,
  })
  let keys = 0
  return {
    ...estate,
    async post(role: Role, path: string, body: object, key = `key-of-intake-${++keys}`) {
      const answer = await estate.order(role, `/api/v1${path}`, key, body)
      return { status: answer.status, body: (await answer.json()) as Body }
    },
    /** As somebody of the staff who signed in. */
    async postAs(person: string, role: Role, path: string, body: object) {
      const link = estate.access.links.create({ role, person, ttlMs: null, uses: null })
      const entered = await fetch(`${estate.url}/enter/${link}`, { redirect: 'manual' })
      const cookie = entered.headers.get('set-cookie')!.split(';')[0]!
      const headers = {
        cookie,
        origin: estate.url,
        'content-type': 'application/json',
        'idempotency-key': `key-as-${++keys}`,
      }
      const answer = await fetch(`${estate.url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
      return { status: answer.status, body: (await answer.json()) as Body }
    },
    look: async (order: unknown, role: Role = 'agent') =>
      (await (await estate.as(role, `/api/v1/orders/${String(order)}`)).json()) as Body,
    contact: (home: string) => estate.register.ofHome(home)[0]!.id,
    journal: () => JSON.stringify(estate.queries.eventsAfter(0, 10_000)),
  }
}

const COMPLAINT = {
  by: 'A',
  class: 'P5',
  source: 'resident',
  home: 'B1-0202',
  text: 'Nobody told me of the water.',
} as const

t.test('S30 what was said and who said it is sealed; the journal, and who may not ring up, know neither', async (t) => {
  const estate = await open(t)
  const answer = await estate.post('agent', '/orders', { ...COMPLAINT, phone: '13712345678', name: 'Ms Wei' })
  t.match(answer, { status: 200, body: { done: ['order.opened'], order: /^W\d+$/ } })
  const { order } = answer.body
  t.match(await estate.look(order), {
    class: 'P5',
    state: 'dispatched',
    source: 'resident',
    openedBy: 'A',
    owner: 'A',
    assignee: 'S1',
    home: 'B1-0202',
    name: { 'zh-CN': '投诉', en: 'Complaint' },
    alarmIds: [],
    reports: [{ text: COMPLAINT.text, name: 'Ms Wei', phone: '13712345678', reporter: null }],
    clocks: [{ clock: 'ack' }, { clock: 'restore', latestAt: /T/ }, { clock: 'feedback' }],
  })
  t.match(await estate.look(order, 'monitor'), { reports: [{ phone: '137****5678' }] })
  for (const secret of ['13712345678', 'Wei', 'water']) t.notMatch(estate.journal(), secret, secret)
  t.notMatch(estate.logged.join(), '13712345678')
})

t.test('sent twice it is one order; other words under the same key are refused', async (t) => {
  const estate = await open(t)
  const [first, again] = [
    await estate.post('agent', '/orders', COMPLAINT, 'key-call-1'),
    await estate.post('agent', '/orders', COMPLAINT, 'key-call-1'),
  ]
  t.strictSame(again, first)
  const other = await estate.post('agent', '/orders', { ...COMPLAINT, text: 'Something else' }, 'key-call-1')
  t.match(other, { status: 409, body: { code: 'command_reused' } })
  t.match(await estate.look(first.body['order']), { reports: [{ text: COMPLAINT.text }] })
  t.equal(estate.queries.list('orders', { limit: 9 }).items.length, 1)
})

t.test('each kind finds who does it, and what cannot be is refused without a trace of the words', async (t) => {
  const estate = await open(t)
  const cases: readonly [string, object, number, object][] = [
    [
      'a fault of an asset',
      { class: 'P2', asset: 'P1', text: 'noise' },
      200,
      { skill: 'water', region: 'site', assetName: { en: 'Pumps' } },
    ],
    [
      'an enquiry at the door',
      { class: 'P5q', place: 'B1', text: 'opening hours' },
      200,
      { skill: 'notices', place: 'B1', assetName: { en: 'Building 1' } },
    ],
    [
      'a repair, with its trade',
      { class: 'P4b', home: 'B1-0101', skill: 'electric', text: 'socket' },
      200,
      { skill: 'electric' },
    ],
    ['a repair of nobody', { class: 'P4b', home: 'B1-0101', text: 'socket' }, 400, {}],
    [
      'planned work',
      {
        class: 'P6',
        asset: 'L1',
        skill: 'water',
        text: 'half-month service',
        due: '2026-01-18T10:00:00+08:00',
        latest: '2026-01-20T10:00:00+08:00',
      },
      200,
      { due: '2026-01-18T10:00:00.000+08:00' },
    ],
    ['a home that is none', { class: 'P5', home: 'B9-0101', text: 'x' }, 404, {}],
    ['an asset that is none', { class: 'P2', asset: 'X', skill: 'water', text: 'x' }, 404, {}],
    ['a place that is none', { class: 'P2', place: 'B9', skill: 'water', text: 'x' }, 400, {}],
    ['nothing said', { class: 'P2', asset: 'P1', text: ' ' }, 400, {}],
    ['somebody in danger', { class: 'P0', asset: 'L1', text: 'x' }, 400, {}],
  ]
  for (const [name, body, status, seen] of cases) {
    const answer = await estate.post('agent', '/orders', { by: 'A', ...body })
    t.equal(answer.status, status, name)
    if (status === 200) t.match(await estate.look(answer.body['order']), seen, name)
  }
  t.equal(estate.secrets.list('report').length, 4)
})

t.test('a number that is on file is a contact; erased, the words are gone and the order stays', async (t) => {
  const estate = await open(t)
  const { body } = await estate.post('agent', '/orders', { ...COMPLAINT, home: 'B1-0101', phone: '+86 139 0000 0101' })
  const contact = estate.contact('B1-0101')
  t.match(await estate.look(body['order']), { reports: [{ reporter: contact, name: 'Tang', text: COMPLAINT.text }] })
  await estate.post('admin', `/contacts/${contact}/erase`, {})
  t.match(await estate.look(body['order']), {
    home: 'B1-0101',
    reports: [{ reporter: contact, name: null, phone: null, text: null }],
  })
})

t.test("S02 a steward works at her own complaints in nobody else's name, and does not close them", async (t) => {
  const estate = await open(t)
  const { body } = await estate.post('agent', '/orders', COMPLAINT)
  const path = `/orders/${String(body['order'])}`
  t.match(await estate.postAs('S1', 'steward', `${path}/accept`, { by: 'A' }), { status: 403 })
  t.match(await estate.postAs('S1', 'steward', `${path}/accept`, { by: 'S1' }), { status: 200 })
  t.match(await estate.postAs('S1', 'steward', `${path}/finish`, { by: 'S1', finding: 'number added' }), {
    status: 200,
  })
  t.match(await estate.postAs('S1', 'steward', `${path}/close`, { by: 'S1' }), {
    status: 409,
    body: { code: 'second_person' },
  })
  const called = { reached: true, solved: true }
  t.match(
    await estate.postAs('S1', 'steward', `${path}/call-back`, { by: 'A', ...called }),
    { status: 403 },
    'not as somebody else',
  )
  t.match(await estate.postAs('S1', 'steward', `${path}/call-back`, { by: 'S1', ...called }), {
    body: { code: 'second_person' },
  })
  t.match(await estate.postAs('A', 'agent', `${path}/call-back`, { by: 'A', ...called }), { status: 200 })
  t.match(await estate.look(body['order']), { state: 'closed', closedBy: 'caretaker' })
})

t.test('an appointment is a promise that the page of the order shows', async (t) => {
  const estate = await open(t)
  const { body } = await estate.post('agent', '/orders', {
    by: 'A',
    class: 'P4b',
    home: 'B1-0101',
    skill: 'water',
    source: 'resident',
    text: 'tap',
  })
  const path = `/orders/${String(body['order'])}`
  t.match(await estate.post('agent', `${path}/appoint`, { by: 'A', for: '2026-01-07T15:00:00+08:00' }), { status: 200 })
  t.match(await estate.look(body['order']), {
    appointment: { by: 'A', for: '2026-01-07T15:00:00.000+08:00' },
    clocks: [
      { clock: 'ack', state: 'met' },
      { clock: 'arrive', dueAt: '2026-01-07T15:00:00.000+08:00' },
      { clock: 'restore', dueAt: '2026-01-07T20:00:00.000+08:00' },
    ],
  })
})
