import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Batch, Reading, Value } from '#devices/reading.ts'
import { openAccess } from '#gateway/access/access.ts'
import { assetTags } from '#gateway/credentials.ts'
import { Accounting } from '#gateway/accounting.ts'
import { eventFeed } from '#gateway/api/event-feed.ts'
import type { ApiContext } from '#gateway/api/context.ts'
import { type Resource, startServer } from '#gateway/api/server.ts'
import { historyOf } from '#gateway/history-files/store-ports.ts'
import { Latest } from '#gateway/latest.ts'
import { startPaging } from '#gateway/paging/paging.ts'
import type { StaffContact } from '#gateway/private/kinds.ts'
import { Pipeline } from '#gateway/pipeline.ts'
import { pushRights } from '#gateway/push-rights.ts'
import { masterKey } from '#gateway/private/master-key.ts'
import { openPrivate } from '#gateway/private/private-store.ts'
import { residentsOf } from '#gateway/residents.ts'
import { Desks } from '#gateway/desks.ts'
import { systemRandom } from '#gateway/random.ts'
import { type Role, ROLES } from '#gateway/role.ts'
import { type SendingOptions, sendingOf } from '#gateway/sending.ts'
import { loadSite } from '#gateway/site/load.ts'
import type { Site } from '#gateway/site/site.ts'
import { StoreCore } from '#gateway/store/core.ts'
import { Queries } from '#gateway/store/queries.ts'
import type { Store } from '#gateway/store/store.ts'
import { openResidentDoor } from '#gateway/residents/door.ts'
import { vitalsOf } from '#gateway/vitals.ts'
import type { Command } from '#rules/command.ts'
import { coreOf } from '#rules/core.ts'

/** Two buildings, a pump set, a lift; one device that the file names wrongly; a channel that nobody serves. */
export const ESTATE = `
site: { id: tiny, name: { zh-CN: 小院, en: Tiny yard }, timezone: Asia/Shanghai }
settings: { all_clear_hold: 30s }
buildings:
  - { id: B1, name: { zh-CN: 1 号楼, en: Building 1 }, floors: 2, homes_per_floor: 2 }
  - { id: B2, floors: 1, homes_per_floor: 1 }
zones: [{ id: low, buildings: [B1, B2], floors: [1, 2] }]
assets:
  - { id: P1, name: { zh-CN: 泵组, en: Pumps }, kind: pump-set, room: PR1, serves: { zones: [low] } }
  - { id: L1, name: { zh-CN: 一号梯, en: Lift 1 }, kind: lift, serves: { buildings: [B1] } }
connections: { plc: { protocol: modbus-tcp, host: 127.0.0.1, port: 15021 } }
devices:
  - { id: P1, profile: booster-pump-set, connection: plc, unit_id: 1 }
  - { id: L1, profile: lift-controller, connection: plc, unit_id: 2 }
  - { id: L2, asset: L1, profile: lift-controler, connection: plc, unit_id: 3 }
staff:
  - { id: T1, role: technician, regions: [site], skills: [water, electric], duty: ['00:00-24:00'] }
  - { id: T2, role: technician, regions: [site], skills: [water], duty: ['00:00-24:00'] }
  - { id: PM, role: manager, regions: [site], skills: [management], duty: ['00:00-24:00'] }
  - { id: LC, role: contractor, regions: [site], skills: [water, lift], duty: ['00:00-24:00'], assets: [L1] }
  - { id: S1, role: steward, regions: [site], skills: [notices], duty: ['00:00-24:00'] }
fallback: PM
`
const START = Date.UTC(2026, 0, 5, 2)

/** A real core, store and server over a folder of its own; time stands still but for what the test feeds. */
export async function openEstate({
  demo = false,
  more = [] as readonly Resource[],
  host = '127.0.0.1',
  plant = null as ApiContext['plant'],
  /** Messages are really sent. */
  sends = false,
  history = null as ApiContext['history'] | null,
  resend = (() => null) as ApiContext['resend'],
  buses = [] as ApiContext['buses'],
  opcua = null as ApiContext['opcua'],
  tryRules = (() => Promise.resolve({ faults: [] })) as ApiContext['tryRules'],
  /** More of the site file. */
  added = '',
  /** Channels to one person, whose messages wait for the test to settle them. */
  personal = [] as ApiContext['site']['channels'],
  /** Another site than this one, and where its story begins. */
  given = null as Site | null,
  startAt = START,
  /** How strictly orders are handled: `arrival: scan`. */
  procedure = '',
  /** More people, each a line of the list. */
  staff = '',
  env = {} as Readonly<Record<string, string>>,
  contacts = {} as Readonly<Record<string, Omit<StaffContact, 'name'>>>,
  reload = (() => Promise.resolve({ outcome: 'unchanged', faults: [], changes: [] })) as ApiContext['reload'],
} = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-api-'))
  const strict = procedure === '' ? ESTATE : ESTATE.replace('settings: {', `settings: { orders: { ${procedure} },`)
  writeFileSync(join(folder, 'site.yaml'), strict.replace('fallback:', `${staff}fallback:`) + added)
  const loaded = given ?? loadSite('site.yaml', { env, cwd: folder }).site
  if (!loaded) throw new Error('the test site does not load')
  const site = { ...loaded, channels: [...loaded.channels, ...personal] }
  const core = new StoreCore(join(folder, 'data'))
  const queries = new Queries(join(folder, 'data'))
  const logged: string[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) })
  const latest = new Latest()
  const desks = new Desks(site.plan)
  const accounting = new Accounting()
  let now = startAt
  const delay = (ms: number, run: () => void) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  }
  const clock = { now: () => now, wallOffsetMs: () => 0, speed: 1, delay, after: () => () => {} }
  const siteNames = [site.id, ...Object.values(site.name)]
  const access = openAccess(folder, { random: systemRandom(), clock, wallNow: () => now, siteNames, hasSetup: !demo })
  const secrets = openPrivate(folder, { random: systemRandom(), now: () => now })
  for (const [id, contact] of Object.entries(contacts))
    secrets.put({ kind: 'staff', id, subject: id, doc: { name: id, ...contact } }, 'test')
  const opened = new AsyncDisposableStack()
  const residentDoor = openResidentDoor({ folder, random: systemRandom(), site, speed: 1 }, opened)
  const residentLinks = residentDoor.links
  const tokens = Object.fromEntries(ROLES.map((role) => [role, access.tokens.create(role, START).token])) as Record<
    Role,
    string
  >
  const read = remoteOf(queries) as unknown as ApiContext['read']
  const minutes = new Set<() => void>()
  /** What waits a minute waits for the test. */
  const patient = (ms: number, run: () => void) => {
    if (ms < 60_000) return delay(ms, run)
    minutes.add(run)
    return () => void minutes.delete(run)
  }
  const feed = eventFeed({ read, delay: patient })
  const pipeline = new Pipeline({
    store: remoteOf(core) as unknown as ConstructorParameters<typeof Pipeline>[0]['store'],
    makeFlow: () => coreOf(site.plan),
    plan: 'tiny',
    siteHash: site.hash,
    version: '0.0.0',
    epoch: 'epoch-1',
    clock,
    accounting,
    log: () => {},
    known: () => {},
    rebuilt: (snapshot) => desks.rebuilt(snapshot),
    fatal: (error) => {
      throw error
    },
    committed(batches, events) {
      for (const batch of batches) latest.take(batch)
      desks.committed(events)
      feed.publish(events, batches)
      paging.committed(events)
      residents.nudge()
      sending.nudge()
    },
  })
  const command = (body: Command) => pipeline.command(body)
  const write = remoteOf(core) as unknown as Store['write']
  const [wallNow, random, quiet] = [() => now, systemRandom(), () => {}] as const
  const paging = startPaging({
    site,
    store: write,
    read,
    secrets,
    command,
    clock,
    wallNow,
    random,
    taskLinks: access.taskLinks,
    urgent: () => null,
    log: quiet,
  })
  const stopping = new AbortController()
  const residents = residentsOf({ site, secrets, random, clock, read, command, log: quiet })
  const calling = Promise.all([paging.run(stopping.signal), residents.run(stopping.signal)])
  const sending = sendingOf({
    site,
    folder: join(folder, 'data'),
    store: { write, read } as SendingOptions['store'],
    command,
    clock,
    random,
    log: (level, message, fields = {}) => log[level](fields, message),
    mayHear: pushRights(access, residentLinks),
    sealing: masterKey(folder, systemRandom()).sealing,
  })
  await pipeline.start()
  const sent = !sends ? Promise.resolve() : sending.run(stopping.signal)
  let isReadable = true

  const context: ApiContext = {
    site,
    version: '0.0.0',
    epoch: 'epoch-1',
    clock,
    read,
    charts: {
      series: async ({ device, point }, range) => ({
        source: 'local',
        buckets: await read.series(device, point, range),
      }),
    },
    resend,
    reload,
    tryRules,
    history: history ?? historyOf(read),
    sending,
    command,
    access,
    secrets,
    residents,
    async audit() {
      await access.trail.flush((event) => pipeline.record({ ...event, trace: 'epoch-1' }))
      await secrets.flush((event) => pipeline.record({ ...event, trace: 'epoch-1' }))
    },
    pageAnswers: paging.answers,
    latest,
    desk: desks.control,
    roster: desks.roster,
    residentDoor,
    tags: assetTags(folder, { next: () => 0.5, token: () => 'k'.repeat(43) }),
    accounting,
    buses,
    opcua,
    journal: (event) => pipeline.record({ ...event, trace: 'epoch-1' }),
    health: () => ({
      status: 'degraded',
      startedAt: START,
      trouble: null,
      sources: [{ source: 'plc', state: 'running', devices: [{ device: 'P1', ok: true, lastHeardAt: now }] }],
      faults: site.faults.length,
      forwarding: [],
      mqtt: { brokers: [], sessions: null, outward: [] },
    }),
    failing: () => [...pipeline.failing(), { rule: 'P1/share', why: { code: 'division_by_zero', params: {} } }],
    vitals: vitalsOf({ folder, read, clock, version: '0.0.0' }),
    metrics: () => Promise.resolve('caretaker_up 1\n'),
    events: feed,
    demo,
    plant,
    log,
  }
  const audit = context.audit
  async function closeStore(): Promise<void> {
    stopping.abort(new Error('stopping'))
    await Promise.all([calling, sent])
    sending.close()
    await pipeline.stop()
    if (isReadable) queries.close()
    core.close()
    access.close()
    secrets.close()
    await opened.disposeAsync()
    rmSync(folder, { recursive: true })
  }
  const server = await startServer(context, { host, port: 0 }, more).catch(async (error: Error) => {
    await closeStore()
    throw error
  })
  const url = `http://127.0.0.1:${server.address.port}`

  /** The device says the same for so many seconds, once every other second. */
  async function say(device: string, values: Record<string, Value | null>, seconds: number): Promise<void> {
    const judged: Promise<void>[] = []
    for (let passed = 0; passed < seconds; passed += 2) {
      now += 2_000
      const readings = Object.entries(values).map(([point, value]): Reading => {
        if (value === null) return { device, point, value, quality: 'bad', reason: 'no_response', at: now }
        return { device, point, value, quality: 'good', at: now }
      })
      const batch: Batch = { source: 'plc', receivedAt: now, readings }
      judged.push(pipeline.submit(batch, 'ack'))
    }
    await Promise.all(judged)
  }

  return {
    tokens,
    site,
    command,
    read,
    access: { ...access, wallNow: () => now },
    secrets,
    register: residents.register,
    folder,
    now: () => now,
    /** So much time passes, and nothing happens. */
    pass(ms: number) {
      now += ms
    },
    /** What is done once a minute is done, and durable. */
    async minutePasses() {
      const due = [...minutes]
      minutes.clear()
      for (const run of due) run()
      await audit()
    },
    stopServing: () => server.stop(),
    queries,
    residentLinks,
    /** As a steward makes it. */
    linkOf: (home: string) => ({ path: residentLinks.create(home, 'S1', now) }),
    feed,
    logged,
    url,
    sending,
    say,
    as: (role: Role, path: string, init: RequestInit = {}) =>
      fetch(url + path, {
        ...init,
        headers: { authorization: `Bearer ${tokens[role]}`, ...(init.headers as Record<string, string>) },
      }),
    /** From here on every look into the store fails. */
    loseReading() {
      queries.close()
      isReadable = false
    },
    /** From here on nothing more becomes durable. */
    loseJournal: () => pipeline.stop(),
    /** A command as a program sends it. */
    order: (role: Role, path: string, key: string, body: unknown) =>
      fetch(url + path, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${tokens[role]}`,
          'content-type': 'application/json',
          'idempotency-key': key,
        },
        body: JSON.stringify(body),
      }),
    async close() {
      await server.stop()
      await closeStore()
    },
  }
}

/** The thread boundary without the thread: the same calls, answered later, with structured copies. */
function remoteOf(target: object): Record<string, (...args: unknown[]) => Promise<unknown>> {
  const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(target)).filter((name) => name !== 'constructor')
  return Object.fromEntries(
    methods.map((name) => [
      name,
      async (...args: unknown[]) => {
        await new Promise(setImmediate)
        return structuredClone(
          (target as Record<string, (...args: unknown[]) => unknown>)[name]!(...structuredClone(args)),
        )
      },
    ]),
  )
}
