import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { FeedListener } from '#gateway/api/event-feed.ts'
import { type Destination, destination, type Say } from '#gateway/outward/destination.ts'
import { discoveryOf } from '#gateway/outward/home-assistant.ts'
import { OutboxFile } from '#gateway/outward/outbox-file.ts'
import type { Outbox } from '#gateway/outward/outbox-thread.ts'
import { outwardOf } from '#gateway/outward/outward.ts'
import { topicsOf } from '#gateway/outward/topics.ts'
import { loadSite } from '#gateway/site/load.ts'
import { withSelf } from '#gateway/site/with-self.ts'
import type { Event } from '#rules/event.ts'
import { until } from '#test/fakes/until.ts'

function outboxPath(test: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-outbox-'))
  test.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'outward.db')
}

/** One broker that is told, at whose end `publish` stands. */
function told(test: Test, publish: (topic: string, payload: string) => Promise<void>, path = outboxPath(test)) {
  const file = new OutboxFile(path)
  const stopping = new AbortController()
  const standing = new Map<string, Say>()
  let isThere = false
  const target: Destination = destination({
    id: 'far',
    status: 's/status',
    outbox: {
      next: async (...args) => file.next(...args),
      waiting: async (...args) => file.waiting(...args),
      confirm: async (...args) => file.confirm(...args),
      held: async (...args) => file.held(...args),
    } satisfies Pick<Outbox, 'next' | 'waiting' | 'confirm' | 'held'>,
    publish,
    isThere: () => isThere,
    standing: async () => standing,
    now: () => 0,
    monotonicNow: () => performance.now(),
    // Pauses are no matter of this test.
    delay: (_ms, run) => {
      const timer = setTimeout(run, 5)
      return () => clearTimeout(timer)
    },
    log: () => {},
  })
  const running = target.run(stopping.signal)
  const stop = async () => {
    stopping.abort()
    await running
    file.close()
  }
  return {
    file,
    standing,
    target,
    stop,
    arrive(remembers: boolean) {
      isThere = true
      target.arrived(remembers)
    },
    queue: (seq: number, ...said: [topic: string, payload: string][]) =>
      file.fill(
        seq,
        said.map(([topic, payload]) => ({ target: 'far', topic, payload })),
      ),
  }
}

void t.test(
  'alarms and orders leave in order, each until it is confirmed, and wait in a file until then',
  async (t) => {
    const path = outboxPath(t)
    const first = told(t, () => new Promise(() => {}), path)
    first.queue(7, ['alarms/1', 'raised'], ['alarms/1', 'acknowledged'])
    first.queue(8, ['alarms/1', 'closed'], ['alarms/1', ''])
    await first.stop()

    // A new process, and a broker that fails in between.
    const got: string[] = []
    let fails = 2
    const second = told(
      t,
      async (topic, payload) => {
        if (payload === 'acknowledged' && fails-- > 0) throw new Error('no confirmation')
        got.push(`${topic} ${payload}`)
      },
      path,
    )
    t.equal(second.file.filledUpto(), 8, 'and the journal was read so far')
    t.equal(second.file.waiting('far'), 4)
    second.arrive(true)
    await until('all came', () => second.file.waiting('far') === 0)
    t.same(got, ['s/status online', 'alarms/1 raised', 'alarms/1 acknowledged', 'alarms/1 closed', 'alarms/1 '])
    t.match(second.target.health(), { waiting: 0, sent: 4 })
    t.same(second.file.held('far'), [], 'nothing is kept there any more')
    await second.stop()
  },
)

void t.test('of what is told over and over only the newest leaves, and never over something newer', async (t) => {
  const got: string[] = []
  let gate = Promise.resolve()
  const one = told(t, async (topic, payload) => {
    got.push(`${topic}=${payload}`)
    await gate
  })
  for (const value of ['1', '2', '3']) one.target.mark('p', () => value)
  one.standing.set('a', () => 'old')
  one.arrive(false)
  await until('it was told', () => got.includes('p=3') && got.includes('a=old'))
  t.notOk(got.includes('p=1') || got.includes('p=2'))

  // What failed is said again with what is true then, and not over what the queue has said since.
  const hold = Promise.withResolvers<void>()
  gate = hold.promise
  one.target.mark('a', () => 'older')
  await until('it is under way', () => got.includes('a=older'))
  gate = Promise.resolve()
  hold.reject(new Error('gone'))
  one.queue(9, ['a', 'newest'])
  one.target.supersede('a')
  one.target.nudge()
  await until('the queue came', () => got.includes('a=newest'))
  await one.stop()
  t.equal(got.filter((said) => said.startsWith('a=')).at(-1), 'a=newest')
})

void t.test('a broker that forgot is told all that stands, and loses what stands no more', async (t) => {
  const got = new Map<string, string>()
  const one = told(t, async (topic, payload) => void got.set(topic, payload))
  one.standing.set('kept', () => '1')
  one.file.confirm('far', { kept: ['kept', 'removed'], cleared: [] })
  one.arrive(true)
  await until('at the start all is told', () => got.get('kept') === '1' && got.get('removed') === '')
  await until('and noted', () => one.file.held('far').length === 1)
  got.clear()
  one.arrive(true)
  await until('it is greeted', () => got.has('s/status'))
  t.notOk(got.has('kept'), 'who remembers is not told again')
  one.arrive(false)
  await until('who does not, is', () => got.get('kept') === '1')
  await one.stop()
})

void t.test('too much for one broker: the oldest is given up and counted, another loses nothing', async (t) => {
  const file = new OutboxFile(outboxPath(t))
  const messages = (target: string, count: number) =>
    Array.from({ length: count }, (_, i) => ({ target, topic: 'a', payload: String(i) }))
  t.same(file.fill(1, messages('far', 20_000)), {})
  t.same(file.fill(2, [...messages('far', 3), ...messages('near', 2)]), { far: 3 })
  t.equal(file.waiting('far'), 20_000)
  t.equal(file.next('far', 1)[0]!.payload, '3')
  t.equal(file.waiting('near'), 2)
  file.keepOnly(['near'])
  t.equal(file.waiting('far'), 0, 'nobody waits for a broker that the site no longer has')
  file.close()
})

void t.test('a damaged file is set aside, nothing is lost but what waited', async (t) => {
  const path = outboxPath(t)
  writeFileSync(path, 'this is no database, and never was one'.repeat(200))
  const file = new OutboxFile(path)
  t.equal(file.filledUpto(), null)
  file.close()
})

/** What Home Assistant documents for a device and its components; a key that is not there is refused or ignored. */
const DEVICE_KEYS = new Set(['dev', 'o', 'availability', 'availability_mode', 'qos', 'cmps'])
const SHARED = ['p', 'unique_id', 'name', 'state_topic', 'value_template', 'json_attributes_topic', 'device_class']
const COMPONENT_KEYS: Readonly<Record<string, ReadonlySet<string>>> = {
  sensor: new Set([...SHARED, 'unit_of_measurement', 'state_class', 'options']),
  binary_sensor: new Set([...SHARED, 'payload_on', 'payload_off']),
}
/** Classes that are summed up take no state class but totals. */
const TOTALS = new Set(['energy', 'volume'])

void t.test(
  'Home Assistant: one message a device, with documented keys only, for every profile of the demonstration',
  async (t) => {
    const { site } = loadSite('sites/demo/site.yaml', { env: {}, cwd: process.cwd() })
    const whole = withSelf(site!)
    const topics = topicsOf('caretaker', whole.id)
    const messages = discoveryOf(whole, topics, 'homeassistant', '1.2.3')
    t.equal(messages.size, whole.devices.length)
    const ids = new Set<string>()
    for (const [topic, text] of messages) {
      t.match(topic, /^homeassistant\/device\/[a-zA-Z0-9_-]+\/config$/)
      const said = JSON.parse(text) as {
        dev: { ids: string[]; name: string }
        o: { name: string; sw: string }
        availability: { topic: string }[]
        cmps: Record<string, Record<string, unknown>>
      }
      t.ok(
        Object.keys(said).every((key) => DEVICE_KEYS.has(key)),
        topic,
      )
      t.match(said, { o: { name: 'caretaker', sw: '1.2.3' }, dev: { ids: [String], name: String } })
      t.equal(said.availability[0]!.topic, topics.status)
      t.ok(Object.keys(said.cmps).length > 0, 'it has components')
      for (const [id, component] of Object.entries(said.cmps)) {
        const known = COMPONENT_KEYS[String(component['p'])]
        t.same(
          Object.keys(component).filter((key) => !known?.has(key)),
          [],
          `${topic} ${id}`,
        )
        t.notOk(ids.has(String(component['unique_id'])), 'unique')
        ids.add(String(component['unique_id']))
        t.match(component['state_topic'], new RegExp(`^caretaker/${whole.id}/devices/[^/]+/points/${id}$`))
        const { device_class: deviceClass, state_class: stateClass, options } = component
        if (TOTALS.has(String(deviceClass))) t.equal(stateClass, 'total_increasing', `${topic} ${id}`)
        t.equal(deviceClass === 'enum', options !== undefined)
        if (deviceClass === 'enum') t.equal(stateClass, undefined)
        // Megapascals are none of its units of pressure.
        if (component['unit_of_measurement'] === 'MPa') t.equal(deviceClass, undefined)
      }
    }
    t.match(JSON.parse(messages.get(`homeassistant/device/${whole.id}_PR1-H/config`)!), {
      cmps: { outlet_pressure: { p: 'sensor', unit_of_measurement: 'MPa', state_class: 'measurement' } },
    })
  },
)

void t.test(
  'an order is taken back however it ends, what does not show is not said, and a later word does not bring it back',
  async (t) => {
    const { site } = loadSite('sites/demo/site.yaml', { env: {}, cwd: process.cwd() })
    const file = new OutboxFile(outboxPath(t))
    t.teardown(() => file.close())
    const never = { acceptedAt: null, arrivedAt: null, finishedAt: null, verifiedAt: null, closedAt: null }
    const order: Record<string, unknown> = { id: 'O1', asset: 'K1', assets: [], alarmIds: [], openedAt: 0, ...never }
    const events: Event[] = []
    let listener: FeedListener | null = null
    const outward = outwardOf({
      site: site!,
      outward: { root: 'caretaker', toOwn: false, brokers: ['far'], homeAssistant: null },
      version: '1',
      targets: [{ id: 'far', isThere: () => false, publish: () => Promise.resolve() }],
      outbox: {
        filledUpto: async () => file.filledUpto(),
        fill: async (...args) => file.fill(...args),
        next: async (...args) => file.next(...args),
        waiting: async (...args) => file.waiting(...args),
        confirm: async (...args) => file.confirm(...args),
        held: async (...args) => file.held(...args),
        keepOnly: async (...args) => file.keepOnly(...args),
        close: async () => file.close(),
      },
      feed: {
        newestSeq: () => 0,
        subscribe: (each) => {
          listener = each
          return () => {}
        },
      },
      read: {
        eventsAfter: async (seq: number) => events.filter((event) => event.seq > seq),
        get: async () => ({ ...order }),
        list: async () => ({ items: [], next: null }),
      } as unknown as Parameters<typeof outwardOf>[0]['read'],
      latest: { of: () => new Map() },
      clock: { now: () => 0, delay: () => () => {} },
      monotonicNow: () => 0,
      log: (message, fields) => t.fail(message, fields),
    })
    const stopping = new AbortController()
    const running = outward.run(stopping.signal)
    await until('it begins', () => file.filledUpto() === 0)
    const happens = async (type: string, state: string) => {
      order['state'] = state
      events.push({
        type,
        seq: events.length + 1,
        at: 0,
        v: 1,
        order: 'O1',
        by: 'somebody',
        trace: 'x',
      } as unknown as Event)
      listener!.onEvents(events.slice(-1))
      await until('it was read', () => file.filledUpto() === events.length)
    }
    await happens('order.opened', 'new')
    await happens('order.ticked', 'new')
    await happens('order.cancelled', 'cancelled')
    await happens('order.rated', 'cancelled')
    const said = file
      .next('far', 10)
      .map(({ payload }) => (payload === '' ? '' : (JSON.parse(payload) as { state: string }).state))
    t.same(said, ['new', 'cancelled', ''])
    stopping.abort()
    await running
  },
)
