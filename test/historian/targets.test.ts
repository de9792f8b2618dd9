import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import { readDocument } from '#devices/document.ts'
import { InfluxTarget } from '#gateway/historian/config.ts'
import { influx1 } from '#gateway/historian/influx1.ts'
import { influx2 } from '#gateway/historian/influx2.ts'
import { TargetError, type TargetFailure } from '#gateway/historian/target.ts'
import { targetOf } from '#gateway/historian/targets.ts'
import { loadSite } from '#gateway/site/load.ts'
import { influxContract, withoutContract } from '#test/fakes/influx-contract.ts'
import { type InfluxHttp, type InfluxMood, startInfluxHttp } from '#test/fakes/influx-http.ts'

const TIMEOUT_MS = 500
/** Debian package openssl. */
const TOOLS = { certificate: 'openssl' } as const
const never = new AbortController().signal
const v1 = (url: string) =>
  influx1({ type: 'influx1', url, database: 'estate', user: 'gw', password: 'hush-hush' }, TIMEOUT_MS)
const v2 = (url: string, timeoutMs = TIMEOUT_MS) =>
  influx2({ type: 'influx2', url, org: 'lake & side', bucket: 'read ings', token: 'hush-hush' }, timeoutMs)

async function failureOf(promise: Promise<unknown>): Promise<TargetError> {
  const error: unknown = await promise.then(
    () => new Error('it was confirmed'),
    (reason: unknown) => reason,
  )
  if (error instanceof TargetError) return error
  throw error
}

/** A stand-in that holds both sides to the published contract until the test ends. */
async function standIn(
  t: { teardown(end: () => unknown): void },
  ...how: Parameters<typeof startInfluxHttp>
): Promise<InfluxHttp> {
  const server = await startInfluxHttp(...how)
  t.teardown(async () => {
    await server.stop()
    if (server.violations.length > 0) throw new Error(`not as the contract says: ${server.violations.join('; ')}`)
  })
  return server
}

t.test('InfluxDB 2 gets one request with org, bucket, precision, token and the lines as they are', async (t) => {
  const server = await standIn(t)
  await v2(server.url).write(['a v=1 1', 'b,t=泵 v="x y" 2'], never)
  t.equal(server.requests.length, 1)
  const { method, url, headers, body } = server.requests[0]!
  t.equal(`${method} ${url.pathname}`, 'POST /api/v2/write')
  t.same(Object.fromEntries(url.searchParams), { org: 'lake & side', bucket: 'read ings', precision: 'ms' })
  t.equal(headers.authorization, 'Token hush-hush')
  t.match(headers['content-type'], /^text\/plain; charset=utf-8/)
  t.equal(body, 'a v=1 1\nb,t=泵 v="x y" 2')
})

t.test('InfluxDB 1 gets one request with database, precision, credentials and the lines as they are', async (t) => {
  const server = await standIn(t)
  await v1(server.url).write(['a v=1 1', 'b,t=泵 v="x y" 2'], never)
  t.equal(server.requests.length, 1)
  const { method, url, headers, body } = server.requests[0]!
  t.equal(`${method} ${url.pathname}`, 'POST /write')
  t.same(Object.fromEntries(url.searchParams), { db: 'estate', precision: 'ms' })
  t.equal(headers.authorization, `Basic ${Buffer.from('gw:hush-hush').toString('base64')}`)
  t.equal(body, 'a v=1 1\nb,t=泵 v="x y" 2')
})

t.test('a missing bucket is created in the organization, once', async (t) => {
  const server = await standIn(t)
  const target = v2(server.url)
  await target.prepare(never)
  await target.prepare(never)
  const retentionRules = [{ type: 'expire', everySeconds: 400 * 86_400 }]
  t.same(server.buckets, [{ orgID: 'o1', name: 'read ings', retentionRules }])
  t.equal(server.requests.filter(({ method }) => method === 'POST').length, 1)
})

t.test('what an answer means, after exactly one request', async (t) => {
  const table: [InfluxMood, string, TargetFailure, RegExp][] = [
    ['unavailable', 'a v=1 1', 'unavailable', /HTTP 503: try later/],
    ['hang', 'a v=1 1', 'unavailable', /no answer|timed out/i],
    ['cut', 'a v=1 1', 'unavailable', /./],
    ['proxyPage', 'a v=1 1', 'unavailable', /HTTP 200/],
    ['proxyRefusal', 'a v=1 1', 'unavailable', /HTTP 400/],
    ['wrongOrg', 'a v=1 1', 'unavailable', /organization not found/],
    ['ok', 'poison v=1 1', 'rejected', /HTTP 400: unable to parse/],
    ['short', 'a v=1 1', 'expired', /beyond retention policy dropped=1/],
    ['busy', 'a v=1 1', 'unavailable', /HTTP 429: slow down/],
  ]
  for (const [name, targetAt] of [['influx1', v1] as const, ['influx2', v2] as const]) {
    for (const [mood, line, kind, words] of table) {
      const server = await startInfluxHttp(mood)
      try {
        const error = await failureOf(targetAt(server.url).write([line], never))
        t.equal(error.kind, kind, `${name} ${mood}`)
        t.equal(error.retryAfterMs, mood === 'busy' ? 7_000 : 0, `${name} ${mood}: Retry-After`)
        t.match(error.cause, words, `${name} ${mood}`)
        t.notMatch(inspect(error, { depth: 9, showHidden: true }), /hush/, `${name} ${mood} keeps the secret`)
        t.equal(server.requests.length, 1, `${name} ${mood}: nothing is sent again behind our back`)
      } finally {
        await server.stop()
      }
      const closed = await failureOf(targetAt(server.url).write([line], never))
      t.equal(closed.kind, 'unavailable', `${name} with nobody listening`)
    }
  }
})

t.test('credentials that may only write are enough', async (t) => {
  const server = await standIn(t, 'forbidden')
  for (const target of [v1(server.url), v2(server.url)]) {
    await target.prepare(never)
    await target.write(['a v=1 1'], never)
  }
  t.equal(server.lines.length, 2)
})

t.test('a long body goes compressed and is the same lines', async (t) => {
  const server = await standIn(t)
  const lines = Array.from({ length: 500 }, (_, n) => `pump-set,device=泵${n} pressure=0.${n} ${n}`)
  for (const target of [v1(server.url), v2(server.url)]) {
    await target.write(lines, never)
    const { headers, body } = server.requests.at(-1)!
    t.equal(headers['content-encoding'], 'gzip')
    t.ok(headers['content-length'] === undefined || Number(headers['content-length']) < body.length / 3)
    t.same(body.split('\n'), lines)
  }
})

t.test('both say whether they are there, and their version', async (t) => {
  const server = await standIn(t)
  for (const target of [v1(server.url), v2(server.url)]) {
    server.mood = 'ok'
    t.same(await target.ping(never), { version: 'v2.7.12' })
    for (const mood of ['unavailable', 'proxyPage', 'hang'] as const) {
      server.mood = mood
      t.equal((await failureOf(target.ping(never))).kind, 'unavailable', mood)
    }
  }
})

t.test('TLS: a server is known by the certificate of the site file, and a stranger gets nothing', async (t) => {
  const folder = t.testdir()
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  execFileSync(
    TOOLS.certificate,
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout ${key} -out ${cert}`.split(
      ' ',
    ),
    { stdio: 'ignore' },
  )
  const server = await standIn(t, 'ok', { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') })
  const own = [
    { type: 'influx1', url: server.url, database: 'd', user: 'gw', password: 'hush-hush' },
    { type: 'influx2', url: server.url, org: 'o', bucket: 'b', token: 'hush-hush' },
  ] as const
  for (const config of own) {
    const refused = await failureOf(targetOf(config).write(['a v=1 1'], never))
    t.match(refused, { kind: 'unavailable', cause: /self-signed certificate/ }, config.type)
    await targetOf({ ...config, ca_file: cert }).write(['a v=1 1'], never)
  }
  t.equal(server.requests.length, 2, 'no request, so no secret, reached it before it was known')
})

t.test('S40: no secret of a target stands in what is logged, shown or kept', async (t) => {
  const canary = 'canary-7f3a9c51d2e8b604'
  const said: string[] = []
  const moods: InfluxMood[] = [
    'ok',
    'unavailable',
    'busy',
    'hang',
    'cut',
    'proxyPage',
    'wrongOrg',
    'forbidden',
    'refusing',
  ]
  for (const mood of moods) {
    const server = await startInfluxHttp(mood)
    const targets = [
      influx1({ type: 'influx1', url: server.url, database: 'd', user: 'gw', password: canary }, TIMEOUT_MS),
      influx2({ type: 'influx2', url: server.url, org: 'o', bucket: 'b', token: canary }, TIMEOUT_MS),
    ]
    for (const target of targets) {
      const series = { site: 's', device: 'd', kind: 'k', point: 'p' }
      const asked = [
        target.write(['a v=1 1'], never),
        target.ping(never),
        target.prepare(never),
        target.query(series, { from: 0, to: 1_000, buckets: 2 }, never),
      ]
      for (const each of await Promise.allSettled(asked)) said.push(inspect(each, { depth: 12, showHidden: true }))
      said.push(inspect(target, { depth: 12, showHidden: true }), target.name)
    }
    await server.stop()
  }
  const where = said.filter(
    (text) => text.includes(canary) || text.includes(Buffer.from(`gw:${canary}`).toString('base64')),
  )
  t.same(where, [])
  t.ok(
    said.some((text) => text.includes('TargetError')),
    'errors were looked at',
  )
})

t.test('the contract catches a request that is none', { skip: withoutContract }, async (t) => {
  const check = influxContract()
  const url = (path: string) => new URL(path, 'http://h')
  const plain = { 'content-type': 'text/plain' }
  const done = { status: 204, type: '', body: '' }
  const table: [string, Parameters<typeof check>[0], RegExp | null][] = [
    [
      'a write',
      {
        method: 'POST',
        url: url('/api/v2/write?org=o&bucket=b&precision=ms'),
        headers: plain,
        body: 'a v=1',
        answer: done,
      },
      null,
    ],
    [
      'no bucket',
      { method: 'POST', url: url('/api/v2/write?org=o'), headers: plain, body: 'a v=1', answer: done },
      /bucket is missing/,
    ],
    [
      'a precision that is none',
      {
        method: 'POST',
        url: url('/api/v2/write?org=o&bucket=b&precision=day'),
        headers: plain,
        body: 'a',
        answer: done,
      },
      /precision/,
    ],
    [
      'a parameter that is none',
      { method: 'POST', url: url('/api/v2/write?org=o&bucket=b&db=d'), headers: plain, body: 'a', answer: done },
      /unknown parameter db/,
    ],
    [
      'JSON lines',
      {
        method: 'POST',
        url: url('/api/v2/write?org=o&bucket=b'),
        headers: { 'content-type': 'application/json' },
        body: '{}',
        answer: done,
      },
      /application\/json is none of/,
    ],
    [
      'a path that is none',
      { method: 'POST', url: url('/api/v2/writes'), headers: plain, body: 'a', answer: done },
      /not in the contract/,
    ],
    [
      'a bucket without rules',
      {
        method: 'POST',
        url: url('/api/v2/buckets'),
        headers: { 'content-type': 'application/json' },
        body: '{"name":"b"}',
        answer: { status: 201, type: 'application/json', body: '{"name":"b","retentionRules":[]}' },
      },
      /body.*orgID/,
    ],
    [
      'an answer that is none',
      {
        method: 'POST',
        url: url('/api/v2/write?org=o&bucket=b'),
        headers: plain,
        body: 'a',
        answer: { status: 400, type: 'application/json', body: '{"why":"no"}' },
      },
      /answer 400.*code/,
    ],
  ]
  for (const [name, exchange, expected] of table)
    if (expected) t.match(check(exchange).join('; '), expected, name)
    else t.same(check(exchange), [], name)
})

t.test('the site file may name either database, and says what is wrong with it', async (t) => {
  const faults = (text: string) =>
    readDocument(InfluxTarget, text, 'site.yaml').faults.map(({ code, params, line }) => ({ code, ...params, line }))
  t.same(faults('{ type: influx1, url: "http://127.0.0.1:8086", database: estate }'), [])
  t.same(faults('{ type: influx2, url: "https://tsdb/influx", org: o, bucket: b, token: t }'), [])
  t.match(faults('{ type: influx2, url: "http://h", org: o, bucket: b }'), [{ code: 'missing_key', key: 'token' }])
  t.match(faults('{ type: influx1, url: "http://h", databse: o }'), [
    { code: 'missing_key' },
    { code: 'unknown_key', hint: 'database' },
  ])
  t.match(faults('{ type: influx1, url: "http://u:p@h", database: o }'), [{ code: 'wrong_value', key: 'url' }])
  t.same(
    faults(
      '{ type: influx1, url: "https://h", database: d, ca_file: ca.pem, retention: 400d, keep: 10d, keep_bytes: 2000000000 }',
    ),
    [],
  )
  t.match(faults('{ type: influx1, url: "http://h", database: d, keep: ten days }'), [
    { code: 'wrong_value', key: 'keep' },
  ])
  t.match(faults('{ type: influx3, url: "http://h" }'), [{ code: 'wrong_value', key: 'type' }])
  t.equal(
    targetOf({ type: 'influx1', url: 'http://h:8086/', database: 'd', password: 'hush' }).name,
    'influx1 http://h:8086 d',
  )
  t.equal(
    targetOf({ type: 'influx2', url: 'http://h', org: 'o', bucket: 'b', token: 'hush' }).name,
    'influx2 http://h o/b',
  )
})

t.test('a site file names its databases, and only the one with a fault is left out', async (t) => {
  const folder = t.testdir({
    'ca.pem': 'a certificate',
    token: 'eight-slow-herons-fly-south\n',
    'site.yaml': `site: { id: yard, name: Yard, timezone: UTC }
assets: []
devices: []
charts: influx
influx:
  - { type: influx2, url: 'https://tsdb', org: o, bucket: b, token: '\${file:token}', ca_file: ca.pem, keep: 2d }
  - { type: influx1, url: 'https://old', database: d, ca_file: lost.pem }
  - { type: influx1, url: 'http://old', database: d, user: gw, password: '\${env:NOT_THERE}' }
`,
  })
  const { site, faults } = loadSite('site.yaml', { env: {}, cwd: folder })
  t.match(site, {
    charts: 'influx',
    influx: [{ token: 'eight-slow-herons-fly-south', ca_file: join(folder, 'ca.pem') }],
  })
  t.equal(site!.influx.length, 1)
  t.match(faults, [
    { code: 'file_missing', params: { file: 'lost.pem' }, line: 7 },
    { code: 'secret_missing', line: 8 },
  ])
  t.equal(
    loadSite('site.yaml', { env: { NOT_THERE: 'nine-slow-herons-fly-south' }, cwd: folder }).site!.influx.length,
    2,
  )
})
