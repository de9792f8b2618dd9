import { createHmac, createSign, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify, { type RouteOptions } from 'fastify'
import t from 'tap'
import { PERMISSIONS } from '#gateway/api/permissions.ts'
import { page } from '#gateway/api/routes/page.ts'
import type { Resource } from '#gateway/api/server.ts'
import { type Role, ROLES } from '#gateway/role.ts'
import type { Draft, Event } from '#rules/event.ts'
import { until } from '../fakes/until.ts'
import { type Estate, open, send } from './browser.ts'
import { openEstate } from './estate.ts'

type Route = Readonly<{ method: string; url: string; params: readonly string[]; queries: readonly string[] }>

/** An estate with something in it, and every route that its server has. */
async function openWithRoutes(t: { teardown(undo: () => Promise<void>): unknown }) {
  const routes: Route[] = []
  const keys = (schema: unknown) => Object.keys((schema as { properties?: object } | undefined)?.properties ?? {})
  const lookOn: Resource = () =>
    Object.assign(
      async (app: Parameters<ReturnType<Resource>>[0]) => {
        app.addHook('onRoute', ({ method, url, schema }: RouteOptions) => {
          const methods = [method].flat().filter((name) => name !== 'HEAD')
          const params = [...url.matchAll(/:(\w+)|\*/g)].map(([, name]) => name ?? '*')
          for (const name of methods) routes.push({ method: name, url, params, queries: keys(schema?.querystring) })
        })
      },
      { [Symbol.for('skip-override')]: true },
    )
  const estate = await openEstate({ more: [lookOn] })
  t.teardown(() => estate.close())
  await estate.say('P1', { outlet_pressure: 0.05 }, 24)
  return { estate, routes }
}

/** As sqlmap and people tell what a database says: quotes, comments, unions, time, stacks, types, encodings. */
const SQL = [
  "'",
  "''",
  '"',
  '`',
  ';',
  '\\',
  "' or '1'='1",
  "' or 1=1--",
  '" or ""="',
  "') or ('1'='1",
  "1' or '1'='1' /*",
  "admin'--",
  "A1' and '1'='1",
  "A1' and '1'='2",
  '1 or 1=1',
  '1) or (1=1',
  '-1 union select 1,2,3',
  "' union select sql from sqlite_master--",
  "' union all select null,null,null,null--",
  "' and (select count(*) from sqlite_master)>0--",
  "' and randomblob(900000000)--",
  "1 and 1=like('abcdefg',upper(hex(randomblob(100000000))))",
  "'; drop table alarms--",
  "'; attach database '/tmp/x.db' as x--",
  "'; delete from events; --",
  "' || (select load_extension('x')) || '",
  '%',
  '_',
  '%27%20or%201=1',
  '%2527',
  '0x41',
  '1e1',
  '9223372036854775808',
  '-9223372036854775809',
  'NaN',
  'null',
  '[]',
  '{"$gt":""}',
  '\u02bc or 1=1',
  '＇ or 1=1',
  'a'.repeat(5_000),
  '\u0000',
  '__proto__',
  'constructor',
]

t.test('S18 S12 S43 nothing in an address is ever taken for a part of a query', async (t) => {
  const { estate, routes } = await openWithRoutes(t)
  const admin = { authorization: `Bearer ${estate.tokens.admin}` }
  const data = () => ({
    alarms: estate.queries.list('alarms', { limit: 200 }),
    orders: estate.queries.list('orders', { limit: 200 }),
    notices: estate.queries.list('notices', { limit: 200 }),
    users: estate.access.accounts.list(),
    events: estate.queries.eventsAfter(0, 10_000).filter(({ type }) => !/^(?:access|token)\./.test(type)),
  })
  const before = data()
  t.ok(before.alarms.items.length > 0 && before.orders.items.length > 0, 'there is something to take')

  let sent = 0
  /** The status, and what was said where it was not an error. */
  async function call(method: string, path: string) {
    const { hostname, port } = new URL(estate.url)
    const body = method === 'GET' ? '' : '{}'
    const headers = {
      ...admin,
      'idempotency-key': `attack-${++sent}`,
      ...(body === '' ? {} : { 'content-type': 'application/json', 'content-length': '2' }),
    }
    const request = httpRequest({ hostname, port, method, path, headers, agent: false })
    request.end(body)
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    if (answer.headers['content-type']?.startsWith('text/event-stream')) {
      request.destroy()
      return { status: answer.statusCode!, text: '', isSafe: true }
    }
    let text = ''
    for await (const chunk of answer) text += String(chunk)
    const isSafe = answer.headers['x-content-type-options'] === 'nosniff' && 'content-security-policy' in answer.headers
    return { status: answer.statusCode!, text, isSafe }
  }
  const ordinary = (name: string) => (name === 'device' ? 'P1' : name === 'point' ? 'outlet_pressure' : 'A999')
  const filled = ({ url, params }: Route, wrong: string, value: string) =>
    params.reduce((path, name) => {
      const text = name === wrong ? value : encodeURIComponent(ordinary(name))
      return path.replace(name === '*' ? '*' : `:${name}`, () => text)
    }, url)

  for (const route of routes.filter(({ params, queries }) => params.length + queries.length > 0)) {
    // A page of the web app is the same whatever its address says; a thing asked for by a false id is never there.
    const isApi = route.url.startsWith('/api/v1/')
    const places = [...route.params.map((name) => ['path', name]), ...route.queries.map((name) => ['query', name])]
    for (const [where, name] of places as [string, string][]) {
      const wrong: string[] = []
      for (const value of SQL) {
        const text = encodeURIComponent(value)
        const path = where === 'path' ? filled(route, name, text) : `${filled(route, '', '')}?${name}=${text}`
        const { status, text: said, isSafe } = await call(route.method, path)
        const isFine = status < 500 || status === 503
        const isNothing = where === 'query' || !isApi || status >= 400
        const isSilent = !/sqlite|syntax error|near "|unrecognized token|node:|\.ts:/i.test(said)
        if (!isFine || !isNothing || !isSilent || !isSafe) wrong.push(`${status} ${value.slice(0, 40)}`)
      }
      t.strictSame(wrong, [], `${route.method} ${route.url} ${where} ${name}`)
    }
  }
  t.ok(sent > 1_000, `${sent} requests`)
  t.strictSame(data(), before, 'what was there is there, and nothing else')

  // Below the schemas of the routes: the statements themselves.
  const { accounts, sessions, tokens, links, care } = estate.access
  for (const value of SQL) {
    const name = value.slice(0, 30)
    t.strictSame(
      [accounts.find(value), accounts.get(value), sessions.find(value), tokens.find(`ct_${value}`), links.use(value)],
      [null, null, null, null, null],
      name,
    )
    t.equal(estate.queries.get('alarms', value), null, name)
    t.throws(() => accounts.disable(value, 'x'), { code: 'unknown_account' }, name)
    await t.rejects(care.resetPassword({ link: value, password: 'violet kettle 9', address: name }), {
      code: 'reset_expired',
    })
  }
  t.strictSame(data(), before)
})

t.test('S09 there is no signed token here: whatever claims to be one is nobody', async (t) => {
  const estate = await open(t)
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { sub: 'admin', role: 'admin', aud: 'caretaker', iat: 1_767_578_400, exp: 4_102_444_800 }
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const publicText = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const hs = (secret: string, header: object = {}, body: object = claims) => {
    const text = `${part({ alg: 'HS256', typ: 'JWT', ...header })}.${part(body)}`
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
  }
  const rs = (header: object = {}, body: object = claims) => {
    const text = `${part({ alg: 'RS256', typ: 'JWT', ...header })}.${part(body)}`
    return `${text}.${createSign('sha256').update(text).sign(privateKey, 'base64url')}`
  }
  const table: Record<string, string> = {
    ...Object.fromEntries(
      ['none', 'None', 'NONE', 'nOnE', ''].map((alg) => [
        `alg "${alg}"`,
        `${part({ alg, typ: 'JWT' })}.${part(claims)}.`,
      ]),
    ),
    'no algorithm': `${part({ typ: 'JWT' })}.${part(claims)}.`,
    'no signature': `${part({ alg: 'HS256' })}.${part(claims)}`,
    'an empty secret': hs(''),
    'a known secret': hs('secret'),
    'a token of ours as the secret': hs(estate.tokens.admin),
    'the public key as the secret': hs(publicText),
    'a key of its own': rs(),
    'a key in the header': rs({ jwk: publicKey.export({ format: 'jwk' }) }),
    'a key elsewhere': rs({ jku: `${estate.url}/keys.json`, x5u: `${estate.url}/x.pem` }),
    'a key by a path': hs('', { kid: '../../../../dev/null' }),
    'a key by a query': hs('x', { kid: "x' union select 'x'--" }),
    'another audience': rs({}, { ...claims, aud: 'elsewhere' }),
    'long over': rs({}, { ...claims, exp: 1 }),
    'not yet': rs({}, { ...claims, nbf: 4_102_444_800 }),
    'five parts': `${part({ alg: 'dir', enc: 'A128GCM' })}..a.b.c`,
  }
  for (const [name, token] of Object.entries(table)) {
    for (const headers of [
      { authorization: `Bearer ${token}` },
      { authorization: `Bearer ct_${token}` },
      { authorization: `JWT ${token}` },
      { cookie: `caretaker_session=${token}` },
      { cookie: `caretaker_demo=${token}` },
      { 'x-access-token': token },
    ]) {
      const answer = await send(estate, '/api/v1/alarms', { headers })
      t.equal(answer.status, 401, `${name}: ${Object.keys(headers)[0]}`)
    }
    t.equal((await send(estate, `/api/v1/session?access_token=${token}`)).status, 401, `${name} in the address`)
  }
})

t.test('S14 nothing is upgraded, and each live stream shows its own role’s events, one by one', async (t) => {
  const estate = await open(t)
  const port = Number(new URL(estate.url).port)
  for (const path of ['/', '/api/v1/events', '/ws', '/socket.io/?EIO=4&transport=websocket', '/api/v1/session']) {
    for (const protocol of ['websocket', 'h2c', 'TLS/1.0']) {
      const socket = connect(port, '127.0.0.1')
      const lines = [
        `GET ${path} HTTP/1.1`,
        'host: x',
        'connection: Upgrade',
        `upgrade: ${protocol}`,
        'sec-websocket-version: 13',
        'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
        `authorization: Bearer ${estate.tokens.admin}`,
      ]
      let said = ''
      socket.on('data', (chunk) => (said += String(chunk))).on('error', () => {})
      socket.write(`${lines.join('\r\n')}\r\n\r\n`)
      await until(`an answer to ${path}`, () => said.includes('\r\n') || socket.destroyed)
      socket.destroy()
      t.notMatch(said, /^HTTP\/1\.1 101/, `${protocol} at ${path}`)
    }
  }
  await until('all of them are gone', () => estate.feed.listeners() === 0)

  const readers = PERMISSIONS.readOrders
  const seen = new Map<Role, string>(readers.map((role) => [role, '']))
  const gone = new AbortController()
  await Promise.all(
    readers.map(async (role) => {
      const headers = { authorization: `Bearer ${estate.tokens[role]}` }
      const { body } = await fetch(`${estate.url}/api/v1/events`, { headers, signal: gone.signal })
      void (async () => {
        for await (const chunk of body!.pipeThrough(new TextDecoderStream())) seen.set(role, seen.get(role) + chunk)
      })().catch(() => {})
    }),
  )
  await until('all listen', () => estate.feed.listeners() === readers.length)
  let seq = estate.feed.newestSeq()
  const event = (draft: object) => ({ ...draft, trace: 't', seq: ++seq, at: 0, v: 1 }) as Event
  const one = { trace: 't' } satisfies Partial<Draft>
  // One batch with something of everybody: a stream that judged the batch by its first would show the rest.
  estate.feed.publish(
    [
      event({ ...one, type: 'notice.resumed', notice: 'N1' }),
      event({ ...one, type: 'access.signed_in', account: 'U-1', role: 'field' }),
      event({ ...one, type: 'alarm.reset', alarm: 'A1', by: 'T1' }),
      event({ ...one, type: 'clock.stepped', byMs: 5_000 }),
      event({ ...one, type: 'order.verified', order: 'W1' }),
    ],
    [],
  )
  const families = {
    notice: PERMISSIONS.readNotices,
    access: PERMISSIONS.readAudit,
    alarm: PERMISSIONS.readAlarms,
    clock: PERMISSIONS.readGateway,
    order: PERMISSIONS.readOrders,
  } as Readonly<Record<string, readonly Role[]>>
  await until('all have read to the end', () => [...seen.values()].every((text) => text.includes('order.verified')))
  for (const role of readers) {
    const got = [...seen.get(role)!.matchAll(/^event: (\w+)\./gm)].map(([, family]) => family)
    t.strictSame(
      got,
      Object.keys(families).filter((family) => families[family]!.includes(role)),
      role,
    )
  }
  gone.abort()
  for (const role of ROLES.filter((name) => !(readers as readonly Role[]).includes(name)))
    t.equal((await estate.as(role, '/api/v1/events')).status, 403, role)
})

/** Ends cut off, other names of a file, files that lie about, and addresses without end. */
const ODD = [
  '/theme.js%00',
  '/theme.js%00.html',
  '/%00',
  '/theme.js%0d%0ax: y',
  '/theme.js/',
  '/theme.js/.',
  '/./theme.js',
  '/theme.js::$DATA',
  '/theme.js.bak',
  '/theme.js~',
  '/THEME.JS',
  '/theme%2ejs/../x',
  '/index.html',
  '/built',
  '/.git/config',
  '/.env',
  '/node_modules/fastify/package.json',
  '/web/dist/theme.js',
  '/file:///etc/passwd',
  `/${'a'.repeat(10_000)}`,
  `/${'a/'.repeat(5_000)}`,
  `/built/${'%2e'.repeat(4_000)}`,
  `/assets/${'x'.repeat(65)}`,
]

/** As it goes over the wire: no client tidies it up first. */
async function raw(estate: Pick<Estate, 'url'>, target: string): Promise<string> {
  const socket = connect(Number(new URL(estate.url).port), '127.0.0.1')
  socket.on('error', () => {})
  socket.end(Buffer.from(`GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`, 'latin1'))
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

t.test('S19 whatever an address says, only the files of the page leave the house', async (t) => {
  const estate = await open(t)
  const ups = [
    '..',
    '%2e%2e',
    '.%2e',
    '%2E.',
    '%252e%252e',
    '..%00',
    '..;',
    '%c0%ae%c0%ae',
    '%uff0e%uff0e',
    '....',
    '．．',
  ]
  const slashes = ['/', '%2f', '%2F', '%5c', '\\', '%252f', '%c0%af', '//', '/./']
  const targets = ['package.json', 'gateway/main.ts', 'etc/passwd', 'access.db', 'setup-secret']
  const paths = [
    ...ups.flatMap((up) =>
      slashes.flatMap((slash) =>
        ['/', '/built/'].flatMap((start) =>
          [1, 3, 8].flatMap((deep) => targets.map((file) => start + `${up}${slash}`.repeat(deep) + file)),
        ),
      ),
    ),
    ...ODD,
  ]
  const leaks: string[] = []
  for (const path of paths) {
    const said = await raw(estate, path)
    // Node itself ends a request whose head is too large, with 431.
    if (!/^HTTP\/1\.1 4(00|04|14|31) /.test(said) || /root:|"dependencies"|SQLite format/.test(said))
      leaks.push(`${said.slice(0, 20)} ${path.slice(0, 60)}`)
  }
  t.ok(paths.length > 2_500)
  t.strictSame(leaks, [])
  t.match(await raw(estate, '/theme.js'), /^HTTP\/1\.1 200 /, 'what is of the page is there')
})

t.test('S19 a link in the folder of the page leads nowhere', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-page-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const [dist, outside] = [join(folder, 'dist'), join(folder, 'outside')]
  for (const path of [dist, join(dist, 'built'), join(dist, 'a.js'), outside]) mkdirSync(path)
  writeFileSync(join(outside, 'secret.js'), 'the secret')
  writeFileSync(join(dist, 'index.html'), '<!doctype html>')
  writeFileSync(join(dist, 'built', 'x.js'), 'fine')
  symlinkSync(join(outside, 'secret.js'), join(dist, 'file.js'))
  symlinkSync('../outside/secret.js', join(dist, 'relative.js'))
  symlinkSync(outside, join(dist, 'built', 'folder'))
  symlinkSync(join(folder, 'nothing.js'), join(dist, 'broken.js'))
  symlinkSync('built/x.js', join(dist, 'inside.js'))
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(page({ of: () => null, cookieFor: () => null }, dist))
  const status = async (url: string) => (await app.inject({ url })).statusCode
  for (const url of ['/file.js', '/relative.js', '/built/folder/secret.js', '/broken.js', '/a.js'])
    t.equal(await status(url), 404, url)
  for (const url of ['/', '/built/x.js', '/inside.js']) t.equal(await status(url), 200, url)
})

t.test('S20 there is nothing to upload to: no route takes a form with files', async (t) => {
  const { estate, routes } = await openWithRoutes(t)
  const takers = routes.filter(({ method }) => method !== 'GET')
  t.ok(takers.length > 15)
  const png = '\x89PNG\r\n\x1a\n<svg onload=alert(1)>'
  const body = `--x\r\ncontent-disposition: form-data; name="photo"; filename="../../a.svg"\r\ncontent-type: image/png\r\n\r\n${png}\r\n--x--\r\n`
  for (const { method, url } of takers) {
    const path = url.replace(/:\w+/g, 'A1')
    for (const type of [
      'multipart/form-data; boundary=x',
      'multipart/mixed; boundary=x',
      'image/png',
      'application/zip',
    ]) {
      const headers = { 'content-type': type, 'idempotency-key': 'upload-0001' }
      const answer = await estate.as('admin', path, { method, headers, body })
      t.equal(answer.status, 415, `${method} ${url} ${type}`)
    }
  }
})
