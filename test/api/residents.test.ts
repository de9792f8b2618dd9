/** What residents read by their links, and what planned work answers over HTTP. */
import t from 'tap'
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
