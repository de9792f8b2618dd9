import t from 'tap'
import type { Role } from '#gateway/role.ts'
import { openEstate } from './estate.ts'

const HOUR = 3_600_000
const added = `
handovers: [{ id: repairs, name: { zh-CN: 维修班, en: Repairs }, who: [technician], at: ['07:00', '19:00'] }]
deduction: 4
`
const STAFF = `  - { id: N1, role: technician, regions: [other], skills: [], duty: ['19:00-07:00'] }
  - { id: D1, role: technician, regions: [other], skills: [], duty: ['07:00-19:00'] }
  - { id: CE, role: chief, regions: [site], skills: [], duty: ['08:00-18:00'] }
  - { id: Q, role: quality, regions: [site], skills: [], duty: ['09:00-17:00'] }
`
type Estate = Awaited<ReturnType<typeof openEstate>>
const json = async (estate: Estate, role: Role, path: string) => (await (await estate.as(role, path)).json()) as never
type CaseView = { id: string; state: string; orderId: string; orderState: string; points: number; dueAt: string } & {
  explanation: { text: string } | null
  verdict: { verdict: string; by: string } | null
  name: { 'zh-CN': string }
}
type Sheet = {
  persons: Record<string, unknown>[]
  departments: Record<string, unknown>[]
  total: Record<string, unknown>
}

/** A low pressure that nobody mends for four hours. */
async function openOverdue(t: { teardown(end: () => unknown): void }) {
  const estate = await openEstate({ added, staff: STAFF })
  t.teardown(() => estate.close())
  await estate.say('P1', { outlet_pressure: 0.05 }, 24)
  await estate.order('field', '/api/v1/orders/W5/accept', 'accept-1', { by: 'T1' })
  estate.pass(4 * HOUR)
  await estate.say('P1', { outlet_pressure: 0.05 }, 2)
  return estate
}

t.test(
  'what reached level 3 is explained and judged; its order is closed without it',
  { timeout: 60_000 },
  async (t) => {
    const estate = await openOverdue(t)
    const { items } = (await json(estate, 'quality', '/api/v1/cases')) as { items: CaseView[] }
    t.match(items, [{ state: 'open', orderId: 'W5', points: 0, explanation: null, dueAt: /T00:00/ }])
    const { id } = items[0]!
    const send = async (role: Role, deed: string, body: object) => {
      const answer = await estate.order(
        role,
        `/api/v1/cases/${id}/${deed}`,
        `${role}-${deed}-${JSON.stringify(body).length}`,
        body,
      )
      return ((await answer.json()) as { code?: string }).code ?? answer.status
    }
    t.equal(await send('field', 'explain', { by: 'PM', text: 'x' }), 'forbidden')
    t.equal(await send('manager', 'explain', { by: 'PM', text: ' ' }), 'invalid_request')
    t.equal(await send('manager', 'explain', { by: 'PM', text: '备件未到' }), 200)
    const verdict = { by: 'PM', verdict: 'deducted', points: 2, text: '通知不及时' }
    t.equal(await send('quality', 'judge', { ...verdict, points: 3 }), 'not_quality')
    t.equal(await send('quality', 'judge', { ...verdict, by: 'Q' }), 200)
    const { items: after } = (await json(estate, 'quality', '/api/v1/cases?state=ended')) as { items: CaseView[] }
    t.match(after, [{ id, state: 'judged', points: 2, verdict: { verdict: 'deducted', by: 'Q' } }])
    t.match(await json(estate, 'manager', `/api/v1/cases/${id}`), {
      state: 'judged',
      explanation: { text: '备件未到' },
    })
    t.equal((await estate.as('quality', '/api/v1/cases/SC999')).status, 404)
  },
)

t.test('the score sheet of a month is counted from the journal, and opens in Excel', { timeout: 60_000 }, async (t) => {
  const estate = await openOverdue(t)
  const month = new Date(estate.now() + 8 * HOUR).toISOString().slice(0, 7)
  const sheet = (await json(estate, 'manager', `/api/v1/scores?month=${month}`)) as Sheet
  const one = { opened: 1, overdue: 1, settledInside: 0, level1: 1, level2: 1, level3: 1, points: 0 }
  t.match(
    sheet.persons.find(({ person }) => person === 'T1'),
    { department: 'engineering', ...one },
  )
  t.match(
    sheet.departments.find(({ department }) => department === 'engineering'),
    one,
  )
  const opened = sheet.persons.reduce((sum, line) => sum + Number(line['opened']), 0)
  t.equal(sheet.total['opened'], opened)
  const csv = await estate.as('quality', `/api/v1/scores?month=${month}&format=csv`)
  t.match(csv.headers.get('content-disposition'), `scores-${month}.csv`)
  const bytes = Buffer.from(await csv.arrayBuffer())
  t.strictSame([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf], 'a byte order mark')
  const lines = bytes.toString('utf8').slice(1).split('\r\n')
  t.equal(
    lines[0],
    '部门,人员,工单数,部门内办结,超时,一级督办,二级督办,三级督办,免责（网关停运）,扣分,表扬,评价数,平均星级',
  )
  t.ok(lines.includes('工程部,T1,1,0,1,1,1,1,0,0,0,0,'), csv.url)
  t.equal(lines.at(-1), '')
  t.equal((await estate.as('quality', '/api/v1/scores?month=2026-13')).status, 400)
  t.equal((await estate.as('quality', '/api/v1/scores?month=2126-01')).status, 400, 'not yet')
  const empty = (await json(estate, 'quality', '/api/v1/scores?month=2020-01')) as Sheet
  t.match(empty, { persons: [], total: { opened: 0 } })
})

t.test('a sheet shows what is open now, and keeps what was signed', { timeout: 60_000 }, async (t) => {
  const estate = await openEstate({ added, staff: STAFF })
  t.teardown(() => estate.close())
  await estate.say('P1', { outlet_pressure: 0.05 }, 24)
  const { order } = estate
  const eta = estate.now() + 30 * HOUR
  await order('field', '/api/v1/orders/W5/accept', 'accept-1', { by: 'T1' })
  await order('field', '/api/v1/orders/W5/update', 'update-1', {
    by: 'T1',
    text: 'pump',
    eta: new Date(eta).toISOString(),
  })
  await order('field', '/api/v1/assets/P1/lockouts', 'lock-hung-1', { by: 'T1', reason: 'open' })
  estate.pass(24 * HOUR)
  await estate.say('P1', { outlet_pressure: 0.05 }, 2)
  const { items } = (await json(estate, 'monitor', '/api/v1/handovers')) as { items: { id: string; state: string }[] }
  const last = items[0]!
  t.match(last, { state: 'open', name: { 'zh-CN': '维修班' }, changeAt: /T(07|19):00/ })
  const sheet = (id: string) => json(estate, 'field', `/api/v1/handovers/${id}`)
  const live = (await sheet(last.id)) as { items: { orders: { id: string }[]; standing: { assetName: object }[] } }
  t.match(
    live.items.orders.find(({ id }) => id === 'W5'),
    { assignee: 'T1', eta: /^20/, assetName: { en: 'Pumps' } },
  )
  t.match(live.items.standing.at(-1), { assetName: { en: 'Pumps' } })
  t.match(live, {
    isLive: true,
    items: {
      lockouts: { count: 1, still: [{ by: 'T1', reason: 'open' }] },
    },
  })
  const leaving = (last as unknown as { outgoing: string[] }).outgoing[0]!
  const sign = async (by: string, key: string, more = {}) => {
    const answer = await order('field', `/api/v1/handovers/${last.id}/sign`, key, { by, ...more })
    return ((await answer.json()) as { code?: string }).code ?? answer.status
  }
  t.equal(await sign('T1', 'sign-key-0'), 'not_on_shift', 'who stays day and night hands nothing over')
  t.equal(await sign(leaving, 'sign-key-1', { note: '钥匙在柜里' }), 200)
  t.equal(await sign(leaving, 'sign-key-1', { note: '钥匙在柜里' }), 200, 'the same again')
  t.equal(await sign(leaving, 'sign-key-2'), 'already_signed')
  t.match(await sheet(last.id), { isLive: false, state: 'open', signatures: [{ by: leaving, note: '钥匙在柜里' }] })
  t.equal(await sign(leaving === 'N1' ? 'D1' : 'N1', 'sign-key-3'), 200)
  t.match(await sheet(last.id), { state: 'signed', isLive: false })
})
