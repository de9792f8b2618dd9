import { createHmac } from 'node:crypto'
import t from 'tap'
import { cutToBytes } from '#gateway/channels/cut.ts'
import { type BotConfig, botChannel } from '#gateway/channels/bots.ts'
import type { Message } from '#gateway/channels/channel.ts'
import { type BotProvider, startBotProvider } from '../fakes/bot-provider.ts'

const NOW = Date.UTC(2026, 0, 5, 9)
const never = new AbortController().signal
const message = (body = '供水恢复时间另行通知。') =>
  ({
    id: 'N1-1-bot',
    texts: { 'zh-CN': { title: '停水', body }, en: { title: 'No water', body: 'We tell you more at 11:00.' } },
  }) as unknown as Message

async function bot(
  t: Pick<typeof import('tap').default, 'teardown'>,
  config: Partial<BotConfig> & Pick<BotConfig, 'type'>,
) {
  const provider = await startBotProvider()
  t.teardown(() => provider.stop())
  const all = { id: 'bot', key: 'k-1/2', url: provider.url, allow_private: true, ...config }
  const channel = botChannel(all, () => NOW)
  return { provider, channel, send: (text?: string) => channel.send(message(text), never) }
}

t.test('a WeCom bot gets a text of its key', async (t) => {
  const { provider, send } = await bot(t, { type: 'wecom-bot' })
  t.match(await send(), { outcome: 'delivered' })
  const [request] = provider.received
  t.equal(request!.path, '/cgi-bin/webhook/send')
  t.equal(request!.query.get('key'), 'k-1/2')
  t.strictSame(request!.body, {
    msgtype: 'text',
    text: { content: '停水\n供水恢复时间另行通知。\n\nNo water\nWe tell you more at 11:00.' },
  })
})

t.test('a DingTalk bot gets its signature in the address', async (t) => {
  const { provider, send } = await bot(t, { type: 'dingtalk-bot', secret: 'SEC1' })
  t.match(await send(), { outcome: 'delivered' })
  const { path, query, body } = provider.received[0]!
  t.equal(path, '/robot/send')
  t.equal(query.get('access_token'), 'k-1/2')
  t.equal(query.get('timestamp'), String(NOW))
  t.equal(query.get('sign'), createHmac('sha256', 'SEC1').update(`${NOW}\nSEC1`).digest('base64'))
  t.match(body, { msgtype: 'markdown', markdown: { title: '停水 / No water' } })
})

t.test('a Feishu bot gets its signature in the body, and answers in words of its own', async (t) => {
  const { provider, send } = await bot(t, { type: 'feishu-bot', secret: 'SEC1' })
  provider.answer = { body: '{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}' }
  t.match(await send(), { outcome: 'delivered' })
  const { path, body } = provider.received[0]!
  const timestamp = String(NOW / 1_000)
  t.equal(path, '/open-apis/bot/v2/hook/k-1%2F2')
  t.match(body, {
    timestamp,
    sign: createHmac('sha256', `${timestamp}\nSEC1`).update('').digest('base64'),
    msg_type: 'text',
  })
})

t.test('F60 what the body says counts, not that the status is 200', async (t) => {
  const wecom: [string, BotProvider['answer'], object][] = [
    [
      'too often',
      { body: '{"errcode":45009,"errmsg":"api freq out of limit"}' },
      { outcome: 'retry', afterMs: 60_000 },
    ],
    ['busy', { body: '{"errcode":-1,"errmsg":"system busy"}' }, { outcome: 'retry', afterMs: 5_000 }],
    [
      'disabled',
      { body: '{"errcode":93000,"errmsg":"invalid webhook url"}' },
      { outcome: 'failed', reason: 'errcode_93000' },
    ],
    ['too long', { body: '{"errcode":40058,"errmsg":"invalid"}' }, { outcome: 'failed', reason: 'errcode_40058' }],
    ['a portal', { body: '<html>sign in to the network</html>' }, { outcome: 'unknown', reason: 'unreadable_answer' }],
    ['a word for a number', { body: '{"errcode":"0"}' }, { outcome: 'unknown' }],
    ['429', { status: 429, headers: { 'retry-after': '7' }, body: '' }, { outcome: 'retry', afterMs: 7_000 }],
    ['503', { status: 503, body: '' }, { outcome: 'retry', reason: 'http_503' }],
    ['404', { status: 404, body: '' }, { outcome: 'failed', reason: 'http_404' }],
    ['no answer', 'silence', { outcome: 'unknown', reason: 'econnreset' }],
  ]
  const { provider, send } = await bot(t, { type: 'wecom-bot' })
  for (const [name, answer, delivery] of wecom) {
    provider.answer = answer
    t.match(await send(), delivery, name)
  }
  const dingtalk = await bot(t, { type: 'dingtalk-bot' })
  dingtalk.provider.answer = { body: '{"errcode":130101,"errmsg":"send too fast"}' }
  t.match(await dingtalk.send(), { outcome: 'retry', afterMs: 600_000 })
  dingtalk.provider.answer = { body: '{"errcode":310000,"errmsg":"sign not match"}' }
  t.match(await dingtalk.send(), { outcome: 'failed', reason: 'errcode_310000' })
  const feishu = await bot(t, { type: 'feishu-bot' })
  feishu.provider.answer = { body: '{"code":11232,"msg":"frequency limited"}' }
  t.match(await feishu.send(), { outcome: 'retry', afterMs: 60_000 })
  feishu.provider.answer = { body: '{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}' }
  t.match(await feishu.send(), { outcome: 'failed', reason: 'errcode_19021' })
})

t.test('nobody there is tried again; S21 inside is not called', async (t) => {
  const { provider, send } = await bot(t, { type: 'wecom-bot' })
  await provider.stop()
  t.match(await send(), { outcome: 'retry', reason: 'econnrefused' })
  const inside = await bot(t, { type: 'wecom-bot', allow_private: false })
  t.match(await inside.send(), { outcome: 'retry', reason: 'private_address' })
  t.equal(inside.provider.received.length, 0)
})

t.test('a text that is too long ends with a sentence, within the bytes that the provider takes', async (t) => {
  const { provider, send } = await bot(t, { type: 'wecom-bot' })
  await send('水泵检修中。'.repeat(400))
  const { content } = provider.received[0]!.body['text'] as { content: string }
  t.ok(Buffer.byteLength(content) <= 2_048 && Buffer.byteLength(content) > 2_000, `${Buffer.byteLength(content)} bytes`)
  t.ok(content.endsWith('。'))
  for (const [text, most, cut] of [
    ['short', 10, 'short'],
    ['First. Second. Third', 15, 'First. Second.'],
    ['nowhereToCut', 5, 'nowhe'],
    ['水水水', 7, '水水'],
    ['😀😀', 7, '😀'],
  ] as const)
    t.equal(cutToBytes(text, most), cut)
})
