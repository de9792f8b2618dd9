import { createDecipheriv, createECDH, createPublicKey, hkdfSync, verify } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openPushBook, type Subscription } from '#gateway/channels/push-book.ts'
import { pushKeys } from '#gateway/channels/push-keys.ts'
import { sealingOf } from '#gateway/private/sealing.ts'
import { systemRandom } from '#gateway/random.ts'
import { webPush } from '#gateway/channels/web-push.ts'
import { type Received, startHttpProvider } from '../fakes/http-provider.ts'
import { MESSAGE, portsOf } from './channel-ports.ts'

const never = new AbortController().signal
const message = { ...MESSAGE, id: 'N1-7-push', homes: ['B1-0101', 'B1-0102'] }
const RIGHT = { kind: 'token', id: 'T-1', session: null } as const
type Ending = Pick<typeof t, 'teardown'>

function dataFolder(t: Ending): string {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-push-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A browser, as far as its push service and its keys go. */
function browser() {
  const pair = createECDH('prime256v1')
  pair.generateKeys()
  const auth = Buffer.alloc(16, 7)
  return { pair, auth, p256dh: pair.getPublicKey('base64url'), authText: auth.toString('base64url') }
}

const sealing = (fill = 1) => sealingOf(Buffer.alloc(32, fill), systemRandom(), 'private.key')

/** As the links of homes and the accounts stand; everybody may, unless a test says otherwise. */
async function station(t: Ending, isInside = true, mayHear: (subscription: Subscription) => boolean = () => true) {
  const folder = dataFolder(t)
  const service = await startHttpProvider({ status: 201, body: '' })
  const book = openPushBook(folder, mayHear, sealing())
  t.teardown(async () => {
    book.close()
    await service.stop()
  })
  const keys = () => pushKeys(folder)
  const config = {
    id: 'push',
    type: 'web-push',
    contact: 'mailto:estate@example.com',
    allow_private: isInside,
  } as const
  const channel = webPush(config, portsOf({ push: () => book, pushKeys: keys }))
  const subscribe = (name: string, homes: readonly string[] | null = ['B1-0101'], language: 'zh-CN' | 'en' = 'en') => {
    const own = browser()
    const endpoint = `${service.url}/${name}`
    book.add({ endpoint, p256dh: own.p256dh, auth: own.authText, homes, language, right: RIGHT }, 1)
    return { ...own, endpoint }
  }
  return { folder, service, book, keys, channel, subscribe, send: () => channel.send(message, never) }
}

/** RFC 8188 and 8291: what the browser does with the body. */
function opened({ body }: Received, { pair, auth, p256dh }: ReturnType<typeof browser>): unknown {
  const [salt, idLength] = [body.subarray(0, 16), body[20]!]
  const senderKey = body.subarray(21, 21 + idLength)
  const secret = pair.computeSecret(senderKey)
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), Buffer.from(p256dh, 'base64url'), senderKey])
  const derive = (key: Buffer, saltOf: Buffer, text: Buffer, length: number) =>
    Buffer.from(hkdfSync('sha256', key, saltOf, text, length))
  const ikm = derive(secret, auth, info, 32)
  const key = derive(ikm, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16)
  const nonce = derive(ikm, salt, Buffer.from('Content-Encoding: nonce\0'), 12)
  const sealed = body.subarray(21 + idLength)
  const decipher = createDecipheriv('aes-128-gcm', key, nonce)
  decipher.setAuthTag(sealed.subarray(-16))
  const plain = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
  return JSON.parse(plain.subarray(0, plain.lastIndexOf(2)).toString())
}

t.test('a push is encrypted for each browser, in its language, and signed for its service', async (t) => {
  const { service, channel, keys, subscribe, send } = await station(t)
  const [a, b] = [subscribe('a', ['B1-0101'], 'zh-CN'), subscribe('b', null)]
  subscribe('c', ['B9-0101'])
  t.equal(channel.reach, 'group')
  t.match(await send(), { outcome: 'accepted' })
  t.strictSame(new Set(service.received.map(({ path }) => path)), new Set(['/a', '/b']), 'whom it concerns')
  const of = (path: string) => service.received.find((request) => request.path === path)!
  t.strictSame(opened(of('/a'), a), {
    title: '停水',
    body: '高区泵组：17:00 起停水。',
    tag: 'N1',
    phase: 'published',
    lang: 'zh-CN',
  })
  t.match(opened(of('/b'), b), { title: 'No water', lang: 'en' })
  t.throws(() => opened(of('/a'), b), 'nobody else can read it')
  const { headers } = of('/a')
  t.match(headers, { topic: 'N1', ttl: '14400', urgency: 'high', 'content-encoding': 'aes128gcm' })

  // RFC 8292: a token for this service alone, signed by the key that the browser was given.
  const { publicKey } = await keys()
  const [, token = '', key] = /^vapid t=([^,]+), k=(.+)$/.exec(String(headers['authorization'])) ?? []
  t.equal(key, publicKey)
  const [head = '', claims = '', signature = ''] = token.split('.')
  t.match(JSON.parse(Buffer.from(claims, 'base64url').toString()), {
    aud: service.url,
    sub: 'mailto:estate@example.com',
  })
  const point = Buffer.from(publicKey, 'base64url')
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  }
  const signed = Buffer.from(`${head}.${claims}`)
  const signer = { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' } as const
  t.ok(verify('sha256', signed, signer, Buffer.from(signature, 'base64url')))
})

t.test('a browser that is gone is forgotten, and the others are told once', async (t) => {
  const { service, book, subscribe, send } = await station(t)
  subscribe('gone')
  subscribe('expired')
  subscribe('busy')
  subscribe('well')
  let isBusy = true
  service.answer = ({ path }) => {
    if (path === '/gone') return { status: 410, body: 'gone' }
    if (path === '/expired') return { status: 404, body: '' }
    return path === '/busy' && isBusy
      ? { status: 429, headers: { 'retry-after': '5' }, body: '' }
      : { status: 201, body: '' }
  }
  // What one push service wishes is no reason to let the others wait.
  t.strictSame(await send(), { outcome: 'retry', reason: 'http_429' })
  t.equal(book.of(message.homes).length, 2)
  isBusy = false
  t.match(await send(), { outcome: 'accepted' })
  t.equal(service.received.filter(({ path }) => path === '/well').length, 1, 'not again')
  t.equal(service.received.filter(({ path }) => path === '/busy').length, 2)
})

t.test('S21 a browser whose key is none takes nobody with it, and is forgotten', async (t) => {
  const { service, book, subscribe, send } = await station(t)
  const { authText: auth } = browser()
  const endpoint = `${service.url}/poisoned`
  book.add({ endpoint, p256dh: 'A'.repeat(87), auth, homes: ['B1-0101'], language: 'en', right: RIGHT }, 1)
  subscribe('well')
  t.match(await send(), { outcome: 'accepted' })
  t.strictSame(
    service.received.map(({ path }) => path),
    ['/well'],
  )
  t.equal(book.of(message.homes).length, 1)
})

t.test('nobody asked to be told; nobody is reached', async (t) => {
  const { send, subscribe } = await station(t)
  t.match(await send(), { outcome: 'failed', reason: 'no_address' })
  subscribe('elsewhere', ['B9-0101'])
  t.match(await send(), { outcome: 'failed', reason: 'no_address' })
})

t.test('S21 an endpoint that leads inside is not called', async (t) => {
  const { service, subscribe, send } = await station(t, false)
  subscribe('inside')
  t.match(await send(), { outcome: 'retry', reason: 'private_address' })
  t.equal(service.received.length, 0)
})

t.test('the keys are made at first use, for nobody else, and kept; torn ones are refused', async (t) => {
  const folder = dataFolder(t)
  const first = await pushKeys(folder)
  t.strictSame(await pushKeys(folder), first)
  t.equal(statSync(join(folder, 'push.key')).mode & 0o777, 0o600)
  writeFileSync(join(folder, 'push.key'), JSON.stringify(first).slice(0, 60))
  await t.rejects(pushKeys(folder), { code: 'store_corrupt' })
})

t.test('S33 which home has which browser is sealed, kept over a restart, and waits for its key', async (t) => {
  const { folder, book, subscribe } = await station(t)
  const { endpoint, p256dh } = subscribe('b1', ['B1-0101'])
  subscribe('b2', ['B1-0102'])
  const bytes = ['push.db', 'push.db-wal'].map((file) => join(folder, file)).filter(existsSync)
  for (const secret of ['B1-0101', endpoint, p256dh, RIGHT.id])
    t.notOk(
      bytes.some((file) => readFileSync(file).includes(secret)),
      secret,
    )
  const reopened = (fill: number | null) => openPushBook(folder, () => true, fill === null ? null : sealing(fill))
  for (const fill of [null, 2]) {
    const other = reopened(fill)
    t.strictSame(other.of(['B1-0101']), [], `without the key: ${fill}`)
    other.close()
  }
  const shut = reopened(null)
  t.equal(shut.add(book.of(['B1-0101'])[0]!, 1), false, 'nor is anybody taken')
  shut.close()
  const again = reopened(1)
  t.strictSame(again.of(['B1-0101']), book.of(['B1-0101']))
  again.remove(endpoint)
  again.close()
  const last = reopened(1)
  t.strictSame(
    last.of(['B1-0101', 'B1-0102']).map(({ homes }) => homes),
    [['B1-0102']],
  )
  last.close()
})

t.test('S42 nobody fills the book: so many browsers to a home', async (t) => {
  const { folder, book, subscribe } = await station(t)
  for (let i = 0; i < 25; i++) subscribe(`b${i}`)
  t.equal(book.of(['B1-0101']).length, 20)
  subscribe('b3')
  t.equal(book.of(['B1-0101']).length, 20, 'the same again is the same')
  t.equal(statSync(join(folder, 'push.db')).mode & 0o777, 0o600)
  t.ok(existsSync(join(folder, 'push.db')))
  book.remove(book.of(['B1-0101'])[0]!.endpoint)
  t.equal(book.of(['B1-0101']).length, 19)
})
