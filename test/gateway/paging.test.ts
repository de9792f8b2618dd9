import { createCipheriv, createHash } from 'node:crypto'
import t from 'tap'
import { openEstate } from '../api/estate.ts'
import { type PagingProvider, startPagingProvider, wecomAnswers } from '../fakes/paging-provider.ts'
import { until } from '../fakes/until.ts'

const SECRET = 'a-secret-of-this-test-0123456789'
const AES = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG'
const CONTACTS: Readonly<Record<string, { phone: string | null; wecom: string | null }>> = {
  T1: { phone: '+8613900000001', wecom: 'zhang' },
  PM: { phone: '+8613900000002', wecom: 'li' },
  S1: { phone: null, wecom: 'wang' },
}
const env = { SECRET, AES, TOKEN: 'token-of-the-callback-1' }

/** The estate with a WeCom app and a voice provider of its own. */
async function openPaged(t: { teardown(end: () => unknown): void }, contacts = CONTACTS) {
  const wecom = await startPagingProvider(t, wecomAnswers())
  const voice = await startPagingProvider(t)
  const added = `
paging:
  link: https://care.example
  voice: { type: http, url: '${voice.url}/call', secret: '\${env:SECRET}', report_token: '\${env:TOKEN}', allow_private: true }
  card:
    type: wecom
    corp_id: corp
    agent_id: 7
    secret: '\${env:SECRET}'
    callback: { token: '\${env:TOKEN}', aes_key: '\${env:AES}' }
    url: '${wecom.url}'
    allow_private: true
`
  const estate = await openEstate({ added, env, contacts })
  t.teardown(() => estate.close())
  return { estate, wecom, voice }
}
type Paged = Awaited<ReturnType<typeof openPaged>>

type Line = {
  id: string
  person: string
  road: string
  purpose: string
  endedAt: string | null
  end: string | null
} & {
  answeredAt: string | null
  key: string | null
  tries: { number: number; result: string; reason: string | null }[]
}
async function ledger({ estate }: Pick<Paged, 'estate'>): Promise<Line[]> {
  const answer = await estate.as('manager', '/api/v1/pages?subject=W5')
  return ((await answer.json()) as { items: Line[] }).items
}
const cards = (wecom: PagingProvider) =>
  wecom.asked.filter(({ path }) => path === '/cgi-bin/message/send').map(({ body }) => JSON.parse(body) as Card)
type Card = { touser: string; msgtype: string; template_card?: { task_id: string } }

/** As WeCom signs and encrypts: 16 random bytes, length, text, company; padded to 32. */
function callback(text: string, sentAt: number, { token = env.TOKEN, company = 'corp' } = {}) {
  const key = Buffer.from(`${AES}=`, 'base64')
  const length = Buffer.alloc(4)
  length.writeUInt32BE(Buffer.byteLength(text))
  const plain = Buffer.concat([Buffer.from('0123456789abcdef'), length, Buffer.from(text), Buffer.from(company)])
  const pad = 32 - (plain.length % 32)
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false)
  const padded = Buffer.concat([plain, Buffer.alloc(pad, pad)])
  const encrypted = Buffer.concat([cipher.update(padded), cipher.final()]).toString('base64')
  const [timestamp, nonce] = [String(Math.floor(sentAt / 1_000)), 'n1']
  const signature = createHash('sha1').update([token, timestamp, nonce, encrypted].toSorted().join('')).digest('hex')
  const query = new URLSearchParams({ msg_signature: signature, timestamp, nonce })
  return {
    query,
    encrypted,
    xml: `<xml><ToUserName><![CDATA[corp]]></ToUserName><Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`,
  }
}
const pressed = (member: string, key: string, task: string) =>
  `<xml><FromUserName><![CDATA[${member}]]></FromUserName><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[template_card_event]]></Event><EventKey><![CDATA[${key}]]></EventKey><TaskId><![CDATA[${task}]]></TaskId><ResponseCode><![CDATA[rc1]]></ResponseCode></xml>`
type Press = Parameters<typeof callback>[2] & { laterMs?: number }
async function press({ estate }: Pick<Paged, 'estate'>, text: string, { laterMs = 0, ...options }: Press = {}) {
  const { query, xml } = callback(text, estate.now() - laterMs, options)
  const headers = { 'content-type': 'text/xml' }
  return fetch(`${estate.url}/api/v1/paging/card?${query.toString()}`, { method: 'POST', headers, body: xml })
}

t.test('an order calls its assignee by card and voice; a button accepts it, once', { timeout: 60_000 }, async (t) => {
  const paged = await openPaged(t)
  const { estate, wecom, voice } = paged
  await estate.say('P1', { outlet_pressure: 0.05 }, 24)
  await until('both roads are called', () => voice.asked.length === 1 && cards(wecom).length === 3)
  t.match(JSON.parse(voice.asked[0]!.body), { to: '+8613900000001', purpose: 'accept', values: { number: 'W5' } })
  t.strictSame(
    cards(wecom)
      .map(({ touser, msgtype }) => `${touser} ${msgtype}`)
      .toSorted(),
    ['li text', 'wang text', 'zhang template_card'],
  )
  await until('all are handed over', async () =>
    (await ledger(paged)).every(({ tries }) => tries[0]!.result === 'delivered'),
  )
  const task = cards(wecom).find(({ template_card: card }) => card)!.template_card!.task_id

  const echo = callback('4711', estate.now())
  echo.query.set('echostr', echo.encrypted)
  const asked = await fetch(`${estate.url}/api/v1/paging/card?${echo.query.toString()}`)
  t.equal(await asked.text(), '4711', 'the address is ours')

  for (const [name, answer] of [
    [
      'signed by somebody else',
      await press(paged, pressed('zhang', 'accept', task), { token: 'another-token-of-them' }),
    ],
    ['for another company', await press(paged, pressed('zhang', 'accept', task), { company: 'other' })],
    ['pressed by somebody else', await press(paged, pressed('li', 'accept', task))],
    ['replayed after ten minutes', await press(paged, pressed('zhang', 'accept', task), { laterMs: 601_000 })],
    ['of a time to come', await press(paged, pressed('zhang', 'accept', task), { laterMs: -602_000 })],
    ['of no time', await press(paged, pressed('zhang', 'accept', task), { laterMs: NaN })],
    ['of a page that never was', await press(paged, pressed('zhang', 'accept', 'PG999-card-1'))],
  ] as const)
    t.equal(answer.status, 403, name)
  t.equal((await estate.read.get('orders', 'W5'))!.state, 'dispatched')

  t.equal((await press(paged, pressed('zhang', 'accept', task))).status, 200)
  const again = await press(paged, pressed('zhang', 'accept', task), { laterMs: 590_000 })
  t.equal(again.status, 200, 'again is the same')
  t.match(await estate.read.get('orders', 'W5'), { state: 'accepted', assignee: 'T1' })
  const accepted = await ledger(paged)
  t.match(
    accepted.find(({ road, purpose }) => road === 'card' && purpose === 'accept'),
    { person: 'T1', key: 'accept', end: 'accepted' },
  )
  await until('the buttons are replaced', () =>
    wecom.asked.some(({ path }) => path === '/cgi-bin/message/update_template_card'),
  )
  t.match(JSON.parse(wecom.asked.at(-1)!.body), { response_code: 'rc1', button: { replace_name: '已接单' } })
})

t.test('a call that is taken is answered; the key accepts', { timeout: 60_000 }, async (t) => {
  const paged = await openPaged(t)
  const { estate, voice } = paged
  await estate.say('P1', { outlet_pressure: 0.05 }, 24)
  await until('the call is placed', () => voice.asked.length === 1)
  const { id } = JSON.parse(voice.asked[0]!.body) as { id: string }
  const report = (token: string, body: unknown) =>
    fetch(`${estate.url}/api/v1/paging/voice/${token}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  t.equal((await report('wrong', [{ out_id: id, status_code: '200000', dtmf: '1' }])).status, 404)
  t.equal((await report(env.TOKEN, [{ out_id: id, status_code: '200102' }])).status, 200, 'nobody took it')
  t.equal((await ledger(paged)).find(({ road }) => road === 'voice')!.answeredAt, null)
  const taken = await report(env.TOKEN, [{ out_id: id, status_code: '200000', call_id: 'x', duration: '9' }])
  t.strictSame(await taken.json(), { code: 0, msg: 'ok' })
  t.match(
    (await ledger(paged)).find(({ road }) => road === 'voice'),
    { answeredAt: /^20/, key: null, end: null },
  )
  t.equal((await estate.read.get('orders', 'W5'))!.state, 'dispatched', 'answered is not accepted')
  await report(env.TOKEN, { id, answered: true, key: '1' })
  t.match(await estate.read.get('orders', 'W5'), { state: 'accepted', assignee: 'T1' })
})

t.test('F60 a page is tried again while its provider is away, under the same id', { timeout: 60_000 }, async (t) => {
  const paged = await openPaged(t)
  const { estate, voice } = paged
  voice.answer = () => (voice.asked.length < 2 ? { status: 503, headers: { 'retry-after': '1' } } : {})
  await estate.say('P1', { outlet_pressure: 0.05 }, 24)
  await until('the first try', () => voice.asked.length === 1)
  await until('the second try', () => {
    // When it is noted that the first one failed, nobody outside can see.
    estate.pass(50)
    return voice.asked.length === 2
  })
  await until(
    'it is handed over',
    async () => (await ledger(paged)).find(({ road }) => road === 'voice')!.tries[0]!.result === 'delivered',
  )
  t.equal(JSON.parse(voice.asked[0]!.body).id, JSON.parse(voice.asked[1]!.body).id, 'under the same id')
})

t.test('nobody reached is said, and the one who stands in is called', { timeout: 60_000 }, async (t) => {
  const paged = await openPaged(t, { ...CONTACTS, T1: { phone: null, wecom: null } })
  const { estate, wecom } = paged
  await estate.say('P1', { outlet_pressure: 0.05 }, 24)
  await until('it is handed over', async () => (await ledger(paged)).some(({ purpose }) => purpose === 'unreached'))
  const lines = await ledger(paged)
  t.match(
    lines.filter(({ person, purpose }) => person === 'T1' && purpose === 'accept').map(({ tries }) => tries[0]),
    [
      { result: 'failed', reason: 'no_contact' },
      { result: 'failed', reason: 'no_contact' },
    ],
  )
  t.ok(lines.some(({ purpose, person }) => purpose === 'unreached' && person === 'PM'))
  await until('the stand-in is called', () => cards(wecom).filter(({ touser }) => touser === 'li').length === 2)
})

t.test('what is wrong with a road leaves out the road, and says where', async (t) => {
  const estate = await openEstate({
    added: `
paging:
  voice: { type: http, url: 'http://127.0.0.1:9/', secret: '\${env:SECRET}' }
  card: { type: wecom, corp_id: c, agent_id: 1, secret: '\${env:SECRET}', callback: { token: '\${env:TOKEN}', aes_key: '\${env:SECRET}' } }
  sms: nothing
  sounder: { on: 'http://192.168.1.9/on', off: 'http://192.168.1.9/off' }
`,
    env,
  })
  t.teardown(() => estate.close())
  t.strictSame(estate.site.plan.paging, { roads: ['sounder'], room: 'monitor' })
  t.strictSame(
    estate.site.faults.map(({ code }) => code).filter((code) => code !== 'unknown_reference'),
    ['private_address', 'wrong_value'],
  )
  t.ok(estate.site.faults.some(({ code, params }) => code === 'unknown_reference' && params['id'] === 'nothing'))
})

t.test(
  'a contractor without an account accepts his rescue by a link: that task alone, once, for an hour',
  { timeout: 60_000 },
  async (t) => {
    const paged = await openPaged(t, { ...CONTACTS, LC: { phone: '+8613900000009', wecom: 'lift' } })
    const { estate, wecom } = paged
    const trapped = {
      service_mode: 'normal',
      car_running: false,
      door_closed: true,
      in_door_zone: false,
      passenger_present: true,
      alarm_button: false,
      fault_code: 0,
    }
    await estate.say('L1', trapped, 70)
    const addressed = () =>
      wecom.asked.flatMap(({ body }) =>
        body.includes('"touser":"lift"') ? (/\/accept#([\w-]{43})/.exec(body)?.slice(1) ?? []) : [],
      )
    await until('the contractor gets a card with a link', () => addressed().length > 0)
    const [link] = addressed() as [string]
    const others = cards(wecom).filter(({ touser }) => touser !== 'lift')
    t.notOk(JSON.stringify(others).includes('/accept#'), 'nobody of the staff gets one')
    const ask = (path: string, body: object) =>
      fetch(`${estate.url}/api/v1/task-link${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const looked = await ask('', { link })
    t.match(await looked.json(), {
      kind: 'rescue',
      state: 'open',
      assetName: { en: 'Lift 1' },
      timeZone: 'Asia/Shanghai',
    })
    t.equal((await ask('', { link })).status, 200, 'looking uses nothing up')
    for (const [name, path, body, status] of [
      ['one that was never given', '/accept', { link: 'x'.repeat(43) }, 403],
      ['another task asked for with it', '/accept', { link, task: 'W1-comfort' }, 400],
      ["in somebody else's name", '/accept', { link, by: 'T1' }, 400],
    ] as const)
      t.equal((await ask(path, body)).status, status, name)
    const [first, again] = await Promise.all([ask('/accept', { link }), ask('/accept', { link })])
    t.ok([first.status, again.status].includes(200), 'accepted, however often it was tapped')
    const orders = await estate.read.list('orders', { limit: 10 })
    const order = orders.items.find(({ asset }) => asset === 'L1')!
    t.match(
      order.tasks?.find(({ kind }) => kind === 'rescue'),
      { state: 'accepted', to: 'LC' },
    )
    t.match(order, { state: 'accepted', assignee: 'LC' })
    t.equal((await ask('/accept', { link })).status, 403, 'used up')
    t.equal((await ask('', { link })).status, 403, 'and opens nothing any more')

    const late = estate.access.taskLinks.create({ task: `${order.id}-rescue`, person: 'LC' })
    estate.pass(3_600_000)
    t.equal((await ask('', { link: late })).status, 403, 'over after an hour')
    const statuses: number[] = []
    for (let i = 0; i < 14; i++) statuses.push((await ask('', { link: 'y'.repeat(43) })).status)
    t.ok(statuses.includes(429), 'who guesses has to wait')
  },
)
