import t from 'tap'
import { aliyunRequest } from '#gateway/channels/aliyun-request.ts'
import { aliyunSms } from '#gateway/channels/aliyun-sms.ts'
import type { Delivery } from '#gateway/channels/channel.ts'
import { httpSms } from '#gateway/channels/http-sms.ts'
import type { ConfigOf } from '#gateway/channels/schema.ts'
import { smsParts, valuesFor } from '#gateway/channels/sms-text.ts'
import { type Answer, startHttpProvider } from '../fakes/http-provider.ts'
import { MESSAGE, NOW, portsOf } from './channel-ports.ts'

const never = new AbortController().signal
type Ending = Pick<typeof t, 'teardown'>
const OK = '{"Message":"OK","RequestId":"873043AC-BCDA","Code":"OK","BizId":"9006197469364984400^0"}'
const DATE = '20260105'

async function aliyun(t: Ending, more: Partial<ConfigOf<'aliyun-sms'>> = {}) {
  const provider = await startHttpProvider({ body: OK })
  t.teardown(() => provider.stop())
  const channel = aliyunSms(
    {
      id: 'sms',
      type: 'aliyun-sms',
      access_key_id: 'LTAI-key-id-0001',
      access_key_secret: 'a secret of the account',
      sign_name: '湖畔花园',
      templates: [
        { kind: 'water-off', phase: 'published', code: 'SMS_1', text: '${asset}自${from}停水，下次通报${next}。' },
        { kind: 'other', phase: 'all_clear', code: 'SMS_2', text: '${asset}已恢复。' },
      ],
      url: provider.url,
      allow_private: true,
      ...more,
    },
    portsOf(),
  )
  return { provider, channel, send: (more = {}) => channel.send({ ...MESSAGE, ...more }, never) }
}

t.test('the signature is that of the documented example', async (t) => {
  // "Request syntax and signature method V3" of Alibaba Cloud, fixed parameters: RunInstances of ECS.
  const params = { RegionId: 'cn-shanghai', ImageId: 'win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd' }
  const { url, headers } = aliyunRequest(
    { host: 'ecs.cn-shanghai.aliyuncs.com', action: 'RunInstances', version: '2014-05-26', params },
    { keyId: 'YourAccessKeyId', keySecret: 'YourAccessKeySecret' },
    { nonce: '3156853299f313e23d1673dc12e1703d', wallNow: Date.parse('2023-10-26T10:22:32Z') },
  )
  t.match(url, '?ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai')
  t.equal(
    headers['authorization'],
    'ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0',
  )
})

t.test('an SMS goes out by an approved template, signed, and is accepted, not delivered', async (t) => {
  const { provider, send } = await aliyun(t)
  t.match(await send(), { outcome: 'accepted', ref: '9006197469364984400^0' })
  const { method, path, query, headers } = provider.received[0]!
  t.strictSame([method, path], ['POST', '/'])
  t.strictSame(Object.fromEntries(query), {
    PhoneNumbers: '13900001234',
    SignName: '湖畔花园',
    TemplateCode: 'SMS_1',
    TemplateParam: '{"asset":"高区泵组","from":"17:00","next":"18:00"}',
    OutId: 'N1-7-sms',
  })
  t.match(headers, { 'x-acs-action': 'SendSms', 'x-acs-version': '2017-05-25', 'x-acs-date': '2026-01-05T09:00:00Z' })
  const expected = aliyunRequest(
    { host: new URL(provider.url).host, action: 'SendSms', version: '2017-05-25', params: Object.fromEntries(query) },
    { keyId: 'LTAI-key-id-0001', keySecret: 'a secret of the account' },
    { nonce: String(headers['x-acs-signature-nonce']), wallNow: NOW },
  )
  t.equal(headers['authorization'], expected.headers['authorization'], 'what arrived is what was signed')
  await send()
  const [first, second] = provider.received.map((request) => request.headers['x-acs-signature-nonce'])
  t.not(first, second, 'each call with a nonce of its own')
})

t.test('F60 the body decides: later, never, or nobody knows', async (t) => {
  const { provider, send } = await aliyun(t)
  const code = (Code: string, status = 200): Answer => ({ status, body: JSON.stringify({ Code, Message: 'words' }) })
  const table: [string, Answer, Partial<Delivery> & object][] = [
    ['this number had too many', code('isv.BUSINESS_LIMIT_CONTROL'), { outcome: 'retry', isForAll: false }],
    ['the account had too many today', code('isv.DAY_LIMIT_CONTROL'), { outcome: 'retry', isForAll: true }],
    ['too fast', code('Throttling.User', 400), { outcome: 'retry', isForAll: true }],
    ['no money', code('isv.AMOUNT_NOT_ENOUGH'), { outcome: 'retry', isForAll: true }],
    [
      'wrong key',
      code('SignatureDoesNotMatch', 400),
      { outcome: 'retry', isForAll: true, said: 'SignatureDoesNotMatch: words' },
    ],
    ['no such number', code('isv.MOBILE_NUMBER_ILLEGAL'), { outcome: 'failed', reason: 'isv.MOBILE_NUMBER_ILLEGAL' }],
    ['no such template', code('isv.SMS_TEMPLATE_ILLEGAL'), { outcome: 'failed' }],
    ['a portal', { body: '<html>sign in</html>' }, { outcome: 'unknown', reason: 'unreadable_answer' }],
    ['cut short', { body: OK.slice(0, 30) }, { outcome: 'unknown', reason: 'unreadable_answer' }],
    ['a list', { body: '[1]' }, { outcome: 'unknown' }],
    ['null', { body: 'null' }, { outcome: 'unknown' }],
    ['busy', { status: 503, body: '' }, { outcome: 'retry', reason: 'http_503' }],
    ['told to wait', { status: 429, headers: { 'retry-after': '9' }, body: '' }, { outcome: 'retry', afterMs: 9_000 }],
    ['no answer', 'silence', { outcome: 'unknown', reason: 'econnreset' }],
  ]
  for (const [name, answer, delivery] of table) {
    provider.answer = answer
    t.match(await send(), delivery, name)
  }
})

t.test('what cannot be sent is not handed to the provider', async (t) => {
  const { provider, channel, send } = await aliyun(t)
  t.match(await send({ kind: 'lift-stopped' }), { outcome: 'failed', reason: 'no_template' })
  t.match(await send({ to: 'nobody' }), { outcome: 'failed', reason: 'bad_number' })
  t.match(await send({ to: undefined }), { outcome: 'failed', reason: 'bad_number' })
  t.equal(provider.received.length, 0)
  t.match(
    await send({ kind: 'lift-stopped', phase: 'all_clear' }),
    { outcome: 'accepted' },
    'a kind of its own or other',
  )
  const allowance = channel.allowance!(MESSAGE)!
  t.match(allowance, { limit: { most: 50, windowMs: 24 * 3_600_000 } })
  t.notSame(allowance.account, channel.allowance!({ ...MESSAGE, to: '13900001235' })!.account, 'each number')
  t.notSame(allowance.account, channel.allowance!({ ...MESSAGE, phase: 'all_clear' })!.account, 'each template')
})

t.test('parts are counted with the signature, and no variable is longer than the provider takes', async (t) => {
  const { channel } = await aliyun(t)
  const table: [number, number][] = [
    [64, 1],
    [65, 2],
    [128, 2],
    [129, 3],
  ]
  for (const [length, parts] of table)
    t.equal(smsParts('湖畔花园', '水'.repeat(length)), parts, `${length + 6} characters`)
  t.equal(smsParts('湖畔花园', '😀'.repeat(33)), 2, 'a surrogate pair counts twice')
  t.equal(channel.parts!(MESSAGE), 1)
  const long = valuesFor({ text: '${asset}' }, { values: { asset: '泵'.repeat(40) } })['asset']!
  t.equal(long.length, 35)
})

t.test('a receipt is asked for by number, id and day', async (t) => {
  const { provider, channel } = await aliyun(t)
  const detail = (more: object) =>
    JSON.stringify({ Code: 'OK', TotalCount: 1, SmsSendDetailDTOs: { SmsSendDetailDTO: [more] } })
  const sent = { id: 'N1-7-sms', to: MESSAGE.to!, ref: '9006^0', at: Date.UTC(2026, 0, 4, 17) }
  const table: [string, Answer, object | null][] = [
    ['on its way', { body: detail({ SendStatus: 1 }) }, null],
    ['delivered', { body: detail({ SendStatus: 3, ErrCode: 'DELIVERED' }) }, { outcome: 'delivered' }],
    ['failed', { body: detail({ SendStatus: 2, ErrCode: 'MK:0008' }) }, { outcome: 'failed', reason: 'MK:0008' }],
    [
      'failed with garbage',
      { body: detail({ SendStatus: 2, ErrCode: '<script>' }) },
      { outcome: 'failed', reason: 'not_delivered' },
    ],
    ['nothing found', { body: '{"Code":"OK","SmsSendDetailDTOs":{"SmsSendDetailDTO":[]}}' }, null],
    ['garbage', { body: '{"SmsSendDetailDTOs":7}' }, null],
    ['no answer', 'silence', null],
  ]
  for (const [name, answer, told] of table) {
    provider.answer = answer
    const receipt = await channel.receiptOf!(sent, never)
    if (told === null) t.equal(receipt, null, name)
    else t.match(receipt, told, name)
  }
  const asked = Object.fromEntries(provider.received[0]!.query)
  t.match(asked, { PhoneNumber: '13900001234', BizId: '9006^0', SendDate: DATE }, 'the day in China')
})

t.test('any provider over HTTP: form, JSON or address, and conditions over its answer', async (t) => {
  const provider = await startHttpProvider({ body: '{"code":0,"msg":"ok"}' })
  t.teardown(() => provider.stop())
  const base = {
    id: 'sms',
    type: 'http-sms',
    url: `${provider.url}/send?v=2`,
    secret: 'p&ss=word',
    answer: { code: 'number', msg: 'text' },
    success: 'code == 0',
    retry: 'code == 8 || msg == "busy"',
    allow_private: true,
  } as const
  const channel = (more: object) => httpSms({ ...base, ...more } as ConfigOf<'http-sms'>, portsOf())
  const form = { mobile: '{to}', key: '{secret}', content: '【湖畔】{title}，{text} {nothing}' }
  t.match(await channel({ form }).send(MESSAGE, never), { outcome: 'accepted' })
  const json = { to: ['{to}'], body: { text: '{text}', n: 1 } }
  const headers = { Authorization: 'Bearer {secret}' }
  t.match(await channel({ json, headers }).send(MESSAGE, never), { outcome: 'accepted' })
  t.match(await channel({ form, method: 'GET' }).send(MESSAGE, never), { outcome: 'accepted' })
  const [posted, sent, got] = provider.received
  const fields = { mobile: MESSAGE.to, key: 'p&ss=word', content: '【湖畔】停水，高区泵组：17:00 起停水。 ' }
  t.strictSame(Object.fromEntries(new URLSearchParams(posted!.body.toString())), fields)
  t.strictSame(JSON.parse(sent!.body.toString()), {
    to: [MESSAGE.to],
    body: { text: '高区泵组：17:00 起停水。', n: 1 },
  })
  t.equal(sent!.headers['authorization'], 'Bearer p&ss=word')
  t.strictSame([got!.method, Object.fromEntries(got!.query)], ['GET', { v: '2', ...fields }])

  const table: [Answer, object][] = [
    [{ body: '{"code":8,"msg":"too fast"}' }, { outcome: 'retry', reason: 'not_now' }],
    [{ body: '{"code":3,"msg":"busy"}' }, { outcome: 'retry', reason: 'not_now' }],
    [
      { body: '{"code":3,"msg":"no such number"}' },
      { outcome: 'failed', reason: 'refused', said: '{"code":3,"msg":"no such number"}' },
    ],
    [{ body: '{"code":"0"}' }, { outcome: 'unknown', reason: 'unreadable_answer' }],
    [{ body: '{"__proto__":{"code":0}}' }, { outcome: 'unknown' }],
    [{ body: 'ok' }, { outcome: 'unknown' }],
    [
      { status: 500, body: '{"code":0}' },
      { outcome: 'retry', reason: 'http_500' },
    ],
    [
      { status: 400, body: '{}' },
      { outcome: 'failed', reason: 'http_400' },
    ],
    ['silence', { outcome: 'unknown', reason: 'econnreset' }],
  ]
  for (const [answer, delivery] of table) {
    provider.answer = answer
    t.match(await channel({ form }).send(MESSAGE, never), delivery, JSON.stringify(answer))
  }
})

t.test('any provider over HTTP: whose number it is, what became of it, and each in the own language', async (t) => {
  const provider = await startHttpProvider({ body: '{"code":0,"msgid":4711}' })
  t.teardown(() => provider.stop())
  const config: ConfigOf<'http-sms'> = {
    id: 'sms',
    type: 'http-sms',
    url: `${provider.url}/send`,
    secret: 'p&ss=word',
    headers: { Authorization: 'Bearer {secret}' },
    json: { to: '{to}', text: '{title}: {text}' },
    answer: { code: 'number' },
    success: 'code == 0',
    bad_number: 'code == 3',
    ref: 'msgid',
    receipt: {
      url: `${provider.url}/report?id={ref}&key={secret}`,
      answer: { state: 'text' },
      delivered: 'state == "DELIVRD"',
      failed: 'state == "UNDELIV"',
    },
    allow_private: true,
  }
  const channel = httpSms(config, portsOf())
  t.match(await channel.send({ ...MESSAGE, language: 'en' }, never), { outcome: 'accepted', ref: '4711' })
  t.match(JSON.parse(provider.received[0]!.body.toString()), { text: 'No water: High-zone pumps <b>since 17:00</b>.' })
  await channel.send({ ...MESSAGE, language: 'zh-CN' }, never)
  t.match(JSON.parse(provider.received[1]!.body.toString()), { text: /^停水/ })
  provider.answer = { body: '{"code":3}' }
  t.match(await channel.send(MESSAGE, never), { outcome: 'failed', reason: 'bad_number' })

  const sent = { id: MESSAGE.id, to: MESSAGE.to!, ref: '47 11', at: NOW }
  const table: [string, Answer, object | null][] = [
    ['delivered', { body: '{"state":"DELIVRD"}' }, { outcome: 'delivered' }],
    ['failed', { body: '{"state":"UNDELIV"}' }, { outcome: 'failed', reason: 'not_delivered' }],
    ['on its way', { body: '{"state":"ENROUTE"}' }, null],
    ['not of the kind that was said', { body: '{"state":7}' }, null],
    ['garbage', { body: '<html>' }, null],
    ['an error that says delivered', { status: 500, body: '{"state":"DELIVRD"}' }, null],
    ['no answer', 'silence', null],
  ]
  for (const [name, answer, told] of table) {
    provider.answer = answer
    t.match({ told: await channel.receiptOf!(sent, never) }, { told }, name)
  }
  const { method, path, query, headers } = provider.received[3]!
  t.strictSame([method, path, Object.fromEntries(query)], ['GET', '/report', { id: '47 11', key: 'p&ss=word' }])
  t.equal(headers['authorization'], 'Bearer p&ss=word')
  const { receipt: _, ...without } = config
  t.equal(httpSms(without, portsOf()).receiptOf, undefined, 'nobody is asked where nothing is said of it')
})

t.test('S21 no provider stands inside, whatever its name leads to', async (t) => {
  const { provider, channel } = await aliyun(t, { allow_private: false })
  t.match(await channel.send(MESSAGE, never), { outcome: 'retry', reason: 'private_address' })
  t.equal(provider.received.length, 0)
})

t.test('F60 an answer that only trickles is no answer, and stopping does not wait for it', async (t) => {
  const { provider, channel } = await aliyun(t)
  provider.answer = 'trickle'
  const stopping = new AbortController()
  const sent = channel.send(MESSAGE, stopping.signal)
  sent.catch(() => {})
  while (provider.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  stopping.abort(new Error('stopping'))
  await t.rejects(sent, { message: 'stopping' })
})
