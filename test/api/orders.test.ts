import t from 'tap'
import { openEstate } from './estate.ts'

type Body = Record<string, unknown> & { code?: string; params?: Record<string, unknown> }

/** An estate with one order for its pumps, dispatched. */
async function estateWithOrder(test: { teardown(end: () => unknown): void }) {
  const estate = await openEstate()
  test.teardown(() => estate.close())
  await estate.say('P1', { outlet_pressure: 0.05 }, 24)
  const { items } = (await (await estate.as('manager', '/api/v1/orders')).json()) as { items: { id: string }[] }
  const { id } = items[0]!
  const get = async (path: string, headers: Record<string, string>) => {
    const answer = await fetch(estate.url + path, { headers })
    return { status: answer.status, body: (await answer.json()) as Body }
  }
  let keys = 0
  return {
    estate,
    id,
    look: async () => (await get(`/api/v1/orders/${id}`, { authorization: `Bearer ${estate.tokens.manager}` })).body,
    get,
    post: async (
      step: string,
      body: object,
      role: 'field' | 'manager' | 'agent' = 'field',
      key = `key-${++keys}-of-test`,
    ) => {
      const answer = await estate.order(role, `/api/v1/orders/${id}/${step}`, key, body)
      return { status: answer.status, body: (await answer.json()) as Body }
    },
  }
}

t.test('F63 a hundred accept one order at the same time: one has it, the others learn who', async (t) => {
  const { post, look } = await estateWithOrder(t)
  const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => post('accept', { by: i % 2 ? 'T1' : 'T2' })))
  const won = answers.filter(({ status }) => status === 200)
  t.equal(won.length, 1)
  const { assignee } = await look()
  for (const { status, body } of answers.filter((answer) => !won.includes(answer)))
    t.match({ status, body }, { status: 409, body: { code: 'already_accepted', params: { by: assignee } } })
})

t.test(
  'a phone that was offline sends the same again, in its order: each once, with the time of the phone',
  async (t) => {
    const { post, look, estate } = await estateWithOrder(t)
    const asset = (
      (await (await estate.as('manager', '/api/v1/asset-tags')).json()) as { items: { asset: string; tag: string }[] }
    ).items.find((item) => item.asset === 'P1')!
    const deviceAt = '2026-01-05T09:58:00+08:00'
    const steps = [
      ['accept', {}],
      ['arrive', { tag: asset.tag }],
      ['finish', { finding: 'seal', minutes: 12 }],
    ] as const
    for (const again of [false, true])
      for (const [step, more] of steps) {
        const body = { by: 'T1', deviceAt, ...more }
        t.equal((await post(step, body, 'field', `phone-key-${step}`)).status, 200, `${step} ${again ? 'again' : ''}`)
      }
    t.match(await look(), {
      state: 'restored',
      arrival: { at: '2026-01-05T09:58:00.000+08:00', scan: { asset: 'P1', via: 'qr' } },
      finishedBy: 'T1',
      minutes: 12,
    })
    const late = estate.queries.eventsAfter(0, 1_000).filter(({ deviceAt: at }) => at !== undefined)
    t.strictSame(
      late.filter(({ type }) => type.startsWith('order.')).map(({ type }) => type),
      ['order.accepted', 'order.arrived', 'order.finished'],
      'each once',
    )
    t.ok(
      late.every(({ at, deviceAt: phone }) => phone === Date.parse(deviceAt) && at !== phone),
      'both times are kept',
    )
    const other = await post('finish', { by: 'T1', deviceAt, finding: 'another' }, 'field', 'phone-key-finish')
    t.match(other, { status: 409, body: { code: 'command_reused' } })
  },
)

t.test('a tag is ours or nobody is there; who answers for a missing one may decide', async (t) => {
  const { post, estate } = await estateWithOrder(t)
  await post('accept', { by: 'T1' })
  const { items } = (await (await estate.as('manager', '/api/v1/asset-tags')).json()) as {
    items: { asset: string; tag: string }[]
  }
  const [pumps, lift] = ['P1', 'L1'].map((id) => items.find(({ asset }) => asset === id)!.tag) as [string, string]
  for (const [tag, answer] of [
    [`P1.${lift.split('.')[1]}`, 'unknown_tag'],
    [`${pumps.slice(0, -1)}_`, 'unknown_tag'],
    ['P1.', 'unknown_tag'],
    [lift, 'wrong_tag'],
  ] as const)
    t.match((await post('arrive', { by: 'T1', tag })).body, { code: answer }, tag)
  const word = { by: 'T1', approver: 'PM', reason: 'tag torn off' }
  t.match(await post('arrive', word), { status: 403, body: { code: 'forbidden' } }, 'not in the name of the manager')
  t.equal((await post('arrive', word, 'manager')).status, 200)
})

t.test(
  'a false alarm: who found it says so, and a supervisor agrees by himself, at an account of his own',
  async (t) => {
    const { post, look, estate, id } = await estateWithOrder(t)
    const said = { by: 'T1', proof: 'looked_on_site', reason: 'the valve of the gauge was shut' }
    t.match(
      await post('false-alarm', { ...said, approver: 'PM' }),
      { status: 400 },
      'nobody speaks for the second person',
    )
    t.match(await post('false-alarm/approve', { by: 'PM' }, 'manager'), { body: { code: 'wrong_state' } })
    t.equal((await post('false-alarm', said, 'manager')).status, 200)
    t.match(await look(), { state: 'dispatched', falseAlarm: said })
    t.match(await post('false-alarm/approve', { by: 'PM' }), { status: 403 }, 'not for the field')
    t.match(
      await post('false-alarm/approve', { by: 'PM' }, 'manager'),
      { body: { code: 'second_person' } },
      'same account',
    )
    const link = estate.access.links.create({ role: 'manager', person: 'PM', ttlMs: null, uses: null })
    const entered = await fetch(`${estate.url}/enter/${link}`, { redirect: 'manual' })
    const agree = async (by: string) => {
      const answer = await fetch(`${estate.url}/api/v1/orders/${id}/false-alarm/approve`, {
        method: 'POST',
        headers: {
          cookie: entered.headers.get('set-cookie')!.split(';')[0]!,
          origin: estate.url,
          'content-type': 'application/json',
          'idempotency-key': `agree-${by}`,
        },
        body: JSON.stringify({ by }),
      })
      return { status: answer.status, body: (await answer.json()) as Body }
    }
    t.match(await agree('T1'), { body: { code: 'not_yourself' } }, 'in nobody else’s name')
    t.equal((await agree('PM')).status, 200)
    t.match(await look(), { state: 'false_alarm', falseAlarm: null, ended: { ...said, approver: 'PM' } })
  },
)

t.test("other people's orders are not there for a contractor", async (t) => {
  const { id, post, get, estate } = await estateWithOrder(t)
  const link = estate.access.links.create({ role: 'contractor', person: 'T2', ttlMs: null, uses: null })
  const entered = await fetch(`${estate.url}/enter/${link}`, { redirect: 'manual' })
  const cookie = entered.headers.get('set-cookie')!.split(';')[0]!
  const step = async (name: string, by: string) => {
    const headers = {
      cookie,
      'content-type': 'application/json',
      'idempotency-key': `c-${name}-${by}`,
      origin: estate.url,
    }
    const answer = await fetch(`${estate.url}/api/v1/orders/${id}/${name}`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ by }),
    })
    return { status: answer.status, body: (await answer.json()) as Body }
  }
  await post('accept', { by: 'T1' })
  t.equal((await get(`/api/v1/orders/${id}`, { cookie })).status, 404)
  t.strictSame((await get('/api/v1/orders', { cookie })).body['items'], [])
  t.match(await step('arrive', 'T2'), { status: 404, body: { code: 'unknown_order' } })
  await post('transfer', { by: 'T1', to: 'T2', reason: 'yours' })
  t.equal((await get(`/api/v1/orders/${id}`, { cookie })).status, 200)
  t.match(await step('accept', 'T1'), { status: 403 }, 'in nobody else’s name')
  t.equal((await step('accept', 'T2')).status, 200)
})
