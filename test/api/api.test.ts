import { connect } from 'node:net'
import t from 'tap'
import type { Role } from '#gateway/role.ts'
import { until } from '../fakes/until.ts'
import { openEstate } from './estate.ts'

type Item = Record<string, unknown> & { id: string; state: string }
type Problem = { type: string; status: number; code: string; detail: string; params: Record<string, unknown> }

const LOW = { outlet_pressure: 0.05, tank_level: 3 }
const FINE = { outlet_pressure: 0.6, tank_level: 3 }
const HOMES = 5

t.test('what was decided can be read, in words and with times of the site', async (t) => {
  const estate = await openEstate()
  t.teardown(() => estate.close())
  const items = async (path: string, role: Role = 'engineer') => {
    const answer = await estate.as(role, path)
    t.equal(answer.status, 200, path)
    return (await answer.json()) as { items: Item[]; next: number | null }
  }
  await estate.say('P1', FINE, 10)
  await estate.say('P1', LOW, 20)

  t.test('one trace joins alarm, order and notice', async (t) => {
    const [alarm] = (await items('/api/v1/alarms')).items
    const [order] = (await items('/api/v1/orders?state=open')).items
    const [notice] = (await items('/api/v1/notices')).items
    t.match(alarm, {
      name: { 'zh-CN': '出水压力过低', en: 'Outlet pressure low' },
      response: { en: /Cut power/ },
      state: 'unacknowledged',
      evidence: { point: 'outlet_pressure', value: 0.05, limit: 0.3, unit: 'MPa' },
      raisedAt: /^2026-01-05T10:00:\d\d\.000\+08:00$/,
    })
    t.match(order, {
      state: 'dispatched',
      device: 'P1',
      devices: ['P1'],
      assignee: 'T1',
      alarmId: alarm!.id,
      alarmIds: [alarm!.id],
    })
    t.match(order, { why: { code: 'least_load', text: { en: /fewest open orders/, 'zh-CN': /给排水/ } } })
    t.match(notice, {
      state: 'draft',
      alarmId: alarm!.id,
      alarmIds: [alarm!.id],
      orderId: order!.id,
      homes: HOMES,
      ledger: [],
    })
    t.match(notice, { text: { en: /^Pumps: .*10:00/, 'zh-CN': /^泵组/ } })
    t.strictSame([alarm!.trace, order!.trace, notice!.trace], [alarm!.trace, alarm!.trace, alarm!.trace])
    for (const [kind, one] of Object.entries({ alarms: alarm, orders: order, notices: notice })) {
      // What people said of it stands on its own page alone.
      const answer = await estate.as('engineer', `/api/v1/${kind}/${one!.id}`)
      const { reports = [], ...known } = (await answer.json()) as Record<string, unknown>
      t.strictSame(known, one, `${kind} by id`)
      t.strictSame(reports, [], 'nobody reported it')
      t.equal((await estate.as('engineer', `/api/v1/${kind}/X999`)).status, 404)
    }
  })

  t.test('devices show their newest values, and what is bad says why', async (t) => {
    await estate.say('L1', { service_mode: 'normal', floor: null }, 2)
    const { items: devices } = await items('/api/v1/devices')
    t.strictSame(
      devices.map(({ id }) => id),
      ['P1', 'L1'],
      'the device with the unknown profile does not run',
    )
    const points = devices[1]!.points as Record<string, unknown>[]
    t.match(
      points.find(({ point }) => point === 'service_mode'),
      { value: 'normal', quality: 'good', ageMs: 0, at: /\+08:00$/ },
    )
    t.match(
      points.find(({ point }) => point === 'floor'),
      { value: null, quality: 'bad', reason: 'no_response' },
    )
    t.match(
      points.find(({ point }) => point === 'direction'),
      { value: null, quality: null, at: null, ageMs: null },
    )
  })

  t.test('a series has its buckets, gaps and all', async (t) => {
    const get = (query: string, point = 'P1/outlet_pressure') =>
      estate.as('engineer', `/api/v1/points/${point}/series?${query}`)
    const from = '2026-01-05T10:00:00+08:00'
    const series = (await (await get(`from=${encodeURIComponent(from)}&to=2026-01-05T02:01:00Z&buckets=6`)).json()) as {
      from: string
      to: string
      points: Record<string, unknown>[]
    }
    t.match(series, {
      from: '2026-01-05T10:00:00.000+08:00',
      to: '2026-01-05T10:01:00.000+08:00',
      source: 'local',
    })
    t.strictSame(series.points[0], {
      t: '2026-01-05T10:00:00.000+08:00',
      min: 0.6,
      mean: 0.6,
      max: 0.6,
      last: 0.6,
      n: 4,
      quality: 'good',
    })
    t.match(series.points[1], { t: '2026-01-05T10:00:10.000+08:00', min: 0.05, max: 0.6, n: 5, quality: 'good' })
    t.equal((series.points[1]!['mean'] as number).toFixed(6), '0.160000')
    t.strictSame(series.points[5], {
      t: '2026-01-05T10:00:50.000+08:00',
      min: null,
      mean: null,
      max: null,
      last: null,
      n: 0,
      quality: null,
    })
    t.match(
      await (await get(`from=${from}&to=2026-01-05T02:01:00Z&buckets=1`)).json(),
      { points: [{ n: 15 }] },
      'a plus that was not escaped',
    )
    const bad = (await (await get('buckets=1&to=2026-01-05T02:01:00Z', 'L1/floor')).json()) as { points: unknown[] }
    t.match(bad.points, [{ n: 0, mean: null, quality: 'bad' }])

    const table = [
      { query: '', point: 'P1/nothing', status: 404 },
      { query: '', point: 'nobody/outlet_pressure', status: 404 },
      { query: 'buckets=2001', status: 400 },
      { query: 'buckets=0', status: 400 },
      { query: 'from=yesterday', status: 400 },
      { query: `from=2016-01-05T00:00:00Z&to=2026-01-05T00:00:00Z`, status: 400 },
      { query: `from=2026-01-05T00:00:00Z&to=2026-01-04T00:00:00Z`, status: 400 },
      { query: 'unknown=1', status: 400 },
    ]
    for (const { query, point, status } of table)
      t.equal((await get(query, point)).status, status, `S42 ${point ?? ''} ${query}`)
  })

  t.test('F55 faults of the site file are said with their place, and rules that cannot be judged', async (t) => {
    const { items: faults } = await items('/api/v1/faults')
    t.match(faults, [
      {
        where: 'site.yaml:15:35',
        code: 'unknown_reference',
        text: { en: /did you mean "lift-controller"/, 'zh-CN': /lift-controller/ },
      },
      {
        where: 'P1/share',
        code: 'rule_failed',
        text: { en: 'rule P1/share cannot be judged: it divides by zero', 'zh-CN': /除数为零/ },
      },
    ])
  })

  t.test('health is open, its details are not', async (t) => {
    const open = (await (await fetch(`${estate.url}/api/v1/health`)).json()) as object
    t.strictSame(Object.keys(open).toSorted(), ['site', 'status', 'time', 'version'])
    t.match(await (await estate.as('monitor', '/api/v1/health')).json(), {
      faults: 1,
      store: { events: Number },
      sources: [{ source: 'plc' }],
    })
    t.strictSame(Object.keys((await (await estate.as('field', '/api/v1/health')).json()) as object).toSorted(), [
      'site',
      'status',
      'time',
      'version',
    ])
  })

  t.test('a command is done once, and whoever comes second learns who won', async (t) => {
    const [{ id: order }] = (await items('/api/v1/orders')).items as [Item]
    const [{ id: alarm }] = (await items('/api/v1/alarms')).items as [Item]
    const [{ id: notice }] = (await items('/api/v1/notices')).items as [Item]
    const accept = (key: string, by: string) => estate.order('field', `/api/v1/orders/${order}/accept`, key, { by })

    const first = await accept('key-00000001', 'T1')
    t.equal(first.status, 200)
    const done = await first.json()
    t.match(done, { done: ['order.accepted'] })
    t.strictSame(await (await accept('key-00000001', 'T1')).json(), done, 'the same id and body: the same answer')

    const reused = await accept('key-00000001', 'T2')
    t.equal(reused.status, 409)
    t.match(await reused.json(), { code: 'command_reused' })
    const second = await accept('key-00000002', 'T2')
    t.equal(second.status, 409)
    t.match(second.headers.get('content-type'), /^application\/problem\+json/)
    t.match(await second.json(), {
      type: 'about:blank',
      status: 409,
      code: 'already_accepted',
      params: { by: 'T1' },
      detail: /accepted by T1/,
    })

    const table = [
      { role: 'field', path: `/orders/${order}/arrive`, body: { by: 'T2' }, status: 403, code: 'not_assignee' },
      { role: 'field', path: `/orders/${order}/close`, body: { by: 'T1' }, status: 409, code: 'source_still_active' },
      { role: 'field', path: `/orders/W999/accept`, body: { by: 'T1' }, status: 404, code: 'unknown_order' },
      { role: 'field', path: `/alarms/${alarm}/ack`, body: { by: 'T1' }, status: 409, code: 'already_acknowledged' },
      { role: 'field', path: `/alarms/${alarm}/ack`, body: { by: 'Nobody' }, status: 404, code: 'unknown_person' },
      { role: 'engineer', path: `/alarms/${alarm}/reset`, body: { by: 'T1' }, status: 409, code: 'wrong_state' },
      {
        role: 'steward',
        path: `/notices/${notice}/confirm`,
        body: { by: 'Nobody' },
        status: 404,
        code: 'unknown_person',
      },
      { role: 'steward', path: `/notices/${notice}/confirm`, body: { by: 'S1' }, status: 200, code: undefined },
      { role: 'field', path: `/orders/${order}/arrive`, body: { by: 'T1' }, status: 200, code: undefined },
      {
        role: 'field',
        path: `/orders/${order}/finish`,
        body: { by: 'T1', finding: 'relay' },
        status: 200,
        code: undefined,
      },
    ] as const
    for (const [index, { role, path, body, status, code }] of table.entries()) {
      const answer = await estate.order(role, `/api/v1${path}`, `key-table-${index}`, body)
      t.equal(answer.status, status, `${path} ${JSON.stringify(body)}`)
      t.equal(((await answer.json()) as Problem).code, code)
    }
    t.match((await items('/api/v1/orders')).items, [{ assignee: 'T1', finding: 'relay', acceptedAt: /\+08:00$/ }])
    t.match(
      (await items('/api/v1/alarms')).items,
      [{ acknowledgedBy: 'T1' }],
      'accepting acknowledges in the accepter’s name',
    )
  })

  t.test('the ledger names every home told, and the all-clear', async (t) => {
    await estate.say('P1', FINE, 120)
    const [full] = (await items('/api/v1/notices?state=ended')).items
    t.match(full, {
      state: 'all_clear',
      homes: HOMES,
      publishedBy: 'S1',
      reached: { told: { queued: HOMES }, allClear: { queued: HOMES } },
    })
    t.equal((full!.ledger as unknown[]).length, HOMES)
    t.match(full!.ledger, [{ home: 'B1-0101', channel: 'screen', told: 'queued', allClear: 'queued' }])
    const [counts] = (await items('/api/v1/notices?ledger=counts')).items
    t.notOk('ledger' in counts!)
    t.strictSame((await items('/api/v1/notices?state=open')).items, [])
  })

  t.test('lists go on where the page before ended', async (t) => {
    await estate.say('P1', LOW, 20)
    const all = (await items('/api/v1/alarms')).items.map(({ id }) => id)
    t.ok(all.length > 1)
    const paged: string[] = []
    for (let next: number | null | undefined; next !== null;) {
      const page: { items: Item[]; next: number | null } = await items(
        `/api/v1/alarms?limit=1${next ? `&before=${next}` : ''}`,
      )
      paged.push(...page.items.map(({ id }) => id))
      next = page.next
    }
    t.strictSame(paged, all)
  })
})

t.test('the live stream', async (t) => {
  const estate = await openEstate()
  t.teardown(() => estate.close())
  await estate.say('P1', FINE, 4)

  t.test('carries what happens, and after a drop what was missed, once and in order', async (t) => {
    const first = await listen(estate, 'engineer')
    t.match(await first.next('ready'), { data: { epoch: 'epoch-1' } })
    await estate.say('P1', LOW, 20)
    const raised = await first.next('alarm.raised')
    t.match(raised.data, { type: 'alarm.raised', alarm: /^A\d+$/, at: /\+08:00$/ })
    t.equal(raised.id, String((raised.data as { seq: number }).seq), 'the id is the place in the journal')
    first.close()

    await estate.order('steward', '/api/v1/notices/N7/confirm', 'key-stream-1', { by: 'S1' })
    const second = await listen(estate, 'engineer', { 'last-event-id': raised.id! })
    await second.next('notice.published')
    await estate.say('P1', FINE, 70)
    await second.next('notice.monitoring')
    // A commit may be durable, and so read from the journal, a moment before it is published.
    estate.feed.publish(estate.queries.eventsAfter(Number(raised.id), 1_000), [])
    await estate.say('P1', FINE, 40)
    await second.next('notice.all_clear')
    const seqs = second.seen.filter(({ event }) => event !== 'ready').map(({ id }) => Number(id))
    t.equal(seqs[0], Number(raised.id) + 1, 'nothing is missed')
    t.strictSame(
      seqs,
      seqs.map((_, index) => seqs[0]! + index),
      'nothing comes twice, nothing out of order',
    )
    const published = second.seen.find(({ event }) => event === 'notice.published')!
    t.equal((published.data as { homes: number }).homes, HOMES, 'a count, not the homes')
    t.notOk('command' in (published.data as object), 'another’s command id stays with him')
    second.close()
  })

  t.test('shows each role its own', async (t) => {
    const agent = await listen(estate, 'agent', { 'last-event-id': '0' })
    await agent.next('notice.monitoring')
    const families = new Set(agent.seen.map(({ event }) => event.split('.', 1).join()))
    t.strictSame([...families].toSorted(), ['notice', 'order', 'ready'])
    agent.close()
    t.equal(
      (await estate.as('agent', '/api/v1/events?values=*')).status,
      403,
      'values are for those who may see the plant',
    )
  })

  t.test('carries the newest value of each subscribed point', async (t) => {
    const values = await listen(estate, 'monitor', {}, '?values=P1/outlet_pressure')
    await values.next('ready')
    await estate.say('P1', FINE, 10)
    const { data, id } = await values.next('values')
    t.match(data, { items: [{ device: 'P1', point: 'outlet_pressure', value: 0.6, quality: 'good', at: /\+08:00$/ }] })
    t.equal((data as { items: unknown[] }).items.length, 1)
    t.equal(id, undefined, 'values do not move the place to resume from')
    values.close()
  })

  t.test('closes a client that lies a megabyte behind', async (t) => {
    const { hostname, port } = new URL(estate.url)
    const socket = connect(Number(port), hostname)
    t.teardown(() => socket.destroy())
    socket.write(`GET /api/v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${estate.tokens.engineer}\r\n\r\n`)
    await until('the stream is open', () => estate.feed.listeners() === 1)
    let seq = estate.feed.newestSeq()
    await until('it is closed', () => {
      const trace = 'R'.repeat(100_000)
      estate.feed.publish([{ type: 'order.verified', order: 'W1', trace, seq: ++seq, at: 0, v: 1 }], [])
      return estate.feed.listeners() === 0
    })
    t.ok(seq > 10)
  })

  t.test('of a client that goes away leaves nothing behind', async (t) => {
    await until('nobody listens', () => estate.feed.listeners() === 0)
    t.equal(estate.feed.listeners(), 0)
  })
})

type Message = { id: string | undefined; event: string; data: unknown }

/** Reads the stream as a browser would. */
async function listen(
  estate: Awaited<ReturnType<typeof openEstate>>,
  role: Role,
  headers: Record<string, string> = {},
  query = '',
) {
  const gone = new AbortController()
  const answer = await estate.as(role, `/api/v1/events${query}`, { headers, signal: gone.signal })
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  const seen: Message[] = []
  let text = ''
  let taken = 0
  return {
    seen,
    close: () => gone.abort(),
    async next(event: string): Promise<Message> {
      const late = setTimeout(() => gone.abort(new Error(`no ${event} within 5 s`)), 5_000)
      try {
        for (;;) {
          for (; taken < seen.length; taken++) if (seen[taken]!.event === event) return seen[taken++]!
          const { value, done } = await reader.read()
          if (done) throw new Error(`the stream ended before ${event}`)
          const blocks = (text + value).split('\n\n')
          text = blocks.pop()!
          for (const block of blocks) {
            const fields = Object.fromEntries(
              block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
            )
            if (fields['data'] !== undefined)
              seen.push({ id: fields['id'], event: fields['event'] ?? '', data: JSON.parse(fields['data']) })
          }
        }
      } finally {
        clearTimeout(late)
      }
    },
  }
}

t.test('an alarm says who acknowledged it, for whom, when and with which words', async (t) => {
  const estate = await openEstate()
  t.teardown(() => estate.close())
  await estate.say('P1', FINE, 10)
  await estate.say('P1', LOW, 20)
  const alarms = async () => (await (await estate.as('engineer', '/api/v1/alarms')).json()) as { items: Item[] }
  const [raised] = (await alarms()).items
  const unset = { acknowledgedAt: null, acknowledgedBy: null, acknowledgedByActor: null, acknowledgeComment: null }
  t.match(raised, unset)
  const words = 'on my way <b>now</b>'
  const path = `/api/v1/alarms/${raised!.id}`
  t.equal((await estate.order('field', `${path}/ack`, 'key-words-1', { by: 'T1', comment: words })).status, 200)
  const told = {
    acknowledgedAt: /\+08:00$/,
    acknowledgedBy: 'T1',
    acknowledgedByActor: /^T-/,
    acknowledgeComment: words,
  }
  t.match((await alarms()).items[0], told)
  t.match(await (await estate.as('engineer', path)).json(), told)
})

t.test('alarms are kept silent by people, and the interface says by whom, why and until when', async (t) => {
  const estate = await openEstate()
  t.teardown(() => estate.close())
  await estate.say('P1', FINE, 10)
  await estate.say('P1', LOW, 20)
  type Line = Record<string, unknown>
  const got = async (path: string) => (await (await estate.as('engineer', `/api/v1${path}`)).json()) as Line
  const items = async (path: string) => (await got(path))['items'] as Line[]
  let keys = 0
  const sent = async (path: string, body: object, role: 'engineer' | 'field' = 'engineer') => {
    const answer = await estate.order(role, `/api/v1${path}`, `key-silent-${++keys}`, body)
    return [answer.status, ((await answer.json()) as Line)['code']]
  }
  const [raised] = await items('/alarms?is=unacknowledged&asset=P1')
  const id = String(raised!['id'])
  t.match(raised, { announced: true, whyNot: null, announcedAt: /\+08:00$/, shown: 'unacknowledged' })

  t.same(
    await sent(`/alarms/${id}/shelve`, { by: 'PM', minutes: 30 }),
    [400, 'invalid_request'],
    'a reason is asked for',
  )
  t.same(await sent(`/alarms/${id}/shelve`, { by: 'PM', reason: 'x', minutes: 481 }), [400, 'invalid_request'])
  t.same(await sent(`/alarms/${id}/shelve`, { by: 'PM', reason: 'valve closed', minutes: 30 }), [200, undefined])
  const [shelved] = await items('/alarms?is=shelved')
  t.match(shelved, { id, state: 'unacknowledged', shown: 'shelved', announced: false })
  t.match(shelved!['whyNot'], { by: 'shelf', code: 'shelved', until: /\+08:00$/ })
  t.equal((await items('/alarms?silent=false')).length, 0)
  t.equal((await items('/alarms?silent=true&priority=high')).length, 1)
  const [shelf] = await items('/silences?kind=shelf&state=open')
  t.match(shelf, { alarmId: id, by: 'PM', reason: 'valve closed', state: 'running' })

  t.same(await sent(`/alarms/${id}/comment`, { by: 'T1', comment: 'seen' }, 'field'), [200, undefined])
  t.same(await sent(`/shelves/${String(shelf!['id'])}/end`, { by: 'PM' }), [200, undefined])
  t.same(await sent(`/shelves/${String(shelf!['id'])}/end`, { by: 'PM' }), [404, 'unknown_shelf'])
  t.match(await got(`/alarms/${id}`), { announced: true, shown: 'unacknowledged' })

  const bulk = await estate.order('field', '/api/v1/alarms/ack', 'key-bulk-1', { by: 'T1', alarms: [id, 'A999'] })
  const answers = (await bulk.json()) as { items: Line[] }
  t.match(answers.items, [
    { id, done: ['alarm.acknowledged'] },
    { id: 'A999', refused: 'unknown_alarm' },
  ])
  const again = await estate.order('field', '/api/v1/alarms/ack', 'key-bulk-1', { by: 'T1', alarms: [id, 'A999'] })
  t.same(await again.json(), answers, 'the same key, the same answers')

  const out = { by: 'PM', order: 'W7', reason: 'motor' }
  t.same(await sent('/assets/P9/out-of-service', out), [404, 'unknown_asset'])
  t.same(await sent('/assets/P1/out-of-service', out), [200, undefined])
  t.equal((await items('/alarms?is=out_of_service')).length, 1)
  const [service] = await items('/silences?kind=service&state=open')
  t.same(await sent(`/services/${String(service!['id'])}/return`, { by: 'PM' }), [200, undefined])

  const times = { from: '2026-01-05T10:00:00+08:00', to: '2026-01-05T16:00:00+08:00' }
  t.same(await sent('/maintenance', { by: 'PM', assets: ['P1'], reason: 'tank', ...times, to: 'soon' }), [
    400,
    'invalid_request',
  ])
  t.same(await sent('/maintenance', { by: 'PM', reason: 'tank', ...times }), [400, 'bad_window'])
  t.same(await sent('/maintenance', { by: 'PM', assets: ['P1'], reason: 'tank', ...times }), [200, undefined])
  const [window] = await items('/silences?kind=maintenance')
  const later = { by: 'PM', to: '2026-01-05T18:00:00+08:00' }
  t.same(await sent(`/maintenance/${String(window!['id'])}/extend`, later), [200, undefined])
  t.match((await items('/silences?kind=maintenance'))[0], { to: '2026-01-05T18:00:00.000+08:00' })
  await estate.say('P1', LOW, 2)
  t.match((await got(`/alarms/${id}`))['whyNot'], { by: 'maintenance', window: String(window!['id']) })
  t.same(await sent(`/maintenance/${String(window!['id'])}/end`, { by: 'PM' }), [200, undefined])

  const history = await items(`/alarms/${id}/history`)
  const story = history.map((line) => String(line['type']))
  for (const type of ['raised', 'shelved', 'silenced', 'commented', 'unshelved', 'announced', 'acknowledged'])
    t.ok(story.includes(`alarm.${type}`), `the history has ${type}`)
  t.match(
    history.find(({ type }) => type === 'alarm.shelved'),
    { by: 'PM', comment: 'valve closed', until: /:/, at: /:/ },
  )
  t.match(
    history.find(({ type }) => type === 'alarm.announced'),
    { why: { code: 'silence_ended', was: 'shelf' } },
  )

  const health = await got('/alarm-health')
  t.match(health, { operators: 1, announced: 4, standing: 1, targets: { flood: 10 }, badActors: [] })
  t.match((health['frequent'] as Line[])[0], { rule: 'P1/outlet-pressure.lo', assetName: { en: 'Pumps' }, count: 4 })
  t.same(await items('/bad-actors?from=2026-01-01T00:00:00Z'), [])
  t.equal((await estate.as('engineer', '/api/v1/alarm-health?from=yesterday')).status, 400)
})
