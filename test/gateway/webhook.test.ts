import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Message } from '#gateway/channels/channel.ts'
import type { Resolve } from '#gateway/channels/post.ts'
import { webhookChannel } from '#gateway/channels/webhook.ts'
import { wallNow } from '#gateway/clock.ts'
import { loadSite } from '#gateway/site/load.ts'
import { startWebhookReceiver } from '../fakes/webhook.ts'

const never = new AbortController().signal
const MESSAGE: Message = {
  id: 'M1',
  site: 'x',
  notice: 'N1',
  kind: 'water-off',
  phase: 'published',
  homes: [],
  alarmIds: [],
  at: '2026-01-05T10:00:00+08:00',
  trace: 't',
  texts: { en: { title: '', body: '' }, 'zh-CN': { title: '', body: '' } },
} as unknown as Message

/** Every way to say "inside" that a reader of addresses might not see through. */
const INSIDE = [
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0177.0.0.1',
  '017700000001',
  '127.0.0.1.',
  '%31%32%37.0.0.1',
  '１２７.0.0.1',
  '0.0.0.0',
  '0',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  '169.254.169.254',
  '2852039166',
  '192.0.2.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::ffff:a9fe:a9fe]',
  '[::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  '[2001::1]',
  '[fe80::1]',
  '[fd00:ec2::254]',
  '[fc00::1]',
  '[ff02::1]',
  '[2001:db8::1]',
  'localhost',
  'LOCALHOST.',
  'a.localhost',
]
const OUTSIDE = [
  '203.0.114.1',
  '8.8.8.8',
  '172.15.0.1',
  '172.32.0.1',
  '100.128.0.1',
  '[2606:4700::1111]',
  'hooks.example.org',
  'localhost.example.org',
]

t.test('S21 a site file says where its messages may go: nowhere inside, unless it says so', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const load = (url: string, more = '') => {
    writeFileSync(
      join(folder, 'site.yaml'),
      `site: { id: x, name: X, timezone: UTC }\nassets: [{ id: K1, kind: waste-bin }]\ndevices: []\nchannels:\n  - { id: w, type: webhook, url: '${url}', secret: a-secret-of-this-test-0123456789${more} }\n`,
    )
    const { site, faults } = loadSite('site.yaml', { env: {}, cwd: folder })
    return { channels: site?.channels.length, codes: faults.map(({ code, line }) => `${code} ${line}`) }
  }
  for (const host of INSIDE) {
    for (const url of [`http://${host}/hook`, `https://user:x@${host}:8443/`]) {
      t.strictSame(load(url), { channels: 0, codes: ['private_address 5'] }, url)
      t.strictSame(load(url, ', allow_private: true'), { channels: 1, codes: [] }, `${url}, meant`)
    }
  }
  for (const host of OUTSIDE) t.strictSame(load(`https://${host}/hook`), { channels: 1, codes: [] }, host)
  t.strictSame(load('http://'), { channels: 0, codes: ['wrong_value 5'] })
  t.equal(load('http://127.0.0.1/', ', allow_private: "true"').channels, 0, 'only the plain word says so')
})

t.test('S21 a name is resolved once, and the address that was looked at is called', async (t) => {
  const receiver = await startWebhookReceiver()
  t.teardown(() => receiver.stop())
  const { port } = new URL(receiver.url)
  const { secret } = receiver
  const asked: string[] = []
  const resolving =
    (...answers: string[][]): Resolve =>
    async (host) => {
      asked.push(host)
      const answer = answers.length > 1 ? answers.shift()! : answers[0]!
      return answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    }
  const url = `http://hooks.example.org:${port}/hook`
  const send = (resolve: Resolve, more: object = {}) =>
    webhookChannel({ id: 'w', url, secret, ...more }, wallNow, resolve).send(MESSAGE, never)
  const refused = { outcome: 'retry', reason: 'private_address' }

  for (const address of ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', '::ffff:127.0.0.1', 'fe80::1', '0.0.0.0'])
    t.strictSame(await send(resolving([address])), refused, address)
  t.strictSame(await send(resolving(['8.8.8.8', '127.0.0.1'])), refused, 'one of several leads inside')
  t.strictSame(await send(resolving([])), refused, 'a name that leads nowhere')
  for (const host of ['127.0.0.1', '2130706433', '[::ffff:127.0.0.1]'])
    t.strictSame(await send(resolving(['8.8.8.8']), { url: `http://${host}:${port}/` }), refused, `${host}, no name`)
  t.equal(receiver.received.length, 0, 'nothing came in')

  asked.length = 0
  // Were the name asked again to connect, it would lead where nobody listens.
  t.strictSame(await send(resolving(['127.0.0.1'], ['192.0.2.1']), { allow_private: true }), { outcome: 'delivered' })
  t.strictSame(asked, ['hooks.example.org'], 'asked once')
  t.equal(receiver.received.length, 1)
})

t.test('S21 a redirect leads nowhere', async (t) => {
  const receiver = await startWebhookReceiver()
  t.teardown(() => receiver.stop())
  const elsewhere = createServer((_, response) => response.writeHead(302, { location: receiver.url }).end())
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
  t.teardown(() => elsewhere.close())
  const url = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`
  const channel = webhookChannel({ id: 'w', url, secret: receiver.secret, allow_private: true }, wallNow)
  t.strictSame(await channel.send(MESSAGE, never), { outcome: 'failed', reason: 'http_302' })
  t.equal(receiver.received.length, 0)
})

t.test('a receiver that answers without end, or not at all, is left alone', async (t) => {
  const endless = createServer((request, response) => {
    if (request.url === '/silent') return
    response.writeHead(200)
    const timer = setInterval(() => response.write('x'.repeat(65_536)), 1)
    response.once('close', () => clearInterval(timer))
  })
  await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    endless.closeAllConnections()
    endless.close()
  })
  const at = (path: string) => {
    const url = `http://127.0.0.1:${(endless.address() as AddressInfo).port}${path}`
    return webhookChannel({ id: 'w', url, secret: 'a-secret-of-this-test-0123456789', allow_private: true }, wallNow)
  }
  t.strictSame(await at('/endless').send(MESSAGE, never), { outcome: 'delivered' })
  const stopping = new AbortController()
  const silent = at('/silent').send(MESSAGE, stopping.signal)
  stopping.abort(new Error('stopping'))
  await t.rejects(silent, { message: 'stopping' })
})
