import t from 'tap'
import { until } from '../fakes/until.ts'
import { type Answer, startHttpProvider } from '../fakes/http-provider.ts'
import { PASSWORD, person, signIn } from './browser.ts'
import { openEstate } from './estate.ts'

const OK: Answer = { body: '{"errcode":0,"errmsg":"ok"}' }
const SMS_OK: Answer = { body: '{"Code":"OK","Message":"OK","BizId":"9006^0"}' }
const TOKEN = 'a-token-for-receipts-0001'

type Item = Readonly<Record<string, unknown>>

async function estate(t: { teardown(end: () => unknown): void }) {
  const [bot, sms] = [await startHttpProvider(OK), await startHttpProvider(SMS_OK)]
  const added = `
channels:
  - { id: page, type: screen }
  - { id: group, type: wecom-bot, key: "\${env:KEY}", url: "${bot.url}", allow_private: true }
  - id: sms
    type: aliyun-sms
    access_key_id: "\${env:KEY}"
    access_key_secret: "\${env:KEY}"
    sign_name: 湖畔花园
    templates: [{ kind: other, phase: published, code: SMS_1, text: '\${asset}自\${from}' }]
    receipts: { token: "\${env:TOKEN}", from: [127.0.0.0/8] }
    url: "${sms.url}"
    allow_private: true
  - { id: push, type: web-push, contact: "mailto:a@b.example", allow_private: true }
`
  const open = await openEstate({ added, env: { KEY: 'a-secret-of-the-account', TOKEN }, sends: true })
  t.teardown(async () => {
    await open.close()
    await bot.stop()
    await sms.stop()
  })
  const get = async (path: string): Promise<readonly Item[]> =>
    ((await (await open.as('engineer', path)).json()) as { items: Item[] }).items
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(open.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  const test = (channel: string, body: object) =>
    post(`/api/v1/channels/${channel}/test`, body, { authorization: `Bearer ${open.tokens.engineer}` })
  return { ...open, bot, smsProvider: sms, get, post, test }
}

t.test('a channel is tested on its real wire, and the provider speaks in its own words', async (t) => {
  const { bot, smsProvider, test, queries, tokens, logged } = await estate(t)
  t.match(await (await test('group', {})).json(), { outcome: 'delivered', reason: null, parts: null })
  bot.answer = { body: '{"errcode":93000,"errmsg":"invalid webhook url"}' }
  t.match(await (await test('group', {})).json(), {
    outcome: 'failed',
    reason: 'errcode_93000',
    said: '{"errcode":93000,"errmsg":"invalid webhook url"}',
  })
  t.match(JSON.parse(bot.received[0]!.body.toString()), { text: { content: /测试消息[^]*Test message/ } })
  t.equal((await test('sms', {})).status, 400, 'to whom?')
  t.match(await (await test('sms', { to: '13900001234' })).json(), { outcome: 'accepted', parts: 1 })
  t.equal(smsProvider.received[0]!.query.get('PhoneNumbers'), '13900001234')
  t.equal((await test('nothing', {})).status, 404)
  t.equal((await test('sms', { to: 'a\r\nb' })).status, 400)
  const events = queries.eventsAfter(0, 1_000).filter(({ type }) => type === 'channel.tested')
  t.equal(events.length, 3)
  t.notMatch(JSON.stringify(events), '13900001234', 'S32 to whom stands nowhere')
  t.notMatch(logged.join(''), '13900001234')
  t.notMatch(logged.join(''), 'a-secret-of-the-account')
  t.ok(tokens.engineer)
})

t.test('what nobody got is listed, and sent again when an engineer says so', async (t) => {
  const { bot, get, order, say, queries } = await estate(t)
  bot.answer = { body: '{"errcode":93000,"errmsg":"invalid webhook url"}' }
  await say('P1', { outlet_pressure: 0.1, tank_level: 2 }, 60)
  await until('a draft', () => queries.list('notices', { state: 'open', limit: 1 }).items.length > 0)
  const { id } = queries.list('notices', { state: 'open', limit: 1 }).items[0]!
  t.equal((await order('steward', `/api/v1/notices/${id}/confirm`, 'key-00000001', { by: 'S1' })).status, 200)
  await until('a dead letter', async () => (await get('/api/v1/messages/undelivered')).length === 1)
  const [letter] = await get('/api/v1/messages/undelivered')
  t.match(letter, { channel: 'group', notice: id, phase: 'published', homes: 5, reason: 'errcode_93000' })
  const group = async () => (await get('/api/v1/channels')).find((channel) => channel['id'] === 'group')
  t.match(await group(), { undelivered: 1, waiting: 0, reach: 'group', failing: { reason: 'errcode_93000' } })
  t.notMatch(JSON.stringify(await get('/api/v1/channels')), 'a-secret-of-the-account', 'S41')
  bot.answer = OK
  const path = `/api/v1/messages/${String(letter!['id'])}/requeue`
  t.equal((await order('engineer', path, 'key-00000002', {})).status, 200)
  await until('delivered', async () => (await group())!['lastDeliveredAt'] !== null)
  t.equal(bot.received.length, 2)
  t.equal((await order('engineer', path, 'key-00000003', {})).status, 404, 'it did not fail')
  t.match(await group(), { undelivered: 0, failing: null })
})

t.test(
  'S45 a receipt is believed by its token, from where it may come; garbage and repeats change nothing',
  async (t) => {
    const { post, sending } = await estate(t)
    const path = (token: string) => `/api/v1/channels/sms/receipts/${token}`
    const report = [{ phone_number: '139', success: true, err_code: 'DELIVERED', biz_id: '9006^0', out_id: 'N1-1-sms' }]
    const table: [string, string, unknown, number][] = [
      ['well', path(TOKEN), report, 200],
      ['again', path(TOKEN), report, 200],
      ['nothing', path(TOKEN), [], 200],
      ['no id of ours', path(TOKEN), [{ success: true, biz_id: 'x' }], 200],
      ['another token', path('another-token'), report, 404],
      ['another channel', `/api/v1/channels/group/receipts/${TOKEN}`, report, 404],
      ['no list', path(TOKEN), { success: true }, 400],
      ['words', path(TOKEN), ['yes'], 400],
      ['too many', path(TOKEN), Array.from({ length: 1_001 }, () => ({ success: true, biz_id: 'x' })), 400],
    ]
    for (const [name, to, body, status] of table) t.equal((await post(to, body)).status, status, name)
    t.strictSame(await (await post(path(TOKEN), report)).json(), { code: 0, msg: 'OK' }, 'as the provider wants it')
    t.notOk(sending.receipts.isWelcome('sms', { token: TOKEN, address: '203.0.113.7' }), 'nor from elsewhere')
    t.ok(sending.receipts.isWelcome('sms', { token: TOKEN, address: '::ffff:127.0.0.1' }))
  },
)

t.test('a browser asks to be told: by whoever reads notices, or by the page of a home', async (t) => {
  const { post, url, tokens } = await estate(t)
  const { publicKey } = (await (await fetch(`${url}/api/v1/push`)).json()) as { publicKey: string }
  t.match(publicKey, /^[\w-]{87}$/)
  const keys = { p256dh: publicKey, auth: 'A'.repeat(22) }
  const wish = { endpoint: 'http://127.0.0.1:9/push', keys, language: 'en' }
  const as = (role: 'steward' | 'field') => ({ authorization: `Bearer ${tokens[role]}` })
  t.equal((await post('/api/v1/push/subscriptions', wish)).status, 401)
  t.equal((await post('/api/v1/push/subscriptions', wish, as('field'))).status, 401)
  t.equal((await post('/api/v1/push/subscriptions', wish, as('steward'))).status, 201)
  t.equal((await post('/api/v1/push/subscriptions', { ...wish, token: 'no-such-token-at-all' })).status, 404)
  t.equal(
    (await post('/api/v1/push/subscriptions', { ...wish, keys: { p256dh: 'x', auth: 'y' } }, as('steward'))).status,
    400,
  )
  t.equal((await post('/api/v1/push/unsubscribe', { endpoint: wish.endpoint })).status, 200)
})

t.test('S08 a browser is told for as long as whoever asked may look', async (t) => {
  const open = await estate(t)
  const book = open.sending.push!.book
  const { publicKey } = (await (await fetch(`${open.url}/api/v1/push`)).json()) as { publicKey: string }
  const keys = { p256dh: publicKey, auth: 'A'.repeat(22) }
  let browsers = 0
  /** A browser asks, and is asked after: is it told of the home? */
  const asks = async (more: object, headers: Record<string, string> = {}) => {
    const endpoint = `http://127.0.0.1:9/push/${++browsers}`
    const { status } = await open.post(
      '/api/v1/push/subscriptions',
      { endpoint, keys, language: 'en', ...more },
      headers,
    )
    t.equal(status, 201)
    const isTold = () => book.of(['B1-0101']).some((each) => each.endpoint === endpoint)
    t.ok(isTold())
    return isTold
  }
  const link = async (home: string, more = {}) => {
    const headers = { authorization: `Bearer ${open.tokens.steward}` }
    const answer = await open.post('/api/v1/resident-links', { home, ...more }, headers)
    return { token: ((await answer.json()) as { path: string }).path.slice(3) }
  }
  const [home, token] = [await link('B1-0101'), await asks({}, { authorization: `Bearer ${open.tokens.steward}` })]
  const byLink = await asks(home)
  await link('B1-0102', { fresh: true })
  t.ok(byLink(), 'the link of another home is no matter')
  const byFresh = await asks(await link('B1-0101', { fresh: true }))
  t.notOk(byLink(), 'the link was withdrawn')
  t.ok(byFresh() && token())

  const account = async (name: string) => person(open, name, 'steward')
  const enters = async (name: string) => (await signIn(open, name)).cookie!
  const admin = { authorization: `Bearer ${open.tokens.admin}` }
  const [ann, ben] = [await account('Ann'), await account('Ben')]
  const [annsPhone, annsDesk] = [
    await asks({}, { cookie: ann.cookie }),
    await asks({}, { cookie: await enters('Ann') }),
  ]
  const bens = await asks({}, { cookie: ben.cookie })
  await fetch(`${open.url}/api/v1/session`, {
    method: 'DELETE',
    headers: { cookie: ann.cookie, 'content-type': 'application/json' },
    body: '{}',
  })
  t.notOk(annsPhone(), 'signed out there')
  t.ok(annsDesk(), 'and not here')
  const cookie = await enters('Ann')
  const [third, change] = [await asks({}, { cookie }), { old: PASSWORD, new: 'amber teapot 3 boats' }]
  t.equal((await open.post('/api/v1/account/password', change, { cookie })).status, 204)
  t.notOk(annsDesk(), 'another password: what was asked for elsewhere is over')
  t.ok(third())
  open.access.accounts.changeRole(ann.id, 'field', 'test')
  t.notOk(third(), 'a role that reads no notices')
  t.equal((await open.post(`/api/v1/users/${ben.id}/disable`, {}, admin)).status, 200)
  t.equal((await open.post(`/api/v1/users/${ben.id}/enable`, {}, admin)).status, 200)
  t.notOk(bens(), 'disabled, also when it was for a moment')

  const entered = open.access.signIn.withLink(
    open.access.links.create({ role: 'steward', person: null, ttlMs: null, uses: 1 }),
    { address: '127.0.0.1', before: null },
  )!
  const guest = await asks({}, { cookie: `caretaker_session=${entered.token}` })
  open.pass(60 * 60_000)
  t.notOk(guest(), 'who came by a link has nothing but the session')
  t.ok(byFresh() && token(), 'a session that ran out by itself ended nobody else')
})
