import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openAccess } from '#gateway/access/access.ts'
import { openDatabase } from '#gateway/access/database.ts'
import { base32, codeAt, otpauthUri, stepOf } from '#gateway/access/totp.ts'
import { systemRandom } from '#gateway/random.ts'
import { until } from '../fakes/until.ts'
import { type Estate, eventsOf, open, PASSWORD, person, send, type Sent, signIn } from './browser.ts'

const MINUTE = 60_000
const STEP = 30_000
const NEW = 'copper lantern 4'
type Person = Awaited<ReturnType<typeof person>>

const post = (estate: Estate, who: Pick<Person, 'cookie'>, path: string, body: unknown = {}, more: Sent = {}) =>
  send(estate, `/api/v1${path}`, { method: 'POST', cookie: who.cookie, body, ...more })
const withCode = (estate: Estate, name: string, code: string, more: Sent = {}) =>
  send(estate, '/api/v1/session', { method: 'POST', body: { name, password: PASSWORD, code }, ...more })
const whoIs = async (estate: Estate, cookie: string) => (await send(estate, '/api/v1/session', { cookie })).status
const told = (estate: Estate) =>
  eventsOf(estate).map(({ seq: _s, at: _a, v: _v, trace: _t, ...rest }) => rest as Record<string, unknown>)

/** An account with a second factor, and what its authenticator shows. */
async function enrolled(estate: Estate, who: Person) {
  const begun = await post(estate, who, '/account/totp', { password: PASSWORD })
  const secret = fromBase32(String(begun.json['secret']))
  const show = () => codeAt(secret, estate.access.wallNow())
  const answer = await post(estate, who, '/account/totp/confirm', { code: show() })
  return { begun, answer, secret, show }
}

function fromBase32(text: string): Buffer {
  const bits = Array.from(text, (letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  ).join('')
  return Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)))
}

t.test('S10 codes are those of RFC 6238', (t) => {
  const secret = Buffer.from('12345678901234567890')
  // The RFC's own table has eight digits; authenticators show the last six.
  const table: [number, string][] = [
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ]
  for (const [seconds, eight] of table) t.equal(codeAt(secret, seconds * 1_000), eight.slice(2), `at ${seconds} s`)
  const at = 1_111_111_111_000
  const now = Math.floor(at / STEP)
  for (const [off, step] of [
    [-2, null],
    [-1, now - 1],
    [0, now],
    [1, now + 1],
    [2, null],
  ] as const)
    t.equal(stepOf(secret, codeAt(secret, at + off * STEP), at), step, `${off} steps off`)
  for (const wrong of ['', '0', '1234567', '14050471', '５０4711', 'abcdef'])
    t.equal(stepOf(secret, wrong, at), null, `"${wrong}"`)
  t.equal(stepOf(secret, codeAt(secret, 0), 0), 0, 'there is no step before the first')
  t.equal(base32(Buffer.from('foobar')), 'MZXW6YTBOI', 'RFC 4648')
  t.equal(base32(Buffer.from('fooba')), 'MZXW6YTB')
  t.equal(
    otpauthUri(Buffer.from('foobar'), { issuer: 'A & B', name: 'a:b?' }),
    'otpauth://totp/A%20%26%20B:a%3Ab%3F?secret=MZXW6YTBOI&issuer=A%20%26%20B',
  )
  t.end()
})

t.test('S10 a second factor: begun, confirmed, asked for, each code once', async (t) => {
  const estate = await open(t)
  const ada = await person(estate, 'Ada', 'admin')
  const other = (await signIn(estate, 'Ada')).cookie!
  const code = async (path: string, body: unknown) => (await post(estate, ada, path, body)).json.code

  t.match((await send(estate, '/api/v1/account', { cookie: ada.cookie })).json, { hasTotp: false, mayEnrolTotp: true })
  t.equal(await code('/account/totp', { password: 'a guess' }), 'wrong_password', 'a session alone begins nothing')
  t.equal(await code('/account/totp/confirm', { code: '000000' }), 'totp_not_begun')
  const late = await post(estate, ada, '/account/totp', { password: PASSWORD })
  t.match(late, { status: 201, json: { secret: /^[A-Z2-7]{32}$/, expiresAt: /\+08:00$/ } })
  t.match(late.json['uri'], /^otpauth:\/\/totp\/Caretaker%20tiny:Ada\?secret=[A-Z2-7]{32}&issuer=Caretaker%20tiny$/)
  t.equal((await signIn(estate, 'Ada')).status, 200, 'what is not confirmed is not asked for')
  estate.pass(10 * MINUTE)
  const lateCode = codeAt(fromBase32(String(late.json['secret'])), estate.access.wallNow())
  t.equal(await code('/account/totp/confirm', { code: lateCode }), 'totp_not_begun', 'its ten minutes are over')

  const { begun, answer, secret, show } = await enrolled(estate, ada)
  t.not(begun.json['secret'], late.json['secret'])
  t.match(answer, { status: 200, json: { id: ada.id, hasTotp: true } })
  t.strictSame([await whoIs(estate, ada.cookie), await whoIs(estate, other)], [200, 401], 'other sessions end')
  for (const path of ['/account', '/users', '/session'])
    t.notMatch((await send(estate, `/api/v1${path}`, { cookie: ada.cookie })).text, /secret|otpauth/, 'never again')
  t.equal(await code('/account/totp', { password: PASSWORD }), 'totp_enrolled', 'not replaced by who has the session')

  const used = show()
  t.match(await signIn(estate, 'Ada'), { status: 401, json: { code: 'totp_required' }, cookie: null })
  t.match(await withCode(estate, 'Ada', used), { status: 403, json: { code: 'wrong_code' }, cookie: null }, 'a replay')
  estate.pass(STEP)
  const wrong = await send(estate, '/api/v1/session', {
    method: 'POST',
    body: { name: 'Ada', password: 'a guess', code: show() },
  })
  t.equal(wrong.json.code, 'wrong_credentials', 'a right code helps no wrong password, and is not used by it')
  const twice = await Promise.all([withCode(estate, 'Ada', show()), withCode(estate, 'Ada', show())])
  t.strictSame(
    twice.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 403],
    'of two at once one is let in',
  )
  t.equal((await withCode(estate, 'Ada', codeAt(secret, estate.access.wallNow() - STEP))).status, 403, 'nor an older')
  t.equal((await withCode(estate, 'Ada', codeAt(secret, estate.access.wallNow() + STEP))).status, 200, 'a step ahead')
  for (const odd of ['12345', '1234567', '12 456', 'abcdef', '１２３４５６'])
    t.equal((await withCode(estate, 'Ada', odd)).json.code, 'invalid_request', odd)

  estate.pass(15 * MINUTE + 1)
  const again = { ...ada, cookie: (await withCode(estate, 'Ada', show())).cookie! }
  const remove = (body: object) =>
    send(estate, '/api/v1/account/totp', { method: 'DELETE', cookie: again.cookie, body })
  estate.pass(STEP)
  t.equal((await remove({ password: 'a guess', code: show() })).json.code, 'wrong_password')
  t.equal((await remove({ password: PASSWORD, code: '000000' })).json.code, 'wrong_code')
  t.match(await remove({ password: PASSWORD, code: show() }), { status: 200, json: { hasTotp: false } })
  t.equal((await remove({ password: PASSWORD, code: show() })).json.code, 'totp_not_enrolled')
  t.equal((await signIn(estate, 'Ada')).status, 200, 'by the password alone')

  const text = JSON.stringify(told(estate)) + estate.logged.join('')
  t.notOk(text.includes(String(begun.json['secret'])) || text.includes(secret.toString('hex')), 'S40')
  t.match(
    told(estate).filter(({ type }) => /totp/.test(String(type))),
    [
      { type: 'access.totp_enrolled', account: ada.id },
      { type: 'access.totp_cleared', account: ada.id, by: ada.id },
    ],
  )
})

t.test('S10 S07 codes are guessed as slowly as passwords', async (t) => {
  const estate = await open(t)
  const ada = await person(estate, 'Ada', 'admin')
  const { show } = await enrolled(estate, ada)
  estate.pass(STEP)
  const guesses = await Promise.all(
    Array.from({ length: 50 }, (_, i) => withCode(estate, 'Ada', String(i).padStart(6, '0'), { from: '127.0.0.2' })),
  )
  t.equal(guesses.filter(({ json }) => json.code === 'wrong_code').length, 5)
  t.equal(guesses.filter(({ status }) => status === 429).length, 45)
  t.equal((await withCode(estate, 'Ada', show(), { from: '127.0.0.3' })).status, 429, 'the right one waits, too')
  estate.pass(1_001)
  // Half of a sign-in neither counts as a guess nor forgives one.
  for (let i = 0; i < 3; i++) await signIn(estate, 'Ada', PASSWORD, { from: '127.0.0.4' })
  estate.pass(2_001)
  t.equal((await withCode(estate, 'Ada', '999999', { from: '127.0.0.4' })).json.code, 'wrong_code')
  t.equal((await withCode(estate, 'Ada', show(), { from: '127.0.0.4' })).status, 429)
  estate.pass(5 * MINUTE)
  t.equal((await withCode(estate, 'Ada', show())).status, 200, 'who has waited may go on')
  const tries = await Promise.all(
    Array.from({ length: 9 }, () => post(estate, ada, '/account/password', { old: 'a guess', new: NEW })),
  )
  t.strictSame(
    [403, 429].map((wanted) => tries.filter(({ status }) => status === wanted).length),
    [5, 4],
    'nor is a session a place to guess at the password',
  )
})

t.test('S10 who may have a second factor, and who takes it away', async (t) => {
  const estate = await open(t)
  const ada = await person(estate, 'Ada', 'admin')
  for (const [role, status] of [
    ['manager', 201],
    ['agent', 201],
    ['field', 403],
    ['engineer', 403],
  ] as const) {
    const who = await person(estate, `A ${role}`, role)
    t.equal((await post(estate, who, '/account/totp', { password: PASSWORD })).status, status, role)
  }
  const meg = await person(estate, 'Meg', 'manager')
  const { show } = await enrolled(estate, meg)
  t.equal((await post(estate, meg, `/users/${meg.id}/totp/clear`)).status, 403, 'only by an admin')
  t.match(await post(estate, ada, `/users/${meg.id}/role`, { role: 'field' }), { json: { hasTotp: true } })
  estate.pass(STEP)
  t.equal((await signIn(estate, 'Meg')).json.code, 'totp_required', 'it stays with the account')
  const field = (await withCode(estate, 'Meg', show())).cookie!
  t.match(await post(estate, ada, `/users/${meg.id}/totp/clear`), { status: 200, json: { hasTotp: false } })
  t.equal(await whoIs(estate, field), 401)
  t.equal((await signIn(estate, 'Meg')).status, 200)
  t.equal((await post(estate, ada, `/users/${meg.id}/totp/clear`)).status, 200, 'nothing there to clear')
  t.equal((await post(estate, ada, '/users/U-99/totp/clear')).json.code, 'unknown_account')
  t.match(
    told(estate).filter(({ type }) => type === 'access.totp_cleared'),
    [{ account: meg.id, by: ada.id }],
    'S38 once',
  )

  const { show: shown } = await enrolled(estate, ada)
  estate.access.care.clearTotpOf('ADA')
  t.equal((await signIn(estate, 'Ada', PASSWORD)).status, 200, 'the command line is the way back of an only admin')
  t.throws(() => estate.access.care.clearTotpOf('nobody'), { code: 'unknown_account' })
  t.match(shown(), /^\d{6}$/)
})

t.test('S10 the secrets of second factors are readable by nobody else, and survive a restart', (t) => {
  const folder = t.testdir({})
  // As an older version left it.
  const old = openDatabase(folder)
  old.exec('alter table accounts drop column last_sign_in_at; drop table totp; drop table resets')
  old.close()
  const start = () =>
    openAccess(folder, { random: systemRandom(), clock: { now: () => 0, speed: 1 }, wallNow: () => 0 })
  const first = start()
  t.strictSame(first.accounts.list(), [])
  const files = readdirSync(folder).filter((name) => name.startsWith('access.db'))
  t.strictSame(files.toSorted(), ['access.db', 'access.db-shm', 'access.db-wal'])
  for (const file of files) t.equal(statSync(join(folder, file)).mode & 0o777, 0o600, `S04 ${file}`)
  first.close()
  start().close()
  t.end()
})

t.test('a person changes the password; the other sessions end', async (t) => {
  const estate = await open(t)
  const tom = await person(estate, 'Tom', 'field', 'T1')
  const elsewhere = (await signIn(estate, 'Tom')).cookie!
  const change = (old: string, wanted: string) => post(estate, tom, '/account/password', { old, new: wanted })
  t.match(await change('a guess', NEW), { status: 403, json: { code: 'wrong_password' } })
  t.match(await change(PASSWORD, 'short'), { status: 400, json: { code: 'weak_password', params: { least: 8 } } })
  t.match(await change(PASSWORD, 'tomtomtom'), { json: { code: 'weak_password' } }, 'S06 nor the own name')
  t.equal(await whoIs(estate, elsewhere), 200, 'nothing has happened yet')
  t.equal((await change(PASSWORD, NEW)).status, 204)
  t.strictSame([await whoIs(estate, tom.cookie), await whoIs(estate, elsewhere)], [200, 401])
  t.equal((await signIn(estate, 'Tom')).json.code, 'wrong_credentials')
  t.equal((await signIn(estate, 'Tom', NEW)).status, 200)
  t.match(
    told(estate).filter(({ type }) => type === 'access.password_changed'),
    [{ account: tom.id, by: tom.id }],
  )

  const { hashing } = estate.access
  const before = hashing.computed
  const racing = change(NEW, 'another lantern 5')
  await until('the old password is looked at', () => hashing.computed > before)
  estate.access.sessions.endOf(tom.id)
  t.equal((await racing).status, 401, 'S08 a session that ended meanwhile changes nothing')
  t.equal((await signIn(estate, 'Tom', NEW)).status, 200)

  const link = estate.access.links.create({ role: 'admin', person: null, ttlMs: null, uses: null })
  const { cookie } = await send(estate, `/enter/${link}`)
  for (const who of [{ cookie }, { headers: { authorization: `Bearer ${estate.tokens.admin}` } }]) {
    t.match((await send(estate, '/api/v1/session', who)).json, { hasAccount: false })
    t.match(await send(estate, '/api/v1/account', who), { status: 403, json: { code: 'no_account' } })
    const body = { old: PASSWORD, new: NEW }
    t.match(await send(estate, '/api/v1/account/password', { method: 'POST', body, ...who }), {
      status: 403,
      json: { code: 'no_account' },
    })
  }
})

t.test('an admin gives out a link, by which the person sets a password nobody else knows', async (t) => {
  const estate = await open(t)
  const ada = await person(estate, 'Ada', 'admin')
  const tom = await person(estate, 'Tom', 'field')
  const make = async () => {
    const answer = await post(estate, ada, `/users/${tom.id}/reset`)
    t.match(answer, { status: 201, json: { link: /^\/reset-password#[\w-]{43}$/, expiresAt: /\+08:00$/ } })
    return String(answer.json['link']).split('#')[1]!
  }
  const reset = (link: string, password = NEW, more: Sent = {}) =>
    send(estate, '/api/v1/password-reset', { method: 'POST', body: { link, password }, ...more })

  const replaced = await make()
  const link = await make()
  t.match(await reset(replaced), { status: 403, json: { code: 'reset_expired' } }, 'a newer one replaces it')
  t.equal((await reset(link, 'short')).json.code, 'weak_password')
  t.equal(await whoIs(estate, tom.cookie), 200, 'the old password is good until then')
  const both = await Promise.all([reset(link), reset(link, 'another lantern 5')])
  t.strictSame(
    both.map(({ status }) => status).toSorted((a, b) => a - b),
    [204, 403],
    'good once',
  )
  t.equal(await whoIs(estate, tom.cookie), 401)
  t.equal((await signIn(estate, 'Tom')).json.code, 'wrong_credentials')
  t.equal((await signIn(estate, 'Tom', both[0].status === 204 ? NEW : 'another lantern 5')).status, 200)

  const old = await make()
  estate.pass(60 * MINUTE)
  t.equal((await reset(old)).json.code, 'reset_expired', 'an hour')
  const admin = { cookie: (await signIn(estate, 'Ada')).cookie! }
  const unused = String((await post(estate, admin, `/users/${tom.id}/reset`)).json['link']).split('#')[1]!
  t.equal((await post(estate, admin, `/users/${tom.id}/disable`)).status, 200)
  t.equal((await reset(unused)).json.code, 'reset_expired', 'who is disabled has no way in')
  t.match(await post(estate, admin, `/users/${tom.id}/reset`), { status: 409, json: { code: 'account_disabled' } })
  t.match(await post(estate, admin, `/users/${tom.id}/enable`), { status: 200, json: { disabled: false } })
  t.equal((await reset(unused)).json.code, 'reset_expired', 'nor afterwards')
  t.equal((await post(estate, admin, '/users/U-99/reset')).json.code, 'unknown_account')
  t.equal((await post(estate, admin, '/users/U-99/enable')).json.code, 'unknown_account')

  const guesses = await Promise.all(
    Array.from({ length: 30 }, (_, i) => reset(`guess ${i}`, NEW, { from: '127.0.0.8' })),
  )
  t.equal(guesses.filter(({ status }) => status === 429).length, 10, 'S07')
  const kept = readFileSync(join(estate.folder, 'access.db'), 'latin1') + JSON.stringify(told(estate))
  for (const secret of [replaced, link, old, unused]) t.notOk(kept.includes(secret), 'only its hash is kept')
  t.match(
    told(estate)
      .filter(({ type }) => /reset|password|able/.test(String(type)))
      .map(({ type, by }) => [type, by]),
    [
      ['access.reset_link_made', ada.id],
      ['access.reset_link_made', ada.id],
      ['access.password_changed', 'reset_link'],
      ['access.reset_link_made', ada.id],
      ['access.reset_link_made', ada.id],
      ['access.account_disabled', ada.id],
      ['access.account_enabled', ada.id],
    ],
    'S38',
  )
})

t.test('the list says who came in when, and by what', async (t) => {
  const estate = await open(t)
  const ada = await person(estate, 'Ada', 'admin')
  await estate.access.signIn.create({ name: 'Never', role: 'field', person: null, password: PASSWORD, by: 'setup' })
  estate.pass(MINUTE)
  await signIn(estate, 'Ada')
  await enrolled(estate, ada)
  t.match((await send(estate, '/api/v1/users', { cookie: ada.cookie })).json.items, [
    { name: 'Ada', disabled: false, hasTotp: true, lastSignInAt: '2026-01-05T10:01:00.000+08:00' },
    { name: 'Never', disabled: false, hasTotp: false, lastSignInAt: null },
  ])
})

t.test('S38 who is turned away stands in the journal, and a scanner does not fill it', async (t) => {
  const estate = await open(t)
  const tom = await person(estate, 'Tom', 'field')
  const denied = () => told(estate).filter(({ type }) => type === 'access.denied')
  const get = (path: string, more: Sent = {}) => send(estate, path, { cookie: tom.cookie, ...more })

  t.equal((await get('/api/v1/users')).status, 403)
  const first = { what: 'role', account: tom.id, route: 'GET /api/v1/users', count: 1 }
  t.match(denied(), [first], 'the first is there before the answer')
  for (let i = 0; i < 200; i++) await get('/api/v1/users')
  for (let i = 0; i < 200; i++) await get(`/api/v1/users/U-${i}/disable`, { method: 'POST' })
  t.equal(denied().length, 2, 'one line for each route')
  t.match(denied()[1], { route: 'POST /api/v1/users/:id/disable' }, 'by its pattern')
  const bearer = { cookie: null, headers: { authorization: 'Bearer ct_canary' } }
  for (let i = 0; i < 5; i++) await get('/api/v1/alarms', bearer)
  const foreign = { method: 'DELETE', headers: { 'sec-fetch-site': 'cross-site' } }
  await get('/api/v1/session', foreign)
  for (let i = 0; i < 7; i++) await signIn(estate, i < 4 ? 'Tom' : `canary${i}`, 'canary')
  await send(estate, '/api/v1/alarms')
  await send(estate, '/api/v1/nothing')
  const minute = denied()
  t.match(minute.slice(2), [
    { what: 'token', account: null, route: 'GET /api/v1/alarms', count: 1 },
    { what: 'origin', account: tom.id, route: 'DELETE /api/v1/session', count: 1 },
    { what: 'sign_in', account: tom.id, route: null, count: 1 },
  ])
  t.equal(minute.length, 5, 'who has not signed in yet, and what is not there, is nothing to tell')

  await estate.minutePasses()
  t.match(denied().slice(5), [
    { ...first, count: 200 },
    { what: 'role', route: 'POST /api/v1/users/:id/disable', count: 199 },
    { what: 'token', count: 4 },
    { what: 'sign_in', account: tom.id, count: 3 },
    { what: 'sign_in', account: null, count: 3 },
  ])
  t.equal(denied().length, 10)
  await estate.minutePasses()
  t.equal(denied().length, 10, 'a quiet minute leaves nothing')
  await get('/api/v1/users')
  t.equal(denied().length, 11, 'and the next one is there at once')
  await get('/api/v1/users')
  await estate.stopServing()
  t.match(denied().at(-1), { ...first, count: 1 }, 'the end of the program tells what was counted')
  t.equal(denied().length, 12)
  t.notMatch(JSON.stringify(told(estate)), /canary/, 'S40')
})

t.test('S38 a refused code is told', async (t) => {
  const estate = await open(t)
  const ada = await person(estate, 'Ada', 'admin')
  await enrolled(estate, ada)
  await withCode(estate, 'Ada', '000000')
  t.match(told(estate).at(-1), { type: 'access.denied', what: 'code', account: ada.id, route: null, count: 1 })
})
