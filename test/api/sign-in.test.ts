import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { type IncomingMessage, request as httpRequest } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { openAccess } from '#gateway/access/access.ts'
import { PasswordHashing } from '#gateway/access/password.ts'
import { demandStrength, wordsOf } from '#gateway/access/password-rules.ts'
import { addressKey, Throttle } from '#gateway/access/throttle.ts'
import { may } from '#gateway/api/permissions.ts'
import { systemRandom } from '#gateway/random.ts'
import { type Role, ROLES } from '#gateway/role.ts'
import { until } from '../fakes/until.ts'
import { type Answer, eventsOf, open, PASSWORD, person, send, type Sent, signIn } from './browser.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const JSON_TYPE = { 'content-type': 'application/json' }
t.test('S01 a new installation knows nobody: the one-time secret makes the first account, once', async (t) => {
  const estate = await open(t)
  const file = join(estate.folder, 'setup-secret')
  const secret = readFileSync(file, 'utf8').trim()
  const setUp = (given: string, name = 'Ada', password = PASSWORD, more: Sent = {}) =>
    send(estate, '/api/v1/setup', { method: 'POST', body: { secret: given, name, password }, ...more })

  t.equal(statSync(file).mode & 0o777, 0o600)
  t.match(secret, /^[\w-]{43}$/, '256 bits')
  for (const path of [
    'session',
    'site',
    'devices',
    'alarms',
    'orders',
    'notices',
    'faults',
    'events',
    'users',
    'openapi.json',
  ]) {
    const answer = await send(estate, `/api/v1/${path}`)
    t.equal(answer.status, 401, path)
    t.strictSame(answer.json.params, { setup: true }, 'and says what to do first')
  }
  t.equal((await send(estate, '/api/v1/health')).status, 200)
  for (const [name, password] of [
    ['admin', 'admin'],
    ['admin', 'password'],
    ['root', 'changeme'],
  ] as const)
    t.equal((await signIn(estate, name, password)).json.code, 'wrong_credentials', 'no default account')

  t.match(await setUp('a guess'), { status: 403, json: { code: 'wrong_setup_secret' }, cookie: null })
  t.match(await setUp(secret, 'Ada', 'short'), { status: 400, json: { code: 'weak_password', params: { least: 8 } } })
  const [one, two] = await Promise.all([setUp(secret), setUp(secret, 'Bob')])
  t.strictSame(new Set([one.status, two.status]), new Set([200, 409]), 'of two at once there is one first')
  const first = one.status === 200 ? one : two
  t.match(first.json, {
    user: { id: /^U-\w{8}$/, role: 'admin', person: null },
    demo: false,
    expiresAt: /^2026-.*\+08:00$/,
  })
  t.equal((await send(estate, '/api/v1/users', { cookie: first.cookie })).status, 200, 'and is signed in')
  t.notOk(existsSync(file), 'used: the secret is gone')
  t.match(await setUp(secret), { status: 409, json: { code: 'already_set_up' } })
  t.strictSame((await send(estate, '/api/v1/session')).json.params, { setup: false })
  t.equal((await open(t, { demo: true })).access.setup.text(), null, 'a demonstration has links instead')

  const clock = { now: () => 0, speed: 1 }
  const folder = t.testdir({})
  const texts = [1, 2].map(() => {
    const access = openAccess(folder, { random: systemRandom(), clock, wallNow: () => 0, hasSetup: true })
    access.close()
    return access.setup.text()
  })
  t.equal(texts[0], texts[1], 'a restart does not change it')
})

t.test('S03 a session is what we made, and nothing else is believed', async (t) => {
  const estate = await open(t)
  const { id, cookie } = await person(estate, 'Tom', 'field', 'T1')
  const token = cookie.split('=')[1]!
  const forged = {
    'x-auth-user': 'admin',
    'x-forwarded-user': 'admin',
    'x-forwarded-for': '10.0.0.1',
    'x-role': 'admin',
  }
  t.match((await send(estate, '/api/v1/session', { cookie, headers: forged })).json.user, {
    id,
    name: 'Tom',
    role: 'field',
    person: 'T1',
  })
  t.equal((await send(estate, '/api/v1/users', { cookie, headers: forged })).status, 403)
  const database =
    readFileSync(join(estate.folder, 'access.db'), 'latin1') +
    readFileSync(join(estate.folder, 'access.db-wal'), 'latin1')
  const stored = new RegExp(`[0-9a-f]{64}(?=${id}field)`).exec(database)?.[0]
  t.ok(stored, 'its hash is stored')
  t.notMatch(database, token, 'S08 and it is not')
  for (const [name, wrong] of Object.entries({
    'another name': `caretaker_demo=${token}`,
    'the name of TLS': `__Host-caretaker=${token}`,
    'the stored hash': `caretaker_session=${stored}`,
    'a part': `caretaker_session=${token.slice(0, 42)}`,
    nothing: 'caretaker_session=',
    'the id': `caretaker_session=${id}`,
    'another header': '',
  }))
    t.equal(
      (
        await send(estate, '/api/v1/session', {
          cookie: wrong,
          headers: wrong ? {} : { authorization: `Bearer ${token}` },
        })
      ).status,
      401,
      name,
    )
  for (const key of ['id', 'role', 'user', 'userId', 'isAdmin']) {
    const body = { name: 'Tom', password: PASSWORD, [key]: 'admin' }
    t.equal((await send(estate, '/api/v1/session', { method: 'POST', body })).status, 400, `S16 ${key} in the body`)
  }
  const wrongToken = await send(estate, '/api/v1/session', { cookie, headers: { authorization: 'Bearer ct_wrong' } })
  t.equal(wrongToken.status, 401, 'a wrong token is wrong, whatever comes with it')
})

t.test('S05 passwords are hashed by argon2id, off the main thread, four at a time', async (t) => {
  const hashing = new PasswordHashing(systemRandom())
  const phc = await hashing.hash(PASSWORD)
  const [, kind, version, cost, salt, tag] = phc.split('$')
  t.strictSame([kind, version, cost], ['argon2id', 'v=19', 'm=19456,t=2,p=1'])
  t.strictSame(
    [salt, tag].map((part) => Buffer.from(part!, 'base64').length),
    [16, 32],
  )
  t.not(phc, await hashing.hash(PASSWORD), 'each with a salt of its own')
  t.equal(await hashing.verify(phc, PASSWORD), true)
  t.equal(await hashing.verify(phc, `${PASSWORD} `), false)
  t.equal(await hashing.verify(await hashing.hash('Å ｆｕｌｌ'), 'Å full'), true, 'two keyboards, one letter')
  await t.rejects(hashing.verify('$argon2i$v=19$m=8,t=1,p=1$AAAA$AAAA', PASSWORD), 'what is not ours is not believed')

  const before = hashing.computed
  // By hand: a loop that is held up altogether takes no samples of itself, and would look idle.
  const turns = [performance.now()]
  const ticking = setInterval(() => turns.push(performance.now()), 5)
  const fifty = Array.from({ length: 50 }, () => hashing.verify(phc, PASSWORD))
  t.equal(hashing.computed - before, 4, 'four are worked on, the others wait')
  t.strictSame(new Set(await Promise.all(fifty)), new Set([true]))
  clearInterval(ticking)
  turns.push(performance.now())
  const gaps = turns.slice(1).map((at, index) => at - turns[index]!)
  const lateMs = gaps.filter((gap) => gap >= 100).reduce((sum, gap) => sum + gap, 0)
  // A share of the time, not the worst turn: a busy machine takes the processor away now and then, whoever asks.
  const share = lateMs / (turns.at(-1)! - turns[0]!)
  t.ok(share < 0.2, `fifty at once hold nobody up: ${Math.round(share * 100)} % of the time in turns of 100 ms or more`)
  const flood = await Promise.allSettled(Array.from({ length: 120 }, () => hashing.verify(phc, '')))
  t.match(
    flood.filter(({ status }) => status === 'rejected'),
    Array(16).fill({ reason: { code: 'busy' } }),
    'the line is bounded',
  )
})

t.test('S06 length decides, and what everybody guesses first does not count', async (t) => {
  const words = wordsOf(['lakeside', 'Lakeside Garden', '湖畔花园', 'Ada Lovelace'])
  const table: [string, boolean][] = [
    ['seven77', false],
    ['eight 88', true],
    ['violetkettle', true],
    ['        ', true],
    ['密码要长一点才行啊', true],
    ['🐢🐇🐢🐇🐢🐇🐢', false],
    ['x'.repeat(128), true],
    ['12345678', false],
    ['password', false],
    ['Password2026!', false],
    ['QWERTYUIOP', false],
    ['ｐａｓｓｗｏｒｄ', false],
    ['5201314520', true],
    ['lakeside1', false],
    ['Lakeside-Garden-2026', false],
    ['湖畔花园2026', false],
    ['adalovelace', false],
    ['Lovelace1815', false],
    ['the garden of ada has a kettle', true],
  ]
  for (const [password, isGood] of table) {
    const judge = () => demandStrength(password, words)
    if (isGood) t.doesNotThrow(judge, password)
    else t.throws(judge, { code: 'weak_password', params: { least: 8 } }, password)
  }
  const estate = await open(t)
  const { cookie } = await person(estate, 'Ada', 'admin')
  const make = (name: string, password: string) =>
    send(estate, '/api/v1/users', { method: 'POST', cookie, body: { name, role: 'agent', password } })
  t.equal((await make('Long', 'x'.repeat(128))).status, 201)
  t.equal((await make('Longer', 'x'.repeat(129))).status, 400)
  t.equal((await make('Tiny', 'Tiny yard 2026')).json.code, 'weak_password', 'the words of this site')
  t.equal((await make('Kettledrum', 'kettledrum123')).json.code, 'weak_password', 'the own name')
})

t.test('S07 guesses are slowed down, by name and by address, and say nothing about who exists', async (t) => {
  const estate = await open(t)
  const ada = await person(estate, 'Ada', 'admin')
  const { hashing } = estate.access
  const guess = async (name: string, count: number, from = '127.0.0.1') => {
    const before = hashing.computed
    const answers = await Promise.all(
      Array.from({ length: count }, (_, i) => signIn(estate, name, `guess ${i}`, { from })),
    )
    return { answers, computed: hashing.computed - before }
  }

  const known = await guess('ada', 1_000, '127.0.0.2')
  const statuses = known.answers.map(({ status }) => status)
  t.equal(statuses.filter((status) => status === 401).length, 5)
  t.equal(statuses.filter((status) => status === 429).length, 995)
  t.match(known.answers.at(-1), {
    headers: { 'retry-after': /^\d+$/ },
    json: { code: 'too_many_attempts', params: { seconds: Number } },
  })
  t.equal(
    (await signIn(estate, 'Ada', PASSWORD, { from: '127.0.0.3' })).status,
    429,
    'the right password must wait, too',
  )

  const unknown = await guess('nobody', 100, '127.0.0.4')
  t.equal(unknown.computed, known.computed, 'a name that is not there costs the same')
  const shape = ({ status, text, headers: { date: _, ...headers } }: Answer) => ({ status, text, headers })
  t.strictSame(shape(unknown.answers[0]!), shape(known.answers[0]!), 'and gets the same answer')
  t.strictSame(shape(unknown.answers.at(-1)!), shape(known.answers.at(-1)!))

  const written = eventsOf(estate).filter(({ type }) => type === 'access.refused')
  t.ok(written.length > 0 && written.length < 40, `1,100 guesses are ${written.length} lines in the journal`)
  t.match(
    written.find((event) => 'account' in event && event.account === ada.id),
    { what: 'sign_in', count: 5 },
  )

  estate.pass(1_001)
  t.equal((await signIn(estate, 'Ada', PASSWORD, { from: '127.0.0.3' })).status, 200, 'who has waited may go on')

  const sprayed = await Promise.all(
    Array.from({ length: 30 }, (_, i) => signIn(estate, `name${i}`, 'x', { from: '127.0.0.5' })),
  )
  t.equal(sprayed.filter(({ status }) => status === 401).length, 20, 'many names from one address')
})

t.test('S07 each wait is twice the last, up to five minutes, and memory is bounded', async (t) => {
  let now = 0
  const throttle = new Throttle(5, () => now)
  const waits = Array.from({ length: 16 }, () => {
    now += throttle.waitMs('ada')
    throttle.take('ada')
    return throttle.waitMs('ada') / 1_000
  })
  t.strictSame(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300])
  t.equal(throttle.take('ada').waitMs, 300_000, 'a refused attempt does not make it longer')
  now += 20 * MINUTE
  t.equal(throttle.take('ada').waitMs, 0)
  t.equal(throttle.waitMs('ada'), 0, 'quiet for a quarter of an hour: anew')
  for (let i = 0; i < 5; i++) throttle.take('bob')
  throttle.takeBack('bob')
  t.equal(throttle.waitMs('bob'), 0, 'the last one was right')
  for (let i = 0; i < 5; i++) throttle.take('eve')
  for (let i = 0; i < 9_999; i++) throttle.take(`other ${i}`)
  t.equal(throttle.waitMs('eve'), 1_000)
  throttle.take('one more')
  t.equal(throttle.waitMs('eve'), 0, 'the quietest key goes first')
  for (const [address, key] of [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:aaaa::1', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
  ])
    t.equal(addressKey(address!), key)
})

t.test('S08 a session ends when it should, at once', async (t) => {
  const estate = await open(t)
  const admin = await person(estate, 'Ada', 'admin')
  const who = async (cookie: string) => (await send(estate, '/api/v1/session', { cookie })).status
  const asAdmin = (path: string, body: unknown = {}) =>
    send(estate, path, { method: 'POST', cookie: admin.cookie, body })

  const tom = await person(estate, 'Tom', 'field', 'T1')
  const answer = await signIn(estate, ' tOM ')
  t.match(answer.headers['set-cookie'], [/^caretaker_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/])
  t.match(answer.json.user, { id: tom.id, name: 'Tom', role: 'field', person: 'T1' })
  t.not(answer.cookie, tom.cookie)
  t.equal(await who(tom.cookie), 200, 'another browser of the same person')
  const again = await signIn(estate, 'Tom', PASSWORD, { cookie: tom.cookie })
  t.strictSame([await who(tom.cookie), await who(again.cookie!)], [401, 200], 'a new sign-in ends the old session')

  const left = await send(estate, '/api/v1/session', { method: 'DELETE', cookie: again.cookie })
  t.match(left, { status: 204, headers: { 'set-cookie': [/^caretaker_session=; .*Max-Age=0$/] } })
  t.equal(await who(again.cookie!), 401, 'after the sign-out')
  t.equal((await send(estate, '/api/v1/session', { method: 'DELETE' })).status, 204, 'with nobody signed in')

  const changed = (await signIn(estate, 'Tom')).cookie!
  t.match(await asAdmin(`/api/v1/users/${tom.id}/role`, { role: 'steward' }), {
    status: 200,
    json: { role: 'steward' },
  })
  t.strictSame([await who(changed), await who(answer.cookie!)], [401, 401], 'after a change of role, everywhere')
  const steward = await signIn(estate, 'Tom')
  t.equal(steward.json.user['role'], 'steward')

  const live = await fetch(`${estate.url}/api/v1/events`, { headers: { cookie: steward.cookie! } })
  const stream = live.text()
  t.match(await asAdmin(`/api/v1/users/${tom.id}/disable`), { status: 200, json: { disabled: true } })
  t.equal(await who(steward.cookie!), 401, 'disabled')
  t.match(await stream, /event: ready/, 'and the live stream has ended')
  t.match(
    await signIn(estate, 'Tom'),
    { status: 401, json: { code: 'wrong_credentials' } },
    'in the same words as a wrong password',
  )

  for (let i = 0; i < 3; i++) {
    estate.pass(29 * MINUTE)
    t.equal(await who(admin.cookie), 200, 'used now and then')
  }
  const wall = await send(estate, '/api/v1/session', { cookie: admin.cookie })
  t.match(wall.json, { expiresAt: '2026-01-05T11:57:00.000+08:00' })
  estate.pass(30 * MINUTE)
  t.equal(await who(admin.cookie), 401, 'idle for half an hour')
  const day = (await signIn(estate, 'Ada')).cookie!
  for (let passed = 0; passed < 12 * HOUR - 20 * MINUTE; passed += 20 * MINUTE) {
    estate.pass(20 * MINUTE)
    await who(day)
  }
  t.equal(await who(day), 200)
  estate.pass(20 * MINUTE)
  t.equal(await who(day), 401, 'twelve hours are over, busy or not')
})

t.test('S08 a restart signs nobody out, and an ended session stays ended', async (t) => {
  const folder = t.testdir({})
  let now = 0
  const start = () =>
    openAccess(folder, { random: systemRandom(), clock: { now: () => now, speed: 60 }, wallNow: () => 0 })
  const owner = { id: 'U1', role: 'field', name: 'Tom', person: null } as const
  const first = start()
  const [kept, closed, idle] = [1, 2, 3].map(() => first.sessions.open(owner).token)
  first.sessions.close(closed!)
  now += 20 * MINUTE * 60
  first.sessions.find(kept!)
  first.close()
  now += 15 * MINUTE * 60
  const second = start()
  t.match(
    second.sessions.find(kept!),
    { id: 'U1', role: 'field' },
    'time runs sixty times faster: nobody is signed out sooner',
  )
  t.equal(second.sessions.find(closed!), null)
  t.equal(second.sessions.find(idle!), null)
  const many = Array.from({ length: 101 }, () => second.sessions.open(owner).token)
  t.equal(second.sessions.find(kept!), null, 'of more than a hundred the oldest goes')
  t.ok(second.sessions.find(many.at(-1)!))
  second.close()
})

t.test('S11 a foreign page cannot use its visitor’s session', async (t) => {
  const estate = await open(t)
  const { cookie, id } = await person(estate, 'Ada', 'admin')
  const origin = estate.url
  const body = JSON.stringify({ name: 'Eve', role: 'admin', password: PASSWORD })
  const form = 'application/x-www-form-urlencoded'
  const table = [
    {
      name: 'a form',
      headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example', 'content-type': form },
      body: 'name=Eve',
      status: 403,
    },
    {
      name: 'a form of an old browser',
      headers: { origin: 'https://evil.example', 'content-type': form },
      body: 'name=Eve',
      status: 403,
    },
    { name: 'a form without any sign', headers: { 'content-type': form }, body: 'name=Eve', status: 415 },
    { name: 'JSON as text', headers: { 'content-type': 'text/plain' }, body, status: 415 },
    { name: 'JSON as text, cross-site', headers: { 'content-type': 'text/plain', origin: 'null' }, body, status: 403 },
    { name: 'a foreign origin', headers: { ...JSON_TYPE, origin: 'https://evil.example' }, body, status: 403 },
    {
      name: 'a neighbour on this host',
      headers: { ...JSON_TYPE, 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:1' },
      body,
      status: 403,
    },
    { name: 'our own page', headers: { ...JSON_TYPE, 'sec-fetch-site': 'same-origin', origin }, body, status: 201 },
  ]
  for (const { name, headers, body: text, status } of table)
    t.equal((await send(estate, '/api/v1/users', { method: 'POST', cookie, headers, body: text })).status, status, name)
  const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
  for (const [method, path] of [
    ['DELETE', '/api/v1/session'],
    ['POST', '/api/v1/session'],
    ['POST', '/api/v1/setup'],
    ['POST', `/api/v1/users/${id}/disable`],
    ['POST', `/api/v1/users/${id}/role`],
    ['POST', '/api/v1/orders/W5/accept'],
    ['POST', '/api/v1/plant/heal'],
  ] as const)
    t.equal((await send(estate, path, { method, cookie, headers: foreign })).status, 403, `${method} ${path}`)
  t.equal((await send(estate, '/api/v1/session', { cookie })).status, 200, 'and nobody was signed out')

  const before = { users: estate.access.accounts.list(), events: eventsOf(estate) }
  for (const path of [
    `/api/v1/users/${id}/disable`,
    `/api/v1/users/${id}/role`,
    '/api/v1/setup',
    '/api/v1/users',
    '/api/v1/session',
    '/api/v1/site',
    '/api/docs',
    '/',
  ])
    await send(estate, path, { cookie })
  t.strictSame({ users: estate.access.accounts.list(), events: eventsOf(estate) }, before, 'looking changes nothing')
})

t.test('a sign-in link signs in who opens it, as one role', async (t) => {
  const estate = await open(t)
  const { links } = estate.access
  const enter = (link: string, more: Sent = {}) => send(estate, `/enter/${link}`, more)
  const always = links.create({ role: 'engineer', person: 'T1', ttlMs: null, uses: null })
  const entered = await enter(always)
  t.match(entered, {
    status: 303,
    headers: { location: '/', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  })
  const session = await send(estate, '/api/v1/session', { cookie: entered.cookie })
  t.match(session.json.user, { id: /^L-\w{8}$/, name: 'T1', role: 'engineer', person: 'T1' })
  const other = await enter(always, { cookie: entered.cookie! })
  t.equal(
    (await send(estate, '/api/v1/session', { cookie: entered.cookie })).status,
    401,
    'S08 the session before it ends',
  )
  t.equal((await send(estate, '/api/v1/session', { cookie: other.cookie })).status, 200)

  const once = links.create({ role: 'resident', person: null, ttlMs: HOUR, uses: 1 })
  for (const headers of [
    { 'sec-purpose': 'prefetch;prerender' },
    { purpose: 'prefetch' },
    { 'sec-fetch-dest': 'image' },
    { 'sec-fetch-dest': 'iframe' },
  ])
    t.match(
      await enter(once, { headers: headers as Record<string, string> }),
      { status: 204, cookie: null },
      'looking ahead does not use it up',
    )
  t.equal((await enter(once, { headers: { 'sec-fetch-dest': 'document' } })).headers.location, '/')
  const expired = { status: 303, headers: { location: '/sign-in?link=expired' }, cookie: null }
  t.match(await enter(once), expired, 'used up')
  const short = links.create({ role: 'resident', person: null, ttlMs: HOUR, uses: null })
  estate.pass(HOUR)
  t.match(await enter(short), expired, 'over')
  t.match(await enter('nothing'), expired, 'unknown')
  t.notMatch(readFileSync(join(estate.folder, 'access.db'), 'latin1'), always, 'only its hash is stored')

  const guesses = await Promise.all(Array.from({ length: 40 }, (_, i) => enter(`guess${i}`, { from: '127.0.0.2' })))
  t.equal(guesses.filter(({ status }) => status === 429).length, 20, 'S07 guesses are slowed down')
  t.equal((await enter(always)).status, 303, 'those of another address are not')
  const again = openAccess(t.testdir({}), {
    random: systemRandom(),
    clock: { now: () => 0, speed: 1 },
    wallNow: () => 0,
  })
  t.equal(again.links.use(always), null)
  again.close()
})

t.test('the admin keeps the accounts', async (t) => {
  const estate = await open(t)
  const { cookie, id } = await person(estate, 'Ada', 'admin')
  const post = (path: string, body: unknown) => send(estate, `/api/v1/users${path}`, { method: 'POST', cookie, body })
  const made = await post('', { name: 'Tom', role: 'field', person: 'T1', password: PASSWORD })
  t.match(made, {
    status: 201,
    json: { id: /^U-\w{8}$/, name: 'Tom', role: 'field', person: 'T1', disabled: false, createdAt: /\+08:00$/ },
  })
  t.notMatch(made.text, /argon|password/i)
  const tom = String(made.json['id'])
  const table = [
    { name: 'a name twice', body: { name: 'TOM', role: 'field', password: PASSWORD }, code: 'name_taken' },
    {
      name: 'nobody on the staff',
      body: { name: 'Eve', role: 'field', person: 'T99', password: PASSWORD },
      code: 'unknown_person',
    },
    { name: 'no such role', body: { name: 'Eve', role: 'king', password: PASSWORD }, code: 'invalid_request' },
    { name: 'an empty name', body: { name: '  ', role: 'field', password: PASSWORD }, code: 'invalid_request' },
    {
      name: 'a line break in the name',
      body: { name: 'Eve\nadmin', role: 'field', password: PASSWORD },
      code: 'invalid_request',
    },
    {
      name: 'S16 one thing more',
      body: { name: 'Eve', role: 'field', password: PASSWORD, id: 'U1' },
      code: 'invalid_request',
    },
    {
      name: 'S17 __proto__',
      body: `{"name":"Eve","role":"field","password":"${PASSWORD}","__proto__":{"role":"admin"}}`,
      code: 'invalid_request',
    },
    {
      name: 'S17 constructor',
      body: `{"name":"Eve","role":"field","password":"${PASSWORD}","constructor":{"prototype":{"role":"admin"}}}`,
      code: 'invalid_request',
    },
  ]
  for (const { name, body, code } of table) t.equal((await post('', body)).json.code, code, name)
  for (const name of ['__proto__', 'constructor', 'toString']) {
    t.equal((await signIn(estate, name, PASSWORD, { from: '127.0.0.9' })).json.code, 'wrong_credentials', `S17 ${name}`)
    t.equal((await post(`/${name}/disable`, {})).json.code, 'unknown_account')
  }
  t.equal((await post(`/${tom}/role`, { role: 'king' })).status, 400)
  t.equal((await post('/U-99/role', { role: 'field' })).json.code, 'unknown_account')
  t.equal((await post(`/${id}/disable`, {})).json.code, 'last_admin')
  t.equal((await post(`/${id}/role`, { role: 'field' })).json.code, 'last_admin')
  t.equal((await post(`/${tom}/role`, { role: 'admin' })).status, 200)
  t.equal(
    (await send(estate, `/api/v1/users/${tom}/disable`, { method: 'POST', cookie })).status,
    200,
    'without a body, too',
  )
  t.strictSame(
    (await send(estate, '/api/v1/users', { cookie })).json.items.map((user) => [
      user['id'],
      user['role'],
      user['disabled'],
    ]),
    [
      [id, 'admin', false],
      [tom, 'admin', true],
    ],
  )
  t.equal((await post(`/${id}/disable`, {})).json.code, 'last_admin', 'a disabled one does not count')
})

t.test('S38 S40 what happens at the door is in the journal, and no secret is anywhere', async (t) => {
  const estate = await open(t)
  const secret = estate.access.setup.text()!
  const set = await send(estate, '/api/v1/setup', {
    method: 'POST',
    body: { secret: 'canary guess', name: 'Ada', password: PASSWORD },
  })
  t.equal(set.status, 403)
  const first = await send(estate, '/api/v1/setup', {
    method: 'POST',
    body: { secret, name: 'Ada', password: PASSWORD },
  })
  const { cookie } = first
  const post = (path: string, body: unknown) => send(estate, `/api/v1/users${path}`, { method: 'POST', cookie, body })
  const made = await post('', { name: 'Tom Canary', role: 'field', password: 'canary password' })
  const [ada, tom] = [String(first.json.user['id']), String(made.json['id'])]
  await post(`/${tom}/role`, { role: 'steward' })
  await post(`/${tom}/disable`, {})
  const link = estate.access.links.create({ role: 'monitor', person: null, ttlMs: null, uses: null })
  const entered = await send(estate, `/enter/${link}`)
  for (let i = 0; i < 6; i++) await signIn(estate, 'Ada', `canary guess ${i}`)
  await signIn(estate, 'canary\r\n{"level":60}', 'canary guess')
  await send(estate, '/api/v1/session', { method: 'POST', body: '{"name":"Ada","password":"canary' })
  await send(estate, '/api/v1/session', { method: 'DELETE', cookie })

  const events = eventsOf(estate)
  t.match(
    events.map(({ type, seq: _s, at: _a, v: _v, trace: _t, ...rest }) => [type, rest]),
    [
      ['access.refused', { what: 'setup', account: null, count: 1 }],
      ['access.account_created', { account: ada, role: 'admin', by: 'setup' }],
      ['access.signed_in', { account: ada, role: 'admin' }],
      ['access.account_created', { account: tom, role: 'field', by: ada }],
      ['access.role_changed', { account: tom, role: 'steward', by: ada }],
      ['access.account_disabled', { account: tom, by: ada }],
      ['access.signed_in', { account: /^L-/, role: 'monitor' }],
      ['access.denied', { what: 'sign_in', account: ada, route: null, count: 1 }],
      ['access.refused', { what: 'sign_in', account: ada, count: 5 }],
      ['access.signed_out', { account: ada }],
    ],
  )
  const secrets = [secret, link, PASSWORD, 'canary', cookie!.split('=')[1]!, entered.cookie!.split('=')[1]!]
  const everything = estate.logged.join('') + JSON.stringify(estate.queries.eventsAfter(0, 10_000))
  for (const hidden of secrets) t.notOk(everything.includes(hidden), 'neither in the log nor in the journal')
  const files = readdirSync(estate.folder).filter((name) => name.startsWith('access.db'))
  const kept = files.map((name) => readFileSync(join(estate.folder, name), 'latin1')).join('')
  for (const hidden of secrets.filter((text) => text !== 'canary'))
    t.notOk(kept.includes(hidden), 'nor in the database')

  const seen = async (role: Role) => {
    const headers = { authorization: `Bearer ${estate.tokens[role]}` }
    const request = httpRequest(`${estate.url}/api/v1/events?after=0`, { headers, agent: false }).end()
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    let text = ''
    answer.on('data', (chunk: Buffer) => (text += chunk.toString()))
    // What was missed comes in one page: with a part of it all of it is here.
    const last = may(role, 'readAudit') ? 'access.signed_out' : 'site.loaded'
    await until(last, () => text.includes(last))
    request.destroy()
    return text.includes('access.')
  }
  t.strictSame(
    [await seen('admin'), await seen('manager'), await seen('engineer'), await seen('monitor')],
    [true, true, false, false],
  )
})

t.test('S43 an answer that was refused says nothing of what is inside', async (t) => {
  const estate = await open(t)
  await person(estate, 'Ada', 'admin')
  await estate.loseJournal()
  const answer = await signIn(estate, 'Ada')
  t.match(answer, { status: 503, cookie: null }, 'what cannot be journaled does not happen for the client')
  t.notMatch(answer.text, /sqlite|database|node:|\.ts/i)
})

t.test('the API describes itself', async (t) => {
  const estate = await open(t)
  const get = (path: string) => estate.as('engineer', path)
  const document = (await (await get('/api/v1/openapi.json')).json()) as {
    openapi: string
    paths: Record<
      string,
      Record<
        string,
        { summary?: string; tags?: string[]; description: string; security?: unknown[]; responses: object }
      >
    >
  }
  t.equal(document.openapi, '3.1.0')
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      t.match(
        operation,
        { summary: /./, tags: [/./], description: /^For /, responses: { default: Object } },
        `${method} ${path}`,
      )
    }
  }
  t.match(document.paths['/api/v1/users']!['get'], { description: 'For admin.' })
  t.match(document.paths['/api/v1/session']!['post'], { security: [] })
  t.notOk(
    Object.keys(document.paths).some((path) => !/^\/(api\/v1\/|metrics)/.test(path)),
    'pages are no API',
  )
  t.equal(Object.keys(document.paths).length > 25, true)

  const page = await get('/api/docs/')
  const text = await page.text()
  t.notMatch(text, /https?:\/\/|<script(?![^>]*\ssrc=)|<style/, 'S12 nothing inline, nothing from elsewhere')
  const policy = page.headers.get('content-security-policy')!
  t.match(policy, /^default-src 'self'; .*object-src 'none'; base-uri 'none'; .*frame-ancestors 'none'$/)
  t.notMatch(policy, /https?:|\*|unsafe-eval|script-src/)
  for (const [, path] of text.matchAll(/(?:src|href)="\.([^"]+)"/g))
    t.equal((await get(`/api/docs${path}`)).status, 200, path!)
  for (const path of [
    '/api/docs/static/..%2f..%2fpackage.json',
    '/api/docs/static/%2e%2e/package.json',
    '/api/docs/static/nothing',
  ])
    t.equal((await get(path)).status, 404, `S19 ${path}`)
  t.equal((await fetch(`${estate.url}/api/docs/static/swagger-ui.css`)).status, 401, 'S02 its files, too')
})

t.test('S27 plain HTTP that others can reach is warned of', async (t) => {
  const warned = async (host: string) => {
    const estate = await open(t, { host })
    return estate.logged.some((line) => /put TLS in front/.test(line))
  }
  t.strictSame([await warned('0.0.0.0'), await warned('127.0.0.1')], [true, false])
})

t.test('a demonstration’s visitor may sign in as somebody', async (t) => {
  const estate = await open(t, { demo: true })
  const host = { host: `localhost:${new URL(estate.url).port}` }
  const visitor = (await send(estate, '/', { headers: host })).cookie!
  const looking = await send(estate, '/api/v1/session', { cookie: visitor, headers: host })
  t.match(looking.json, { user: { id: 'demo', role: 'monitor', person: null }, demo: true, expiresAt: null })
  t.strictSame((await send(estate, '/api/v1/session')).json.params, { setup: false }, 'nothing to set up')
  for (const role of ROLES) {
    const link = estate.access.links.create({ role, person: null, ttlMs: null, uses: null })
    const { cookie } = await send(estate, `/enter/${link}`, { cookie: visitor, headers: host })
    const both = await send(estate, '/api/v1/session', { cookie: `${visitor}; ${cookie}`, headers: host })
    t.equal(both.json.user['role'], role, 'the session goes before the visit')
  }
})
