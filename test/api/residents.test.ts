/** What residents read by their links, and what planned work answers over HTTP. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { ApiContext } from '#gateway/api/context.ts'
import { startHttpProvider } from '../fakes/http-provider.ts'
import { until } from '../fakes/until.ts'
import { openEstate } from './estate.ts'

const LOW = { outlet_pressure: 0.1, tank_level: 3, frequency: 38, pump1_running: true, pump1_fault: false }
type Json = Record<string, unknown>

t.test(
  'by a link of the home, or of one notice: nothing else, and nobody learns more',
  { timeout: 60_000 },
  async (t) => {
    const estate = await openEstate()
    t.teardown(() => estate.close())
    let keys = 0
    const does = (role: 'steward' | 'agent' | 'field', path: string, body: object) =>
      estate.order(role, path, `key-${++keys}-residents`, body)
    const made = async (home: string, more = {}) =>
      (await (await does('steward', '/api/v1/resident-links', { home, ...more })).json()) as { path: string }
    const read = async (path: string, headers: Record<string, string> = { 'accept-language': 'zh-CN' }) => {
      const answer = await fetch(estate.url + path, { headers })
      return { status: answer.status, type: answer.headers.get('content-type') ?? '', text: await answer.text() }
    }

    const { path: first } = await made('B1-0101')
    const { path: other } = await made('B2-0101')
    t.equal((await does('steward', '/api/v1/resident-links', { home: 'B9-0101' })).status, 404)
    t.equal((await does('field', '/api/v1/resident-links', { home: 'B1-0101' })).status, 403)
    t.match(await read(first), { status: 200, type: /html/, text: /B1-0101[^]*目前一切正常/ })
    t.match(await read(first, { 'accept-language': 'en-GB,en' }), { text: /lang="en"[^]*All is well/ })
    t.match(await read(`${first}?lang=en`), { text: /lang="en"/ })

    await estate.say('P1', LOW, 40)
    t.match((await read(first)).text, /目前一切正常/, 'a draft is nobody’s business')
    const { items } = (await (await estate.as('engineer', '/api/v1/notices?state=open')).json()) as { items: Json[] }
    const id = items[0]!['id'] as string
    t.match(items[0], { class: 'P1', dueAt: /^2026-01-05T10:1/, pageOnly: false })
    t.equal((await does('steward', `/api/v1/notices/${id}/confirm`, { by: 'S1' })).status, 200)
    t.equal((await does('steward', `/api/v1/notices/${id}/update`, { by: 'S1', text: '<b>正在换泵</b>' })).status, 200)
    const page = (await read(first)).text
    t.match(page, /class="notice off"[^]*停水通知[^]*水压不足或停水/)
    t.match(page, '&lt;b&gt;正在换泵&lt;/b&gt;', 'S15 a word of somebody is text')
    t.notMatch(page, /<script>|style="|onload=|https?:/, 'S12 nothing inline, nothing from elsewhere')
    t.match((await read(`${first}/notices.rss`)).text, /<rss version="2.0">[^]*<title>停水通知<\/title>/)

    const living = estate.residentLinks.pathOf(id)
    t.match(await read(living), { status: 200, text: /停水通知/ })
    t.notMatch((await read(living)).text, /B1-0101/, 'the link of a notice says nothing of a home')
    const before = (await read(living)).text
    // Opened is noted once for a home and notice, by the link of the home or the one that was sent to it; no more than that.
    const opened = () =>
      estate.queries.eventsAfter(0, 10_000).flatMap((e) => (e.type === 'reach.opened' ? [e.home] : []))
    await until('it is noted', () => opened().length === 1)
    await read(first)
    await read(living)
    const sent = estate.residentLinks.pathOf(id, 'B1-0202')
    t.match(sent, /^\/n\/N\d+\.[\w-]{22}\.[\w-]{6}$/)
    for (const headers of [{ 'sec-purpose': 'prefetch' }, { 'sec-fetch-dest': 'empty' }])
      await read(sent, headers as never)
    t.notMatch((await read(sent)).text, /B1-0202/, 'nor does the page that was sent to one say which')
    await until('the one it was sent to', () => opened().length === 2)
    t.strictSame(opened(), ['B1-0101', 'B1-0202'])
    const ledger = (await (await estate.as('steward', `/api/v1/notices/${id}/reach`)).json()) as Json
    t.match(ledger, { opened: [{ home: 'B1-0101' }, { home: 'B1-0202' }], reached: 0 })
    const household = (await (await estate.as('steward', '/api/v1/households/B1-0202')).json()) as Json
    t.match(household, { notices: [{ id, openedAt: /T/, isReached: false }] })

    await estate.say('P1', { ...LOW, outlet_pressure: 0.7 }, 70)
    t.match((await read(living)).text, /已恢复/, 'one link: its state changes in place')
    t.not((await read(living)).text, before)
    t.match((await read(first)).text, /最近 30 天[^]*停水通知/)

    // What is no link; the answer is one and the same.
    const wrong = [
      '/r/nonsense',
      `${first}x`,
      '/n/N1.x',
      living.replace(/\.(.)/, (_, c) => `.${c === 'A' ? 'B' : 'A'}`),
      `/n/${id}`,
      '/r/%00',
    ]
    const answers = await Promise.all(wrong.map((path) => read(path)))
    t.strictSame(new Set(answers.map(({ status }) => status)), new Set([404]))
    const said = answers.map(({ text }) => text.replace(/<footer>[^]*/, '').replaceAll(/href="[^"]*"/g, ''))
    t.equal(new Set(said).size, 1, 'whatever is wrong with it')

    const { path: fresh } = await made('B2-0101', { fresh: true })
    t.equal((await read(other)).status, 404, 'an old link ends where a fresh one is made')
    t.equal((await read(fresh)).status, 200)
    t.notOk(
      estate.queries.eventsAfter(0, 10_000).some((event) => JSON.stringify(event).includes(first.slice(3))),
      'no token stands in the journal',
    )
  },
)

t.test('planned work over HTTP: preview, plan, calendar, and what is refused', { timeout: 60_000 }, async (t) => {
  const estate = await openEstate()
  t.teardown(() => estate.close())
  let keys = 0
  const does = async (path: string, body: object) => {
    const answer = await estate.order('steward', path, `key-${++keys}-planned`, body)
    return { status: answer.status, body: (await answer.json()) as Json }
  }
  const what = { kind: 'water-off', work: 'tank-cleaning', assets: ['P1'] }
  const times = { from: '2026-01-08T14:00:00+08:00', to: '2026-01-08T16:00:00+08:00' }
  const choices = (await (await estate.as('steward', '/api/v1/notices/choices')).json()) as Json
  t.match(choices, {
    zones: [{ id: 'low', homes: 5 }],
    works: [{ work: 'tank-cleaning', needsQuality: true, leadHours: 24 }],
  })
  const preview = await does('/api/v1/notices/preview', { ...what, ...times })
  t.match(preview, { status: 200, body: { homes: 5, isInTime: true, cost: { perPart: 0.1, isPaid: false } } })
  t.match((preview.body['texts'] as Json[])[0], { channel: 'screen', language: 'zh-CN', body: /14:00 至 16:00 停水/ })
  // Who is chosen; how many homes.
  for (const [places, homes] of [
    [['site'], 5],
    [['building:B1'], 4],
    [['home:B1-0101', 'building:B2'], 2],
    [['zone:low', 'building:B1'], 5],
  ] as const)
    t.match(await does('/api/v1/notices/preview', { ...what, ...times, places }), { body: { homes } }, places.join())

  const soon = { from: '2026-01-05T20:00:00+08:00', to: '2026-01-05T22:00:00+08:00' }
  // What is sent; the answer.
  const table: readonly (readonly [object, number, string])[] = [
    [{ ...what, ...times, by: 'nobody' }, 404, 'unknown_person'],
    [{ ...what, ...times, by: 'S1', places: ['building:B9'] }, 400, 'invalid_request'],
    [{ ...what, ...times, by: 'S1', assets: ['L1', 'X'], places: ['site'] }, 404, 'unknown_asset'],
    [{ ...what, ...soon, by: 'S1' }, 409, 'too_late_to_tell'],
    [{ ...what, ...soon, by: 'S1', reason: 'leak', second: 'S1' }, 409, 'second_person_needed'],
  ]
  for (const [body, status, code] of table)
    t.match(await does('/api/v1/notices', body), { status, body: { code } }, code)
  t.match(await does('/api/v1/notices', { ...what, ...times, by: 'S1', rules: ['P1/outlet-pressure.lo'] }), {
    status: 200,
  })
  const { items } = (await (await estate.as('steward', '/api/v1/notices?state=open')).json()) as { items: Json[] }
  t.match(items, [
    {
      state: 'scheduled',
      homes: 5,
      planned: { from: '2026-01-08T14:00:00.000+08:00', rules: ['P1/outlet-pressure.lo'] },
    },
  ])
  const id = items[0]!['id'] as string

  const { path } = estate.linkOf('B1-0101')
  const ics = await (await fetch(`${estate.url}${path}/notices.ics`)).text()
  t.match(ics, /^BEGIN:VCALENDAR\r\nVERSION:2\.0\r\n/)
  t.match(ics, `UID:${id}@tiny.caretaker\r\n`)
  t.match(ics, 'DTSTART:20260108T060000Z\r\nDTEND:20260108T080000Z\r\n')
  t.ok(
    ics.split('\r\n').every((line) => Buffer.byteLength(line) <= 75),
    'RFC 5545 §3.1: folded at 75 octets',
  )
  t.match(await does(`/api/v1/notices/${id}/extend`, { by: 'S1', to: times.to }), { body: { code: 'wrong_state' } })
  t.match(await does(`/api/v1/notices/${id}/cancel`, { by: 'S1', reason: 'no parts' }), { status: 200 })
  t.match(await (await fetch(`${estate.url}${path}/notices.ics`)).text(), 'STATUS:CANCELLED\r\n')
})

const MINUTE = 60_000
/** Tang lives in B1-0101; Far owns B1-0102 and has let it; Two lives in both of the last; Shy agreed to nothing. */
const PEOPLE = `home,role,name,phone,consent,from,to,lives_here
B1-0101,tenant,Tang,13900000101,yes,2025-01-01,,
B1-0101,owner,Lord,13900000109,yes,2020-01-01,,no
B1-0102,owner,Gone,13900000102,yes,2020-01-01,2025-12-31,
B1-0201,owner,Two,+86 139-0000-0201,yes,2020-01-01,,
B1-0202,owner,Two,13900000201,yes,2020-01-01,,
B2-0101,owner,Shy,13900000301,no,2020-01-01,,
`

async function openWithSms(t: { teardown(close: () => Promise<void>): void }, more = '') {
  const provider = await startHttpProvider({ body: '{"code":0}' })
  const sms = {
    id: 'sms',
    type: 'http-sms',
    url: `${provider.url}/send`,
    form: { to: '{to}', text: '{text}' },
    answer: { code: 'number' },
    success: 'code == 0',
    allow_private: true,
  }
  const estate = await openEstate({ personal: [sms] as unknown as ApiContext['site']['channels'], added: more })
  t.teardown(async () => {
    await estate.close()
    await provider.stop()
  })
  estate.register.importList(Buffer.from(PEOPLE), 'test')
  const sent = () => provider.received.map(({ body }) => Object.fromEntries(new URLSearchParams(body.toString())))
  const form = async (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) => {
    const body = new URLSearchParams(fields)
    const answer = await fetch(`${estate.url}${path}?lang=en`, { method: 'POST', body, headers, redirect: 'manual' })
    const text = await answer.text()
    const cookie = answer.headers.get('set-cookie')
    return { status: answer.status, text, cookie, at: answer.headers.get('location') }
  }
  const ask = async (phone: string) => {
    const answer = await form('/r/code', { phone })
    const challenge = /name="challenge" value="([\w-]{43})"/.exec(answer.text)?.[1] ?? ''
    return { ...answer, challenge }
  }
  /** The code that went out after so many others. */
  const codeAt = async (place: number) => {
    await until('a code went out', () => sent().length > place)
    return /\b\d{6}\b|(?<=为 )\d{6}/.exec(sent()[place]!['text']!)![0]
  }
  const opened = async (path: string, cookie: string) => {
    const answer = await fetch(estate.url + path, { headers: { cookie }, redirect: 'manual' })
    return { status: answer.status, text: await answer.text(), at: answer.headers.get('location') }
  }
  /** Asks, waits for the code and enters it; the cookie of whoever is in. */
  const signIn = async (phone: string) => {
    const place = sent().length
    const { challenge } = await ask(phone)
    const { cookie } = await form('/r/session', { phone, challenge, code: await codeAt(place) })
    return cookie!.split(';')[0]!
  }
  return { ...estate, provider, sent, form, ask, codeAt, opened, signIn }
}

t.test('a registered number and a code open the homes of whoever lives there', { timeout: 60_000 }, async (t) => {
  const estate = await openWithSms(t)
  const { sent, ask, form, codeAt, opened, signIn } = estate
  t.match(await opened('/r?lang=en', ''), { status: 200, text: /name="phone" type="tel"/ })
  t.notMatch(
    (await opened('/r?lang=zh-CN', '')).text,
    /<script/,
    'S12 no script, and nothing is renewed under the hands',
  )

  const phone = '+86 139 0000 0101'
  const asked = await ask(phone)
  t.match(asked, { status: 200, text: /If this number is registered here/, cookie: null })
  const code = await codeAt(0)
  t.strictSame(sent()[0], { to: '13900000101', text: `您的小区通知验证码为 ${code}，10 分钟内有效，请勿告诉他人。` })
  const { challenge } = asked
  t.match(await form('/r/session', { phone: '13900000201', challenge, code }), { status: 403, cookie: null })
  const entered = await form('/r/session', { phone, challenge, code })
  t.match(entered, {
    status: 303,
    at: '/r?lang=en',
    cookie: /^caretaker_home=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax/,
  })
  t.match(await form('/r/session', { phone, challenge, code }), { status: 403 }, 'S10 a code is good once')
  const cookie = entered.cookie!.split(';')[0]!
  t.match(await opened('/r?lang=en', cookie), { status: 303, at: '/r/~B1-0101?lang=en' })
  t.match(await opened('/r/~B1-0101?lang=en', cookie), { status: 200, text: /B1-0101[^]*Sign out/ })
  t.equal((await opened('/r/~B1-0201', cookie)).status, 404, 'S18 nobody else’s home')
  t.equal((await opened('/r/~B1-0101', '')).status, 404)
  t.equal((await opened('/r/~B1-0101', 'caretaker_home=guess')).status, 404)
  t.equal((await opened('/api/v1/session', cookie)).status, 401, 'S03 it opens nothing of the staff')

  estate.pass(MINUTE)
  const two = await signIn('13900000201')
  t.match((await opened('/r?lang=en', two)).text, /~B1-0201[^]*~B1-0202/, 'whoever has two homes chooses')
  t.equal((await opened('/r/~B1-0202', two)).status, 200)

  // What ends it: it was corrected who lives there, or the telephone is another's; leaving; 30 days.
  const [tang] = estate.register.findByPhone(phone)
  estate.register.correct(tang!.id, { phone: '13911112222' }, 'test')
  t.equal((await opened('/r/~B1-0101', cookie)).status, 404, 'another number, another person')
  estate.register.correct(tang!.id, { phone: '13900000101' }, 'test')
  t.equal((await opened('/r/~B1-0101', cookie)).status, 200)
  estate.register.correct(tang!.id, { to: estate.now() }, 'test')
  t.equal((await opened('/r/~B1-0101', cookie)).status, 404, 'moved out')
  t.match(await form('/r/leave', {}, { cookie: two }), { status: 303, cookie: /Max-Age=0/ })
  t.equal((await opened('/r/~B1-0202', two)).status, 404, 'S08 ended here, not in the browser')
  estate.pass(MINUTE)
  const again = await signIn('13900000201')
  estate.pass(30 * 24 * 60 * MINUTE)
  t.equal((await opened('/r/~B1-0202', again)).status, 404)

  const files = ['residents.db', 'residents.db-wal'].map((name) => readFileSync(join(estate.folder, name), 'latin1'))
  for (const secret of ['13900000201', code, challenge, again.split('=')[1]!])
    t.notOk(
      files.some((file) => file.includes(secret)),
      'S05 neither number nor code nor cookie stands on the disk',
    )
  t.notMatch(estate.logged.join('\n'), /1390000|验证码/, 'nor in the log')
})

t.test('S07 whoever asks learns nothing, and makes nobody pay', { timeout: 60_000 }, async (t) => {
  const estate = await openWithSms(t, 'notices: { codes_per_day: 3 }\n')
  const { sent, ask, form, codeAt } = estate
  // Lives there; nobody; moved out; owns and has let it; agreed to nothing.
  const numbers = ['13900000101', '13977777777', '13900000102', '13900000109', '13900000301']
  const answers: Awaited<ReturnType<typeof ask>>[] = []
  for (const number of numbers) answers.push(await ask(number))
  const alike = ({ status, text, cookie }: (typeof answers)[number], i: number) =>
    `${status} ${cookie} ${text.replace(/name="challenge" value="[^"]+"/, '').replace(numbers[i]!, 'NUMBER')}`
  t.equal(new Set(answers.map(alike)).size, 1, 'the same answer to all')
  const code = await codeAt(0)
  t.match(await ask('13977777777'), { status: 429, text: /Please wait 1 min/ }, 'nobody’s number is counted as well')
  t.match(await ask('13900000101'), { status: 429, text: /Please wait 1 min/ }, 'once a minute')
  t.match(await ask('not a number'), { status: 400, text: /not a telephone number/ })
  t.equal(sent().length, 1, 'only who lives there and agreed is written to')

  // Five tries, then not even the right one.
  const phone = numbers[0]!
  const { challenge } = answers[0]!
  const wrong = code === '000000' ? '000001' : '000000'
  for (let i = 0; i < 5; i++) t.equal((await form('/r/session', { phone, challenge, code: wrong })).status, 403)
  t.match(await form('/r/session', { phone, challenge, code }), { status: 403, cookie: null })

  // Ten minutes, then it is too old.
  estate.pass(20 * MINUTE)
  const late = await ask(phone)
  const lateCode = await codeAt(1)
  estate.pass(10 * MINUTE)
  t.equal((await form('/r/session', { phone, challenge: late.challenge, code: lateCode })).status, 403)

  // Three a day is what this site pays; the answer does not tell.
  estate.pass(20 * MINUTE)
  await ask('13900000201')
  await codeAt(2)
  estate.pass(20 * MINUTE)
  t.equal((await ask('13900000101')).status, 200)
  await until('it is said in the log', () =>
    estate.logged.some((line) => line.includes('no more codes are sent today')),
  )
  t.equal(sent().length, 3)
  // Five times a day for one number, also when nothing went out.
  for (let i = 0; i < 2; i++) {
    estate.pass(20 * MINUTE)
    t.equal((await ask(phone)).status, 200)
  }
  estate.pass(20 * MINUTE)
  t.match(await ask(phone), { status: 429, text: /Please wait 1[0-9]{3} min/ })
  estate.pass(24 * 60 * MINUTE)
  t.equal((await ask(phone)).status, 200)
  await codeAt(3)

  // One address that tries many numbers waits longer and longer.
  const many: number[] = []
  for (let i = 0; i < 12; i++) many.push((await ask(`1391111${1000 + i}`)).status)
  t.ok(many.includes(429) && many.indexOf(429) <= 10, many.join())
})

t.test(
  'S11 a foreign page cannot sign a browser in; a site without channels says so',
  { timeout: 60_000 },
  async (t) => {
    const { form, opened } = await openWithSms(t)
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }, { origin: 'null' }])
      for (const path of ['/r/code', '/r/session', '/r/leave'])
        t.equal((await form(path, { phone: '13900000101' }, headers as Record<string, string>)).status, 403, path)
    t.equal((await form('/r/code', { phone: '13900000101', role: 'admin' })).status, 400, 'S16 nothing but the fields')
    t.match((await opened('/r?lang=en', '')).text, /<form/)

    const plain = await openEstate()
    t.teardown(() => plain.close())
    t.match(await (await fetch(`${plain.url}/r?lang=en`)).text(), /sends no codes[^]*link/)
    const body = new URLSearchParams({ phone: '13900000101' })
    t.equal((await fetch(`${plain.url}/r/code`, { method: 'POST', body })).status, 404)
  },
)

t.test('a home reports a fault, follows it like a parcel and rates it; another home sees nothing of it', async (t) => {
  const estate = await openWithSms(t)
  const { form, opened, queries, linkOf } = estate
  const [{ path: home }, { path: other }, { path: empty }] = [linkOf('B1-0101'), linkOf('B1-0201'), linkOf('B1-0102')]
  const blank = await opened(`${home}/report?lang=en`, '')
  t.match(blank, { status: 200, text: /<option value="water">[^]*<textarea/ })
  const key = /name="key" value="([\w-]{43})"/.exec(blank.text)![1]!
  const fault = { key, topic: 'water', text: 'The tap drips <b>all night</b>' }
  for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }])
    t.equal((await form(`${home}/report`, fault, headers as Record<string, string>)).status, 403, 'S11')
  t.equal((await form('/r/nonsense/report', fault)).status, 404)
  t.equal((await form(`${home}/report`, { ...fault, home: 'B1-0201' })).status, 400, 'S16')
  t.equal((await form(`${home}/report`, { ...fault, text: ' ' })).status, 400)
  const told = await form(`${home}/report`, fault)
  t.equal(told.status, 303)
  const page = told.at!
  t.match(await form(`${home}/report`, fault), { status: 303, at: page }, 'sent twice it is one report')
  const id = /(?<=reports\/)W\d+/.exec(page)![0]
  t.match(queries.get('orders', id), { class: 'P4b', source: 'resident', home: 'B1-0101', skill: 'water' })
  const journal = JSON.stringify(queries.eventsAfter(0, 10_000))
  t.notMatch(journal, /drips/, 'S30 what was said is not in the journal')
  t.match((await opened(page, '')).text, /The tap drips &lt;b&gt;all night[^]*Received[^]*Passed on/, 'S15')
  t.match((await opened(`${home}?lang=en`, '')).text, `${home}/reports/${id}`)
  t.notMatch((await opened(`${other}?lang=en`, '')).text, `reports/${id}`)
  for (const wrong of [`${other}/reports/${id}`, `${home}/reports/W9999`, `/r/nonsense/reports/${id}`]) {
    t.equal((await opened(wrong, '')).status, 404, 'S18')
    t.equal((await form(`${wrong}/rate`, { stars: '1' })).status, 404)
    t.equal((await form(`${wrong}/reopen`, {})).status, 404)
  }
  t.match(await form(`${empty}/report`, { ...fault, key: 'k'.repeat(43) }), { status: 409, text: /do not know who/ })

  await form(`${home}/reports/${id}/rate`, { stars: '1' })
  t.equal(queries.get('orders', id)!.rating, undefined, 'nobody has an opinion of work that is not done')
  let keys = 0
  const works = async (deed: string, more = {}) => {
    const answer = await estate.order('engineer', `/api/v1/orders/${id}/${deed}`, `works-${++keys}-${id}`, {
      by: 'T1',
      ...more,
    })
    t.equal(answer.status, 200, `${deed} ${await answer.text()}`)
  }
  await works('accept')
  await works('update', { text: 'We bring a new tap' })
  t.match((await opened(page, '')).text, /accepted[^]*We bring a new tap/)
  await works('arrive')
  await works('start')
  t.match((await opened(page, '')).text, /being dealt with/)
  await works('finish', { finding: 'washer changed' })
  await until('it is verified', () => ['verified', 'closed'].includes(queries.get('orders', id)!.state))
  const done = await opened(page, '')
  t.match(done.text, /class="past">Done[^]*name="stars" value="5"[^]*not solved/)
  t.notMatch(done.text.replaceAll(home, ''), /T1|13900000101|washer/, 'S35 no name of anybody')
  t.equal((await form(`${home}/reports/${id}/rate`, { stars: '6' })).status, 400)
  t.equal((await form(`${home}/reports/${id}/rate`, { stars: '4' })).status, 303)
  t.match(queries.get('orders', id), { rating: { stars: 4, by: 'B1-0101' } })
  await form(`${home}/reports/${id}/rate`, { stars: '1' })
  t.match(queries.get('orders', id), { rating: { stars: 4 } }, 'once')
  t.match((await opened(page, '')).text, /★★★★\./)
  t.equal((await form(`${home}/reports/${id}/reopen`, {})).status, 303)
  t.match(queries.get('orders', id), { state: /new|dispatched/, reopenings: [{ by: 'B1-0101', reason: 'not_solved' }] })

  // S42 five a day are heard; then it says to call.
  for (let i = 0; i < 4; i++) t.equal((await form(`${home}/report`, { ...fault, key: `${i}`.repeat(43) })).status, 303)
  t.match(await form(`${home}/report`, { ...fault, key: '9'.repeat(43) }), {
    status: 409,
    text: /Please call[^]*The tap drips/,
  })
  // Whoever moves in reads nothing of those before.
  estate.pass(MINUTE)
  const [tang] = estate.register.findByPhone('13900000101')
  estate.register.correct(tang!.id, { to: estate.now() }, 'test')
  estate.register.add(
    {
      home: 'B1-0101',
      name: 'New',
      phone: '13900000555',
      relation: 'tenant',
      from: estate.now(),
      to: null,
      consent: true,
    },
    'test',
  )
  estate.pass(MINUTE)
  t.equal((await opened(page, '')).status, 404)
  t.notMatch((await opened(`${home}?lang=en`, '')).text, `reports/${id}`)
})
