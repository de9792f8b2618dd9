import type { Logger } from 'pino'
import type { Random } from '#devices/clock.ts'
import { Fault } from '#devices/fault.ts'
import { withGrowth } from '#ingest/growth.ts'
import type { Reject } from '#ingest/source.ts'
import { openAccess } from './access/access.ts'
import type { LinkOptions } from './access/links.ts'
import { Accounting } from './accounting.ts'
import type { ApiContext, Health } from './api/context.ts'
import { eventFeed } from './api/event-feed.ts'
import { startServer } from './api/server.ts'
import { monotonicNow, type SiteClock, siteClock, wallNow } from './clock.ts'
import { watchCommits } from './commit-watch.ts'
import { configurationOf } from './configuration.ts'
import { startControl } from './control.ts'
import { assetTags, deviceSecrets } from './credentials.ts'
import { Desks } from './desks.ts'
import { startForwarding } from './forwarding.ts'
import type { ForwardingEvent } from './historian/outage.ts'
import { Doubts } from './doubts.ts'
import { Latest } from './latest.ts'
import { gatewayMetrics } from './metrics.ts'
import { modbusRoads } from './modbus-roads.ts'
import { mqttRoads } from './mqtt-roads.ts'
import { opcuaDesk } from './opcua/desk.ts'
import { runServerView } from './opcua/server-view.ts'
import { startPaging } from './paging/paging.ts'
import { Pipeline } from './pipeline.ts'
import { peopleDoor } from './people/import.ts'
import type { PlantDoor } from './plant-door.ts'
import { masterKey } from './private/master-key.ts'
import { openPrivate } from './private/private-store.ts'
import { type ReadSite, type Reload, reloading } from './reload.ts'
import { pushRights } from './push-rights.ts'
import { householdDoor, inventHouseholds, residentsOf } from './residents.ts'
import type { Role } from './role.ts'
import { selfSource } from './self.ts'
import { openResidentDoor } from './residents/door.ts'
import { ruleTrials } from './rule-trials.ts'
import type { Site } from './site/site.ts'
import { liveSite } from './site/live.ts'
import { withSelf } from './site/with-self.ts'
import { runSources, undated } from './sources.ts'
import { isToSend, sendingOf, testChannel } from './sending.ts'
import { lockFolder } from './store/lock.ts'
import { walBytesOf } from './store/schema.ts'
import { openStore } from './store/store.ts'
import { historyOf } from './history-files/store-ports.ts'
import { keepUp } from './upkeep.ts'
import { controlExecutor } from './remote-control/executor.ts'
import { roomOn, vitalsOf } from './vitals.ts'
import { watchWall } from './wall-watch.ts'

/** Where what is simulated listens, by connection and by channel, and how it is disturbed. */
type Simulated = Readonly<{ door: PlantDoor } & Record<'ports' | 'providers', Readonly<Record<string, number>>>>

export type GatewayOptions = Readonly<{
  site: Site
  /** Reads the configuration again, for a reload; without it there is none. */
  readSite?: ReadSite
  folder: string
  http: Readonly<{ host: string; port: number }>
  speed: number
  version: string
  pid: number
  random: Random
  log: Logger
  /** Signs visitors of the page in as `monitor`, on loopback only. */
  demo?: boolean
  /** The key of what is private, when it is not kept in the data folder. */
  privateKey?: string | undefined
  /** Called when the clock runs and before any network: where the simulated plant listens, and how it is disturbed. */
  plant?(clock: SiteClock): Promise<Simulated>
}>

export type Gateway = Readonly<{
  http: Readonly<{ host: string; port: number }>
  mqtt(): Readonly<{ host: string; port: number }> | null
  clock: SiteClock
  secretOf(device: string): string
  createToken(role: Role): Promise<{ id: string; token: string }>
  /** The path of a page that signs in whoever opens it. */
  createLink(options: LinkOptions): string
  /** Makes the first account; null once there is one, and in a demonstration. */
  setupSecret: string | null
  health(): Health
  reload: Reload
  /** The configuration in force. */
  site(): Site
  /** Resolves with a configuration that somebody wishes to take effect by a new start in place. */
  restartWished: Promise<Site>
  /** Resolves with the reason when the gateway cannot go on: the process ends, its supervisor starts it again. */
  failed: Promise<Error>
  /** Resolves when a wall clock that could not be believed was set: started again, the gateway goes by it. */
  clockSet: Promise<void>
  stop(): Promise<void>
}>

/** The wiring. Read it aloud: lock, store, clock; core; outbox and forwarding; sources, and what is written by them; the doors. Undone in reverse. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const opened = new AsyncDisposableStack()
  try {
    return await wire(options, opened)
  } catch (error) {
    await opened.disposeAsync()
    throw error
  }
}

async function wire(options: GatewayOptions, opened: AsyncDisposableStack): Promise<Gateway> {
  const { folder, random, log, version, speed } = options
  const live = liveSite(withSelf(options.site))
  const { site } = live
  /** Takes effect with the commit that says so. */
  let coming: Site | null = null
  const say = (level: 'info' | 'warn' | 'error', message: string, fields: object = {}) => log[level](fields, message)
  const lock = lockFolder(folder, options.pid)
  opened.defer(() => lock.release())
  const store = await openStore(folder, site.history)
  opened.defer(() => store.close())
  const clock = siteClock({ newestAt: await store.write.newestAt(), speed })
  const simulated = await options.plant?.(clock)
  const ports = simulated?.ports ?? {}
  const startedAt = clock.now()
  const epoch = random.token()
  const stopping = new AbortController()
  const crashed = Promise.withResolvers<Error>()
  const clockSet = Promise.withResolvers<void>()
  const restartWished = Promise.withResolvers<Site>()
  const { signal } = stopping

  const siteNames = [site.id, ...(typeof site.name === 'string' ? [site.name] : Object.values(site.name))]
  const key = masterKey(folder, random, options.privateKey)
  const access = openAccess(folder, { random, clock, wallNow, siteNames, hasSetup: !options.demo, key })
  opened.defer(() => access.close())
  const secrets = openPrivate(folder, { random, now: clock.now, key })
  opened.defer(() => secrets.close())
  const residentDoor = openResidentDoor({ folder, random, site, speed }, opened)
  const accounting = new Accounting()
  const latest = new Latest()
  const desks = new Desks(site.plan)
  const doubts = new Doubts()
  const feed = eventFeed({ read: store.read, delay: clock.delay })
  const vitals = vitalsOf({ folder, read: store.read, clock, version })
  const metrics = gatewayMetrics({
    vitals,
    accounts: () => accounting.read(),
    restarts: () => running?.restarts() ?? new Map(),
    forwarding: () => forwarding.health(),
    buses: () => polled.map((source) => source.report()),
    mqtt: () => roads.health(),
  })
  opened.defer(() => metrics.stop())

  const commits = watchCommits({
    commit: store.write.commit,
    committed: metrics.committed,
    walBytes: () => walBytesOf(folder),
    log: say,
  })
  const pipeline = new Pipeline({
    store: { ...store.write, commit: commits.commit },
    ...configurationOf(site),
    version,
    epoch,
    clock,
    accounting,
    log: say,
    known: (readings) => latest.take({ source: '', receivedAt: 0, readings }),
    rebuilt(snapshot) {
      desks.rebuilt(snapshot)
      doubts.rebuilt(snapshot)
      writing.takeUp()
    },
    fatal: (error) => crashed.resolve(error),
    committed(batches, events) {
      doubts.committed(events)
      const seen = batches.map((batch) => doubts.doubted(batch))
      for (const batch of seen) latest.take(batch)
      desks.committed(events)
      writing.committed(events)
      if (coming && events.some(({ type }) => type === 'site.loaded')) {
        live.replace(coming)
        desks.replan(coming.plan)
        coming = null
      }
      feed.publish(events, seen)
      if (events.some(isToSend)) sending.nudge()
      paging.committed(events)
      if (events.some((event) => 'homes' in event)) residents.nudge()
      forwarding.nudge()
    },
  })
  const command = pipeline.command.bind(pipeline)
  const readSite = options.readSite ?? (() => ({ site: options.site, faults: [] }))
  const tryRules = ruleTrials({ read: readSite, current: () => site, folder, delay: clock.delay })
  const reload = reloading({
    read: readSite,
    current: () => site,
    async apply(next) {
      coming = next
      try {
        await pipeline.reconfigure(configurationOf(next))
      } finally {
        coming = null
      }
    },
    // Whoever asked is answered first.
    restart: (next) => void clock.delay(0, () => restartWished.resolve(next)),
  })
  const { read } = store
  const residents = residentsOf({ site, secrets, random, clock, read, command, log: say })
  if (options.demo && !secrets.trouble()) inventHouseholds(residents.register, site)
  const { addressOf } = residents
  const asked = { site, folder, store, command, clock, random, log: say, played: simulated?.providers }
  const { linkOf, links } = residentDoor
  const sending = sendingOf({ ...asked, addressOf, linkOf, mayHear: pushRights(access, links), sealing: key.sealing })
  opened.defer(() => sending.close())
  const calls = { site, store: store.write, read, secrets, command, clock, wallNow, random, log: say }
  const paging = startPaging({ ...calls, taskLinks: access.taskLinks, urgent: sending.urgent })
  const writing = controlExecutor({
    controls: () => site.plan.controls ?? [],
    desk: desks.control,
    sourceOf: (id) => opcua?.sourceOf(id) ?? polled.find(({ name }) => name === roadOf.get(id)),
    command,
    clock,
    log: say,
  })
  const roadOf = new Map(site.devices.map(({ id, connection }) => [id, `modbus:${connection}`]))
  const report = (event: ForwardingEvent) => say('warn', event.type, event)
  const forwarding = startForwarding({ site, store, clock, random, signal, report })
  opened.defer(() => pipeline.stop())
  await pipeline.start()
  const sent = Promise.all([sending.run(signal), paging.run(signal), residents.run(signal)])
  const keeping = keepUp({
    maintain: (now) => store.maintain(now),
    backup: (now) => Promise.all([store.write.backupJournalDaily(now), secrets.backupDaily(now)]),
    clock,
    signal,
    log: say,
  })

  const derived = deviceSecrets(folder, random)
  const secretOf = (device: string) => site.mqtt?.secrets.get(device) ?? derived(device)
  const polled = modbusRoads({ site, ports, clock, random, log })
  const journal = (event: Parameters<ApiContext['journal']>[0]) => pipeline.record({ ...event, trace: epoch })
  const opcua = opcuaDesk({ site, folder, clock, stopwatch: monotonicNow, chance: random.next, journal, log })
  const reject: Reject = (source, reason, count) => accounting.refuse(source, reason, count)
  const port = options.plant ? 0 : null
  const roads = mqttRoads({ ...options, site, port, secretOf, clock, reject, latest, feed, read: store.read })
  const self = selfSource({
    site,
    condition: () => store.write.condition(),
    forwarding: () => forwarding.health(),
    lines: () => polled.map((source) => source.report()),
    room: () => roomOn(folder),
    unreached: paging.unreached,
    messages: sending.figures,
    contested: () => roads.own?.contested().length ?? 0,
    mqtt: () => roads.health(),
    certificateDays: () => opcua?.certificateDays() ?? {},
    clock,
  })
  const sources = [...polled, ...(opcua?.sources ?? []), ...roads.sources, ...(self ? [self] : [])]
  const running = runSources(
    sources,
    withGrowth(
      site.devices,
      (device, point) => latest.of(device).get(point),
      (batch, urgency) => pipeline.submit(clock.isDoubtful() ? undated(batch) : batch, urgency),
    ),
    signal,
    clock,
    say,
  )
  const written = writing.run(signal)
  const spoken = roads
    .speak(signal)
    .catch((error: Error) => say('error', 'nothing is said outward', { error: error.message }))
  const viewed = opcua && runServerView({ site, own: opcua.own, clock, latest, read: store.read, log }, signal)
  const wall = watchWall({ clock, pipeline, epoch, isSet: () => clockSet.resolve(), log: say })
  opened.defer(async () => {
    wall.cancel()
    stopping.abort(new Fault('stopping'))
    await Promise.all([running.finished, written, spoken, viewed, sent, keeping, forwarding.finished])
  })

  const faultCount = () => site.faults.length + pipeline.failing().length + (secrets.trouble() ? 1 : 0)
  const health = (): Health => {
    const state = sources.map((source) => source.health())
    const isDegraded =
      commits.trouble() !== null ||
      state.some((source) => source.state === 'down') ||
      roads.health().brokers.some((broker) => broker.state === 'away') ||
      forwarding.health().some((target) => target.state === 'unavailable')
    return {
      status: isDegraded || faultCount() > 0 ? 'degraded' : 'ok',
      sources: state,
      forwarding: forwarding.health(),
      mqtt: roads.health(),
      faults: faultCount(),
      trouble: commits.trouble(),
      startedAt,
    }
  }
  const api = {
    site,
    version,
    epoch,
    clock,
    read,
    charts: forwarding.charts(({ device, point }, range) => read.series(device, point, range)),
    resend: (target: string, range: { from: number; to: number }) => forwarding.resend(target, range),
    history: historyOf(read),
    sending,
    command,
    access,
    secrets,
    residents,
    audit,
    latest,
    desk: desks.control,
    roster: desks.roster,
    residentDoor,
    tags: assetTags(folder, random),
    accounting,
    buses: polled.map((source, i) => ({ ...source, id: site.connections[i]!.id })),
    journal,
    opcua,
    health,
    failing: () => pipeline.failing(),
    vitals,
    metrics: () => metrics.text(),
    reload,
    tryRules,
    pageAnswers: paging.answers,
    events: feed,
    demo: options.demo ?? false,
    plant: simulated?.door ?? null,
    log,
  }
  const server = await startServer(api, options.http)
  opened.defer(() => server.stop())
  await audit()
  const doors = {
    createToken,
    clearTotp,
    importPeople: peopleDoor(api),
    reload,
    testChannel: (channel: string, to: string | undefined) =>
      testChannel(api, { account: 'command-line', channel, to }, signal),
    plant: api.plant,
    opcua,
    households: householdDoor(residents, audit),
  }
  const control = await startControl(folder, doors).catch((error: Error) => {
    say('warn', 'no control socket: tokens can be made only while the gateway is stopped', { error: error.message })
    return null
  })
  if (control) opened.defer(() => control.stop())

  async function createToken(role: Role): Promise<{ id: string; token: string }> {
    const created = access.tokens.create(role, clock.now())
    await audit()
    return created
  }

  /** For who reads the data folder anyway: the way back for an only admin. */
  async function clearTotp(name: string): Promise<{ id: string }> {
    const { id } = access.care.clearTotpOf(name)
    await audit()
    return { id }
  }

  /** What happened at the door, and to what is private, becomes durable in the journal. */
  async function audit(): Promise<void> {
    await access.trail.flush((event) => pipeline.record({ ...event, trace: epoch }))
    await secrets.flush((event) => pipeline.record({ ...event, trace: epoch }))
  }

  return {
    http: server.address,
    mqtt: () => roads.own?.address() ?? null,
    clock,
    secretOf,
    createToken,
    createLink: (link) => `/enter/${access.links.create(link)}`,
    setupSecret: access.setup.text(),
    health,
    reload,
    site: () => ({ ...site }),
    restartWished: restartWished.promise,
    failed: Promise.race([store.failed, crashed.promise]),
    clockSet: clockSet.promise,
    stop: () => opened.disposeAsync(),
  }
}
