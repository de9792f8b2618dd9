import t from 'tap'
import type { ApiContext } from '#gateway/api/context.ts'
import type { Role } from '#gateway/role.ts'
import { until } from '../fakes/until.ts'
import { openEstate } from './estate.ts'

const LOW = { outlet_pressure: 0.05, tank_level: 3 }
const FINE = { outlet_pressure: 0.6, tank_level: 3 }
const SMS = [
  { id: 'sms', type: 'http-sms' },
  { id: 'mail', type: 'email' },
] as unknown as ApiContext['site']['channels']
/** The owner of B2-0101 is believed to live there; nobody knows who lives in B1-0202. */
const LIST = `home,role,name,phone,email,consent,from,channels,tags,tags_consent,lives_here
B1-0101,tenant,Tang,13900000101,tang@x.cn,yes,2025-01-01,"sms,email",,,
B1-0102,owner,Far,13900000102,,yes,,,,,no
B1-0201,owner,Old,13900000201,,yes,,,living alone,yes,yes
B2-0101,owner,Bao,13900008888,,yes,,,,,
`
type Reach = {
  homes: number
  reached: number
  costYuan: number
  counts: Record<string, number>
  lines: { id: string; home: string; contact: string; channel: string; part: string; state: string }[]
  tasks: {
    id: string
    kind: string
    why: string
    homes: string[]
    state: string
    part: string
    entrance: string | null
  }[]
  corrections: { home: string; isReached: boolean }[]
}

async function open(t: { teardown(close: () => Promise<void>): void }) {
  const estate = await openEstate({ personal: SMS })
  t.teardown(() => estate.close())
  const json = async <T>(role: Role, path: string) => (await (await estate.as(role, path)).json()) as T
  let keys = 0
  const post = async (role: Role, path: string, body: unknown) => {
    const answer = await estate.order(role, path, `key-households-${++keys}`, body)
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const notice = async () => (await json<{ items: { id: string }[] }>('steward', '/api/v1/notices')).items[0]!.id
  const reach = async () => json<Reach>('steward', `/api/v1/notices/${await notice()}/reach`)
  return {
    ...estate,
    json,
    post,
    notice,
    reach,
    async imported(list = LIST) {
      const answer = await estate.as('admin', '/api/v1/households/import', {
        method: 'POST',
        headers: { 'content-type': 'text/csv' },
        body: list,
      })
      return (await answer.json()) as { added: number; faults: { line: number; text: { en: string } }[] }
    },
    async publish() {
      await estate.say('P1', FINE, 10)
      await estate.say('P1', LOW, 20)
      await post('steward', `/api/v1/notices/${await notice()}/confirm`, { by: 'S1' })
      await until('messages are queued', async () => (await reach()).lines.length > 0)
    },
    async settle(home: string, result: 'delivered' | 'failed' | 'accepted', part = 'begins') {
      const { lines } = await reach()
      const line = lines.findLast((each) => each.home === home && each.part === part && each.state !== 'failed')!
      const { id: message, channel } = line
      await estate.command({
        type: 'message.settle',
        notice: await notice(),
        trace: 'x',
        message,
        channel,
        result,
        id: `settle:${message}:${result}`,
        actor: 'outbox',
      })
    },
  }
}

t.test('an outage reaches each home by what reaches it, and its end the same way (story 2)', async (t) => {
  const estate = await open(t)
  t.match(await estate.imported(), { added: 4, faults: [] })

  await estate.say('P1', FINE, 10)
  await estate.say('P1', LOW, 20)
  t.match(await estate.json('agent', `/api/v1/notices/${await estate.notice()}/audience`), {
    homes: 5,
    informed: 0,
    messages: 4,
    noContact: ['B1-0202'],
    tagged: [{ home: 'B1-0201', action: 'call' }],
    ownerOnly: ['B1-0102'],
  })
  await estate.publish()
  const begun = await estate.reach()
  t.strictSame(
    begun.lines.map(({ home, channel }) => `${home} ${channel}`),
    ['B1-0101 sms', 'B1-0102 sms', 'B1-0201 sms', 'B2-0101 sms'],
  )
  t.strictSame(begun.tasks.map(({ homes, kind, why }) => `${homes.join()} ${kind} ${why}`).toSorted(), [
    'B1-0201 call tagged',
    'B1-0202 door no_contact',
  ])
  t.equal(begun.reached, 0, 'nothing is told as reached that nobody has')
  t.equal(begun.costYuan, 0.4)

  await estate.settle('B1-0101', 'failed')
  t.match(
    (await estate.reach()).lines.filter(({ home }) => home === 'B1-0101'),
    [
      { channel: 'sms', state: 'failed' },
      { channel: 'mail', state: 'queued' },
    ],
  )
  await estate.settle('B1-0101', 'delivered')
  await estate.settle('B1-0102', 'delivered')
  await estate.settle('B2-0101', 'delivered')
  await estate.settle('B1-0201', 'failed')
  const door = (await estate.reach()).tasks.find(({ why }) => why === 'no_contact')!
  t.match(await estate.post('field', `/api/v1/reach-tasks/${door.id}/done`, { by: 'T1', result: 'told' }), {
    status: 200,
  })
  t.match(await estate.post('field', `/api/v1/reach-tasks/${door.id}/done`, { by: 'T1', result: 'told' }), {
    status: 404,
    body: { code: 'unknown_task' },
  })
  const told = await estate.reach()
  t.equal(told.reached, 3, 'the tenant, the owner who lives there, and the one told at the door')
  t.match(told.counts, { delivered: 3, door: 1 })
  t.match(await estate.json('agent', '/api/v1/reach-tasks'), {
    items: [{ kind: 'call', contacts: [{ name: 'Old', phone: '13900000201' }] }],
  })
  t.notOk(
    JSON.stringify(await estate.json('field', '/api/v1/reach-tasks')).includes('139'),
    'who goes to doors sees no number',
  )

  await estate.say('P1', FINE, 140)
  await until('the end is queued', async () => (await estate.reach()).lines.some(({ part }) => part === 'ends'))
  const ended = await estate.reach()
  t.strictSame(
    ended.lines.filter(({ part }) => part === 'ends').map(({ home, channel }) => `${home} ${channel}`),
    ['B1-0101 mail', 'B1-0102 sms', 'B2-0101 sms'],
    'by the channel that reached them',
  )
  t.match(
    ended.tasks.filter(({ part }) => part === 'ends'),
    [{ kind: 'sheet', entrance: 'B1', homes: ['B1-0202'] }],
    'whoever was told at the door reads the end at the entrance',
  )
  t.match(
    ended.tasks.find(({ kind }) => kind === 'call'),
    { state: 'withdrawn' },
    'nobody needs an end without a beginning',
  )
})

t.test('"Nobody told me" (story 9)', async (t) => {
  const estate = await open(t)
  await estate.imported()
  await estate.publish()
  for (const home of ['B1-0101', 'B2-0101']) await estate.settle(home, 'delivered')
  t.equal((await estate.reach()).reached, 2)

  t.match(await estate.json('agent', '/api/v1/households?q=0101'), {
    items: [{ home: 'B1-0101' }, { home: 'B2-0101' }],
  })
  const search = async (q: string) => (await estate.post('agent', '/api/v1/households/search', { q })).body
  t.match(await search('139 0000 8888'), { items: [{ home: 'B2-0101', names: ['Bao'] }] })
  t.match(await search('Bao'), { items: [{ home: 'B2-0101' }] })
  for (const q of ['13900008888', '139 0000 8888', 'Bao', '+8613900008888'])
    t.equal(
      (await estate.as('agent', `/api/v1/households?q=${encodeURIComponent(q)}`)).status,
      400,
      `${q} in no address`,
    )
  const home = await estate.json<{ notices: object[] }>('agent', '/api/v1/households/B2-0101')
  t.match(home, {
    isOwnerOnly: false,
    contacts: [{ relation: 'owner', phone: '13900008888' }],
    notices: [
      {
        id: await estate.notice(),
        isUnconfirmed: false,
        isReached: true,
        lines: [{ phone: '139****8888', state: 'delivered' }],
      },
    ],
  })
  t.match(await estate.json('admin', '/api/v1/households/B2-0101'), { contacts: [{ phone: '139****8888' }] })

  const tenant = {
    name: 'Chen',
    relation: 'tenant',
    phone: '13900007777',
    from: '2025-11-20T00:00:00+08:00',
    consent: true,
  }
  const corrected = await estate.post('agent', '/api/v1/households/B2-0101/contacts', tenant)
  t.match(corrected, { status: 200, body: { corrected: [await estate.notice()] } })
  const after = await estate.reach()
  t.equal(after.reached, 1, 'the owner has it, and she was not told')
  t.match(after.corrections, [{ home: 'B2-0101', isReached: false }])
  const [event] = (await estate.read.eventsAfter(0, 500)).filter(({ type }) => type === 'private.changed').slice(-1)
  t.match(
    event,
    { kind: 'household', subjects: [corrected.body['id']] },
    'and the journal says who changed what, without a name',
  )

  t.strictSame(await estate.json('steward', '/api/v1/households/owner-only'), { items: ['B1-0102'] })
  const ledgerOf = async (of: string) => {
    const text = await (await fetch(`${estate.url}${estate.linkOf(of).path}/ledger.csv?lang=en`)).text()
    return text.trim().split('\n').length - 1
  }
  t.equal(await ledgerOf('B1-0102'), 1, 'what went to the owner')
  estate.pass(60_000)
  const since = new Date(estate.now() - 1_000).toISOString()
  await estate.post('agent', '/api/v1/households/B1-0102/contacts', { ...tenant, phone: '13900006666', from: since })
  t.equal(await ledgerOf('B1-0102'), 0, 'whoever came later learns nothing of what was before')
  const all = JSON.stringify(await estate.read.eventsAfter(0, 500))
  for (const secret of ['13900008888', 'Chen', 'Bao', 'living']) t.notOk(all.includes(secret), `${secret} in no event`)
})

t.test('a list with a bad row is told whole and taken not at all; a person can be exported and erased', async (t) => {
  const estate = await open(t)
  const bad = await estate.imported(`${LIST}B7-0101,owner,X,139,,perhaps,,,,,\n`)
  t.match(bad, {
    added: 0,
    faults: [
      { line: 6, text: { en: /no home B7-0101/ } },
      { line: 6, text: { en: /consent: perhaps/ } },
    ],
  })
  t.match(await estate.imported(), { added: 4 })
  const [bao] = estate.register.findByPhone('13900008888')
  const csv = await (await estate.as('admin', `/api/v1/contacts/${bao!.id}/export`)).text()
  t.match(csv, /name,Bao/)
  t.match(
    (await estate.read.eventsAfter(0, 500)).filter(({ type }) => type === 'private.exported'),
    [{ subject: bao!.id }],
  )
  t.match(await estate.post('admin', `/api/v1/contacts/${bao!.id}/erase`, {}), { status: 200 })
  t.match(await estate.post('admin', `/api/v1/contacts/${bao!.id}/erase`, {}), { status: 404 })
  t.match((await estate.post('agent', '/api/v1/households/search', { q: 'Bao' })).body, { items: [] })
})

t.test('one lift down is information, both are an outage', async (t) => {
  const estate = await open(t)
  t.match(await estate.json('agent', '/api/v1/assets/L1/impact'), {
    told: 4,
    losses: [{ service: 'lift', effect: 'outage' }],
  })
  t.match(await estate.json('agent', '/api/v1/assets/L1/impact?with=P1'), { assets: ['L1', 'P1'], told: 5 })
  t.equal((await estate.as('agent', '/api/v1/assets/L9/impact')).status, 404)
})

t.test(
  'planned work hangs at each entrance by a day before: printed, hung up, and no proof that anybody was reached',
  async (t) => {
    const estate = await open(t)
    await estate.imported()
    const from = Date.UTC(2026, 0, 8, 6)
    const times = { from: new Date(from).toISOString(), to: new Date(from + 7_200_000).toISOString() }
    const plan = { kind: 'water-off', work: 'tank-cleaning', assets: ['P1'], ...times, by: 'S1' }
    t.match(await estate.post('steward', '/api/v1/notices', plan), { status: 200 })
    await until('it is addressed', async () => (await estate.reach()).lines.length > 0)
    type Errand = { id: string; kind: string; entrance: string; homes: string[]; dueAt: string | null }
    const errands = async () => {
      const { items } = await estate.json<{ items: Errand[] }>('field', '/api/v1/reach-tasks')
      return items.filter(({ kind }) => kind === 'sheet')
    }
    const sheets = await errands()
    t.match(sheets, [
      { entrance: 'B1', homes: ['B1-0101', 'B1-0102', 'B1-0201', 'B1-0202'], dueAt: '2026-01-07T14:00:00.000+08:00' },
      { entrance: 'B2', homes: ['B2-0101'] },
    ])
    const path = `/api/v1/notices/${await estate.notice()}/sheets`
    const printed = await estate.json<{ texts: { body: string }[]; sheets: { task: string }[] }>('field', path)
    t.match(printed, {
      texts: [
        { language: 'zh-CN', title: /停水/ },
        { language: 'en', title: /water/ },
      ],
      sheets: [{ task: sheets[0]!.id, entrance: { 'zh-CN': '1 号楼' } }, { task: sheets[1]!.id }],
    })
    t.match(printed.texts[0]!.body, /\n/, 'short sentences, one a line')
    for (const { id } of sheets)
      t.match(await estate.post('field', `/api/v1/reach-tasks/${id}/done`, { by: 'T1', result: 'told' }), {
        status: 200,
      })
    t.match(await estate.reach(), { reached: 0, counts: { door: 0 } })
    t.match(await estate.json('field', path), { sheets: [] })

    await estate.post('steward', `/api/v1/notices/${await estate.notice()}/cancel`, { by: 'S1', reason: 'rain' })
    t.match(await errands(), [
      { entrance: 'B1', why: 'end_of_sheet', dueAt: null },
      { entrance: 'B2', why: 'end_of_sheet' },
    ])
    t.match(await estate.json('field', path), { texts: [{ body: /取消/ }, { body: /cancelled/i }] })
    t.equal((await estate.as('field', '/api/v1/notices/N999/sheets')).status, 404)
  },
)

t.test('what sending would cost and when telephones ring, for the homes that are chosen', async (t) => {
  const estate = await open(t)
  const times = { from: '2026-01-08T05:00:00+08:00', to: '2026-01-08T07:00:00+08:00' }
  const plan = { kind: 'water-off', work: 'tank-cleaning', assets: ['P1'], ...times }
  const previewed = async (more: object) =>
    (await estate.post('steward', '/api/v1/notices/preview', { ...plan, ...more })).body['sending'] as { yuan: number }
  t.match(await previewed({}), { told: null }, 'nobody is known: an estimate')
  await estate.imported()
  // Chosen; what it comes to. Each message is one part; the door of B1-0202 costs nothing.
  for (const [places, wanted] of [
    [['site'], { told: 5, messages: 4, parts: 4, yuan: 0.4, noContact: 1 }],
    [['building:B2'], { told: 1, messages: 1, parts: 1, yuan: 0.1, noContact: 0 }],
    [['home:B1-0202'], { told: 1, messages: 0, parts: 0, yuan: 0, noContact: 1 }],
  ] as const)
    t.match(
      await previewed({ places }),
      { ...wanted, informed: 0, isOverCap: false, waiting: 0, ringAt: null },
      places.join(),
    )
  t.match(await previewed({}), { remindAt: ['2026-01-06T20:00:00.000+08:00', '2026-01-07T20:00:00.000+08:00'] })
})
