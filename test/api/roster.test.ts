import t from 'tap'
import { PERMISSIONS } from '#gateway/api/permissions.ts'
import { type Estate, open, person, send } from './browser.ts'

const CSV = 'id,name,phone,email\nT1,张伟,+86 139-1234-5678,zw@example.org\nT2,Li Na,13800001111,\n'
type Json = Record<string, unknown>

async function as(
  estate: Estate,
  role: Parameters<Estate['as']>[0],
  path: string,
): Promise<{ status: number; json: Json; text: string }> {
  const answer = await estate.as(role, path)
  const text = await answer.text()
  return { status: answer.status, text, json: JSON.parse(text) as Json }
}
let keys = 0
async function order(estate: Estate, role: Parameters<Estate['order']>[0], path: string, body: unknown) {
  const answer = await estate.order(role, path, `roster-key-${++keys}`, body)
  return { status: answer.status, json: (await answer.json()) as Json }
}
const importing = (estate: Estate, csv: string) => order(estate, 'manager', '/api/v1/people/import', { csv })
const eventsOf = ({ queries }: Estate) => queries.eventsAfter(0, 10_000)
const told = (estate: Estate, family: string) => eventsOf(estate).filter(({ type }) => type.startsWith(family))

t.test(
  'S32, S33: names come in from a file, are shown to few, numbers in part; and no event, log or other file has them',
  async (t) => {
    const estate = await open(t)
    t.strictSame((await importing(estate, CSV)).json, { added: 2, changed: 0, unchanged: 0 })
    t.strictSame(
      (await importing(estate, `\uFEFF${CSV.replaceAll('\n', '\r\n')}`)).json,
      { added: 0, changed: 0, unchanged: 2 },
      'the same file again changes nothing',
    )
    t.strictSame((await importing(estate, CSV.replace('Li Na', 'Li Nan'))).json, { added: 0, changed: 1, unchanged: 1 })
    const ofManager = (await as(estate, 'manager', '/api/v1/roster')).json['people'] as Json[]
    t.match(ofManager[0], { id: 'T1', name: '张伟', phone: '139****5678' })
    for (const role of ['field', 'steward', 'quality'] as const) {
      const { text } = await as(estate, role, '/api/v1/roster')
      t.notMatch(text, /张伟|5678/, role)
    }
    t.notMatch((await as(estate, 'manager', '/api/v1/roster')).text, /13912345678/)
    t.match(told(estate, 'private.'), [
      { type: 'private.changed', kind: 'staff', subjects: ['staff:T1', 'staff:T2'] },
      { type: 'private.changed', kind: 'staff', subjects: ['staff:T2'] },
    ])
    t.notMatch(JSON.stringify([eventsOf(estate), estate.logged]), /张伟|1391234|example.org/)
    t.match((await order(estate, 'admin', '/api/v1/people/T1/erase', {})).json, { erased: true })
    t.equal(estate.secrets.get('staff', 'T1'), null)
    t.match(told(estate, 'private.').at(-1), { type: 'private.erased', subject: 'staff:T1' })
  },
)

t.test('a file changes what it has columns for, and an empty cell is nothing', async (t) => {
  const estate = await open(t)
  const doc = () => estate.secrets.get('staff', 'T1')?.doc
  await importing(estate, 'id,name,phone,email,wecom\nT1,Zhang Wei,13912345678,zw@example.org,zhang.wei\n')
  t.strictSame(doc(), { name: 'Zhang Wei', phone: '13912345678', email: 'zw@example.org', wecom: 'zhang.wei' })
  t.match((await importing(estate, 'id,name,phone\nT1,Zhang Wei,13912345678\n')).json, { unchanged: 1 })
  await importing(estate, '工号,姓名,手机,企业微信\nT1,Zhang Wei,13900000009,zw2\n')
  t.strictSame(doc(), { name: 'Zhang Wei', phone: '13900000009', email: 'zw@example.org', wecom: 'zw2' })
  await importing(estate, 'wecom,id,name,phone,email\n,T1,Zhang Wei,13900000009,\n')
  t.strictSame(doc(), { name: 'Zhang Wei', phone: '13900000009' })
  const { json } = await importing(estate, 'id,name,phone,wecom\nT1,Zhang Wei,13900000009,a member?\n')
  t.match(json, { code: 'bad_rows', rows: [{ line: 2, column: 'wecom', code: 'wrong_value' }] })
})

t.test('a file with bad rows is named row by row, and nothing of it is done', async (t) => {
  const estate = await open(t)
  const csv = [
    '工号,姓名,电话,邮箱',
    'T1,张伟,13912345678,',
    'T9,Nobody,13900000000,',
    'T2,,call me,not-mail',
    'T1,Twice,13900000001,',
    '"S1","Li ""Na""",13800001111,',
  ].join('\n')
  const { status, json } = await importing(estate, csv)
  t.equal(status, 400)
  t.match(json, { code: 'bad_rows', params: { count: 5 } })
  t.strictSame(
    (json['rows'] as Json[]).map(({ line, column, code }) => `${String(line)} ${String(column)} ${String(code)}`),
    ['3 id unknown_person', '4 name missing_key', '4 phone wrong_value', '4 email wrong_value', '5 id duplicate_id'],
  )
  t.strictSame(estate.secrets.list('staff'), [])
  for (const [text, code] of [
    ['', 'missing_key'],
    ['name,phone\nX,1', 'missing_key'],
  ] as const)
    t.match((await importing(estate, text)).json['rows'], [{ code }])
})

t.test('leave, swaps and certificates over the interface; the week shows them, and who is there', async (t) => {
  const estate = await open(t)
  const [from, to] = ['2026-01-06T08:00:00+08:00', '2026-01-06T18:00:00+08:00']
  const leave = await order(estate, 'manager', '/api/v1/people/T1/leave', { by: 'PM', from, to, reason: 'sick' })
  t.equal(leave.status, 200)
  t.equal(
    (await order(estate, 'manager', '/api/v1/people/T1/leave', { by: 'PM', from, to, reason: 'sick' })).status,
    409,
  )
  t.equal(
    (await order(estate, 'manager', '/api/v1/people/T1/leave', { by: 'PM', from: to, to: from, reason: 'sick' }))
      .status,
    400,
  )
  t.equal(
    (await order(estate, 'field', '/api/v1/people/T1/leave', { by: 'T1', from, to, reason: 'leave' })).status,
    403,
  )
  t.equal((await order(estate, 'manager', '/api/v1/people/T2/duty', { by: 'PM', from, to, instead: 'S1' })).status, 200)
  t.equal(
    (
      await order(estate, 'engineer', '/api/v1/people/T2/certificates', {
        by: 'PM',
        certificate: 'lift-officer',
        until: '2026-02-03',
      })
    ).status,
    200,
  )
  t.equal(
    (
      await order(estate, 'engineer', '/api/v1/people/T2/certificates', {
        by: 'PM',
        certificate: 'lift-officer',
        until: '2026-02-30',
      })
    ).status,
    400,
  )
  const { json } = await as(estate, 'manager', '/api/v1/roster?from=2026-01-05&days=3')
  const people = json['people'] as Record<string, Json[]>[]
  const [t1, t2] = ['T1', 'T2'].map((id) => people.find((who) => (who['id'] as unknown) === id)!)
  t.match(t1!['leaves'], [
    { reason: 'sick', from: '2026-01-06T08:00:00.000+08:00', to: '2026-01-06T18:00:00.000+08:00' },
  ])
  t.match(t1!['presence'], [{ to: '2026-01-06T08:00:00.000+08:00' }, { from: '2026-01-06T18:00:00.000+08:00' }])
  t.match(t2!['changes'], [{ person: 'T2', instead: 'S1' }])
  t.match(t2!['certificates'], [{ kind: 'lift-officer', until: '2026-02-03', days: 29 }])
  const coverage = json['coverage'] as { skill: string; gaps: Json[] }[]
  t.same(
    coverage.filter(({ skill }) => skill === 'water').flatMap(({ gaps }) => gaps),
    [],
    'T2 is there',
  )
  const ahead = await as(estate, 'monitor', '/api/v1/roster/coverage?days=2')
  t.match(ahead.json['items'], [{ region: 'site' }])
  for (const role of ['field', 'steward', 'agent', 'quality', 'monitor'] as const) {
    const { text } = await as(estate, role, '/api/v1/roster?from=2026-01-05&days=3')
    t.match(text, /"reason":"absent"/, role)
    t.notMatch(text, /sick/, `S33 why is nobody's business but theirs who plan: ${role}`)
  }
  for (const role of PERMISSIONS.readOrders) {
    const gone = new AbortController()
    const stream = await estate.as(role, '/api/v1/events?after=0', { signal: gone.signal })
    let said = ''
    for await (const chunk of stream.body!) {
      said += Buffer.from(chunk as Uint8Array).toString('utf8')
      if (said.includes('roster.duty_added')) break
    }
    gone.abort()
    t.match(said, /roster\.leave_granted/, role)
    t.notMatch(said, /sick/, `nor is it told live: ${role}`)
  }
  const [{ id }] = t1!['leaves'] as [{ id: string }]
  t.equal((await order(estate, 'manager', `/api/v1/leaves/${id}/end`, { by: 'PM' })).status, 200)
  t.equal((await order(estate, 'manager', `/api/v1/leaves/${id}/end`, { by: 'PM' })).status, 404)
})

t.test('who leaves is disabled and hands over in one action', async (t) => {
  const estate = await open(t)
  const leaver = await person(estate, 'li', 'field', 'T1')
  await estate.say('P1', { outlet_pressure: 0.1, running: true }, 120)
  const mine = async () =>
    ((await as(estate, 'manager', '/api/v1/orders')).json['items'] as Json[]).map(({ assignee }) => assignee)
  t.ok((await mine()).includes('T1'))
  t.equal((await order(estate, 'manager', '/api/v1/people/T1/leave-for-good', { by: 'PM', handTo: 'T2' })).status, 200)
  t.notOk((await mine()).includes('T1'))
  t.ok((await mine()).includes('T2'))
  t.equal((await send(estate, '/api/v1/session', { cookie: leaver.cookie })).status, 401, 'and is shut out')
  t.match(told(estate, 'access.account_disabled').length, 1)
})

t.test(
  'S30: a contractor sees the assets it is listed for, and of all others only that they are not there',
  async (t) => {
    const estate = await open(t)
    await estate.say('P1', { outlet_pressure: 0.1, running: true }, 120)
    const items = async (path: string) =>
      (await as(estate, 'manager', path)).json['items'] as { id: string; assets?: string[] }[]
    const [foreign] = await items('/api/v1/orders')
    const [foreignAlarm] = await items('/api/v1/alarms')
    t.ok(foreign && foreignAlarm)
    const contractor = await person(estate, 'liftco', 'contractor', 'LC')
    const get = (path: string) => send(estate, path, { cookie: contractor.cookie })
    t.strictSame((await get('/api/v1/orders')).json.items, [])
    t.strictSame((await get('/api/v1/alarms')).json.items, [])
    const absent = await get('/api/v1/orders/W999')
    for (const path of [`/api/v1/orders/${foreign!.id}`, `/api/v1/alarms/${foreignAlarm!.id}`]) {
      const answer = await get(path)
      t.equal(answer.status, 404, path)
      t.equal(answer.text, absent.text, 'the same answer as for what never was')
    }
    const accept = await send(estate, `/api/v1/orders/${foreign!.id}/accept`, {
      method: 'POST',
      cookie: contractor.cookie,
      headers: { 'idempotency-key': 'contractor-1' },
      body: { by: 'LC' },
    })
    t.equal(accept.status, 404)
    const photo = { by: 'LC', kind: 'before', key: 'a'.repeat(32), size: 9 }
    const rows: [path: string, body: object][] = [
      [`orders/${foreign!.id}/arrive`, { by: 'LC' }],
      [`orders/${foreign!.id}/finish`, { by: 'LC' }],
      [`orders/${foreign!.id}/update`, { by: 'LC', text: 'x' }],
      [`orders/${foreign!.id}/photos`, photo],
      [`tasks/${foreign!.id}-rescue/accept`, { by: 'LC' }],
    ]
    for (const [i, [path, body]] of rows.entries()) {
      const headers = { 'idempotency-key': `contractor-foreign-${i}` }
      const sent = await send(estate, `/api/v1/${path}`, { method: 'POST', cookie: contractor.cookie, headers, body })
      t.equal(sent.status, 404, path)
    }
    t.equal((await get(`/api/v1/orders/${foreign!.id}/photos/${'a'.repeat(64)}`)).status, 404, 'nor its pictures')
    const site = (await get('/api/v1/site')).json as unknown as { assets: { id: string }[]; staff: { id: string }[] }
    t.strictSame([site.assets.map(({ id }) => id), site.staff.map(({ id }) => id)], [['L1'], ['LC']])
    for (const path of ['/api/v1/roster', '/api/v1/devices', '/api/v1/silences', '/api/v1/events'])
      t.equal((await get(path)).status, 403, path)
    const nobody = await as(estate, 'contractor', '/api/v1/orders')
    t.strictSame(nobody.json['items'], [], 'and who is nobody on the list sees nothing')
  },
)
