import { createHash, createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import t from 'tap'
import type { Channel, Message } from '#gateway/channels/channel.ts'
import { cardRoad } from '#gateway/paging/card.ts'
import type { PageMessage } from '#gateway/paging/road.ts'
import { smsRoad } from '#gateway/paging/sms.ts'
import { sounderRoad } from '#gateway/paging/sounder.ts'
import { voiceRoad } from '#gateway/paging/voice.ts'
import { startPagingProvider, wecomAnswers } from '../fakes/paging-provider.ts'

const NOW = Date.UTC(2026, 11, 8, 15, 40)
const never = new AbortController().signal
const edge = { wallNow: () => NOW, nonce: () => 'nonce-1' }
const page = (changes: Partial<PageMessage> = {}): PageMessage => ({
  id: 'PG7-card-1',
  page: 'PG7-card',
  site: 'estate',
  about: 'order',
  subject: 'W5',
  purpose: 'accept',
  class: 'P1',
  person: 'T1',
  to: { phone: '+8613912345678', wecom: 'zhang' },
  at: NOW,
  trace: 'R1',
  texts: {
    'zh-CN': { title: 'P1 待接单：水压低', body: '高区泵房，工单 W5。' },
    en: { title: 'P1: low pressure', body: 'Pump room, order W5.' },
  },
  values: { class: 'P1', name: '水压低', place: '高区泵房', number: 'W5', person: 'T1' },
  link: null,
  ...changes,
})

t.test('the horn is switched by one request, and again when nobody answered', async (t) => {
  const relay = await startPagingProvider(t)
  const road = sounderRoad({ on: `${relay.url}/on`, off: `${relay.url}/off` })
  t.strictSame(await road.send(page(), never), { outcome: 'delivered' })
  t.strictSame(await road.silence!(never), { outcome: 'delivered' })
  t.strictSame(
    relay.asked.map(({ method, path, body }) => [method, path, JSON.parse(body)] as const),
    [
      ['POST', '/on', { on: true, id: 'PG7-card-1', subject: 'W5', class: 'P1' }],
      ['POST', '/off', { on: false }],
    ],
  )
  relay.answer = () => 'silence'
  t.match(await road.send(page(), never), { outcome: 'retry' })
  relay.answer = () => ({})
  const simple = sounderRoad({ on: `${relay.url}/relay?turn=on`, off: `${relay.url}/relay?turn=off`, method: 'GET' })
  await simple.send(page(), never)
  t.match(relay.asked.at(-1), { method: 'GET', path: '/relay', body: '' })
})

t.test('a call by Aliyun is signed, and its body alone says whether it was placed', async (t) => {
  const aliyun = await startPagingProvider(t, () => ({
    body: '{"Code":"OK","CallId":"116012854210^1","Message":"OK"}',
  }))
  const config = {
    type: 'aliyun',
    key_id: 'AK',
    key_secret: 'SK',
    template: 'TTS_1',
    show_number: '02100000000',
  } as const
  const road = voiceRoad({ ...config, url: aliyun.url, allow_private: true }, edge)
  t.strictSame(await road.send(page(), never), { outcome: 'delivered' })
  const [asked] = aliyun.asked
  t.strictSame(Object.fromEntries(asked!.query), {
    CalledNumber: '13912345678',
    CalledShowNumber: '02100000000',
    OutId: 'PG7-card-1',
    PlayTimes: '3',
    TtsCode: 'TTS_1',
    TtsParam: JSON.stringify(page().values),
  })
  const { headers } = asked!
  t.match(headers, {
    'x-acs-action': 'SingleCallByTts',
    'x-acs-version': '2017-05-25',
    'x-acs-date': '2026-12-08T15:40:00Z',
  })
  // Said a second time, from the documents: what the far end computes of what came.
  const names = headers.authorization!.match(/SignedHeaders=([^,]+)/)![1]!.split(';')
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const query = [...asked!.query]
    .map((pair) => pair.map((part) => encodeURIComponent(part).replaceAll('*', '%2A')).join('='))
    .toSorted()
    .join('&')
  const host = 'dyvmsapi.aliyuncs.com'
  t.equal(headers.host, host)
  const signed = names.map((name) => `${name}:${String(headers[name])}\n`).join('')
  const canonical = `POST\n/\n${query}\n${signed}\n${names.join(';')}\n${hash('')}`
  const signature = createHmac('sha256', 'SK')
    .update(`ACS3-HMAC-SHA256\n${hash(canonical)}`)
    .digest('hex')
  t.equal(
    headers.authorization,
    `ACS3-HMAC-SHA256 Credential=AK,SignedHeaders=${names.join(';')},Signature=${signature}`,
  )

  for (const [status, body, expected] of [
    [
      400,
      '{"Code":"isv.MOBILE_NUMBER_ILLEGAL","Message":"x"}',
      { outcome: 'failed', reason: 'isv.mobile_number_illegal' },
    ],
    [200, '{"Code":"isv.BUSINESS_LIMIT_CONTROL"}', { outcome: 'failed', reason: 'isv.business_limit_control' }],
    [200, '{"Code":"isp.SYSTEM_ERROR"}', { outcome: 'retry', reason: 'isp.system_error' }],
    [503, '{"Code":"Throttling.User"}', { outcome: 'retry', reason: 'throttling.user' }],
    [429, 'slow down', { outcome: 'retry', reason: 'http_429' }],
    [200, '<html>', { outcome: 'unknown', reason: 'unreadable_answer' }],
  ] as const) {
    aliyun.answer = () => ({ status, body })
    t.strictSame(await road.send(page(), never), expected, body)
  }
  aliyun.answer = () => 'silence'
  t.match(await road.send(page(), never), { outcome: 'unknown' })
})

t.test('any other provider gets a signed page', async (t) => {
  const provider = await startPagingProvider(t)
  const secret = 'a-secret-of-this-test-0123456789'
  const road = voiceRoad({ type: 'http', url: `${provider.url}/call`, secret, allow_private: true }, edge)
  t.strictSame(await road.send(page(), never), { outcome: 'delivered' })
  const [{ headers, body }] = provider.asked as [(typeof provider.asked)[0]]
  t.equal(
    headers['webhook-signature'],
    new Webhook(Buffer.from(secret), { format: 'raw' }).sign('PG7-card-1', new Date(NOW), body),
  )
  t.match(JSON.parse(body), { to: '+8613912345678', page: 'PG7-card', values: { number: 'W5' } })
  provider.answer = () => ({ status: 429, headers: { 'retry-after': '7' } })
  t.match(await road.send(page(), never), { outcome: 'retry', reason: 'http_429', afterMs: 7_000 })
})

t.test('a card has two buttons while somebody is wanted, and is text otherwise', async (t) => {
  const wecom = await startPagingProvider(t, wecomAnswers())
  const config = { type: 'wecom', corp_id: 'corp', agent_id: 1_000_002, secret: 's/1' } as const
  const road = cardRoad({ ...config, url: wecom.url, allow_private: true }, edge)
  t.strictSame(await road.send(page({ link: 'https://care.example/orders/W5' }), never), { outcome: 'delivered' })
  t.match(wecom.asked[0], { method: 'GET', path: '/cgi-bin/gettoken', body: '' })
  t.strictSame(Object.fromEntries(wecom.asked[0]!.query), { corpid: 'corp', corpsecret: 's/1' })
  t.equal(wecom.asked[1]!.query.get('access_token'), 'token-1')
  t.match(JSON.parse(wecom.asked[1]!.body), {
    touser: 'zhang',
    agentid: 1_000_002,
    msgtype: 'template_card',
    template_card: {
      card_type: 'button_interaction',
      main_title: { title: 'P1 待接单：水压低' },
      card_action: { type: 1, url: 'https://care.example/orders/W5' },
      task_id: 'PG7-card-1',
      button_list: [{ key: 'accept' }, { key: 'decline' }],
    },
  })
  await road.send(page({ purpose: 'level' }), never)
  t.equal(wecom.asked.length, 3, 'the token is kept')
  t.match(JSON.parse(wecom.asked[2]!.body), {
    msgtype: 'text',
    text: { content: 'P1 待接单：水压低\n高区泵房，工单 W5。' },
  })
  await road.replaceButtons('rc1', '已接单', never)
  t.match(wecom.asked.at(-1), { path: '/cgi-bin/message/update_template_card' })
  t.match(JSON.parse(wecom.asked.at(-1)!.body), { response_code: 'rc1', button: { replace_name: '已接单' } })
})

t.test('a status of 200 says nothing: only errcode does', async (t) => {
  const wecom = await startPagingProvider(t)
  const config = {
    type: 'wecom',
    corp_id: 'corp',
    agent_id: 1,
    secret: 's',
    url: wecom.url,
    allow_private: true,
  } as const
  for (const [said, expected] of [
    [{ errcode: -1 }, { outcome: 'retry', reason: 'errcode_-1', afterMs: 5_000 }],
    [{ errcode: 45_009 }, { outcome: 'retry', reason: 'errcode_45009', afterMs: 60_000 }],
    [{ errcode: 81_013 }, { outcome: 'failed', reason: 'errcode_81013' }],
    [
      { errcode: 0, invaliduser: 'zhang' },
      { outcome: 'failed', reason: 'unknown_member' },
    ],
    [{ errcode: 0, invaliduser: '' }, { outcome: 'delivered' }],
  ] as const) {
    wecom.answer = wecomAnswers(() => said)
    t.strictSame(await cardRoad(config, edge).send(page(), never), expected, JSON.stringify(said))
  }
  const road = cardRoad(config, edge)
  let stale = 1
  wecom.answer = wecomAnswers(() => (stale-- > 0 ? { errcode: 42_001 } : {}))
  t.strictSame(await road.send(page(), never), { outcome: 'delivered' }, 'a token that ended is asked for anew')
  wecom.answer = ({ path }) =>
    path === '/cgi-bin/gettoken' ? { body: '{"errcode":40013,"errmsg":"invalid corpid"}' } : {}
  t.strictSame(await cardRoad(config, edge).send(page(), never), { outcome: 'failed', reason: 'errcode_40013' })
  wecom.answer = () => 'silence'
  t.match(await cardRoad(config, edge).send(page(), never), { outcome: 'retry' }, 'nothing went out yet')
  wecom.answer = (asked) => (asked.path === '/cgi-bin/gettoken' ? wecomAnswers()(asked) : 'silence')
  t.match(await cardRoad(config, edge).send(page(), never), { outcome: 'unknown' })
  wecom.answer = (asked) =>
    asked.path === '/cgi-bin/gettoken' ? wecomAnswers()(asked) : { status: 502, body: 'bad gateway' }
  t.match(await cardRoad(config, edge).send(page(), never), { outcome: 'retry', reason: 'http_502' })
})

t.test('a text message goes by the channel that the site has for it', async (t) => {
  const got: Message[] = []
  const channel: Pick<Channel, 'send'> = {
    send: async (message) => {
      got.push(message)
      return { outcome: 'delivered' }
    },
  }
  const road = smsRoad(channel)
  t.strictSame(await road.send(page({ id: 'PG7-sms-1' }), never), { outcome: 'delivered' })
  t.match(got, [{ id: 'PG7-sms-1', kind: 'page', to: '+8613912345678', values: { number: 'W5' }, homes: [] }])
  t.notOk(road.reaches({ phone: null, wecom: 'zhang' }))
})
