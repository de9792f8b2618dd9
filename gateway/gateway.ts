import { createHash } from 'node:crypto'
import type { Logger } from 'pino'
import type { Random } from '#devices/clock.ts'
import { Fault } from '#devices/fault.ts'
import { modbusSource } from '#ingest/modbus/modbus-source.ts'
import { mqttSource } from '#ingest/mqtt/mqtt-source.ts'
import type { Reject } from '#ingest/source.ts'
import { coreOf } from '#rules/core.ts'
import type { Plan } from '#rules/plan.ts'
import { openAccess } from './access.ts'
import { Accounting } from './accounting.ts'
import type { Health } from './api/context.ts'
import { eventFeed } from './api/event-feed.ts'
import { startServer } from './api/server.ts'
import { channelOf } from './channels/kinds.ts'
import { monotonicNow, type SiteClock, siteClock } from './clock.ts'
import { startControl } from './control.ts'
import { deviceSecrets } from './credentials.ts'
import { startForwarding } from './forwarding.ts'
import { Latest } from './latest.ts'
import { gatewayMetrics } from './metrics.ts'
import { outbox } from './outbox/outbox.ts'
import { Pipeline } from './pipeline.ts'
import type { Role } from './role.ts'
import type { Site } from './site/site.ts'
import { runSources } from './sources.ts'
import { lockFolder } from './store/lock.ts'
import { openStore } from './store/store.ts'

export type GatewayOptions = Readonly<{
  site: Site
  folder: string
  http: Readonly<{ host: string; port: number }>
  speed: number
  version: string
  pid: number
  random: Random
  log: Logger
  /** Signs visitors of the page in as `monitor`, on loopback only. */
  demo?: boolean
  /** Called when the clock runs and before any network: where the simulated plant listens, by connection. */
  plant?(clock: SiteClock): Promise<Readonly<Record<string, number>>>
}>

export type Gateway = Readonly<{
  http: Readonly<{ host: string; port: number }>
  mqtt(): Readonly<{ host: string; port: number }> | null
  clock: SiteClock
  secretOf(device: string): string
  createToken(role: Role): Promise<{ id: string; token: string }>
  health(): Health
  /** Resolves with the reason when the gateway cannot go on: the process ends, its supervisor starts it again. */
  failed: Promise<Error>
  stop(): Promise<void>
}>

const STEP_CHECK_MS = 1_000

/** The wiring. Read it aloud: lock, store, clock; core; outbox and forwarding; sources; the doors. Undone in reverse. */
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
  const { site, folder, random, log, version, speed } = options
  const say = (level: 'info' | 'warn' | 'error', message: string, fields: object = {}) => log[level](fields, message)
  const lock = lockFolder(folder, options.pid)
  opened.defer(() => lock.release())
  const store = await openStore(folder)
  opened.defer(() => store.close())
  const clock = siteClock({ newestAt: await store.write.newestAt(), speed })
  const ports = (await options.plant?.(clock)) ?? {}
  const startedAt = clock.now()
  const epoch = random.token()
  const stopping = new AbortController()
  const { signal } = stopping

  const access = openAccess(folder, random)
  opened.defer(() => access.close())
  const accounting = new Accounting()
  const latest = new Latest()
  const feed = eventFeed({ read: store.read, delay: clock.delay })
  const metrics = gatewayMetrics({
    accounts: () => accounting.read(),
    restarts: () => running?.restarts() ?? new Map(),
    forwarding: () => forwarding.health(),
  })
  opened.defer(() => metrics.stop())

  const pipeline = new Pipeline({
    store: {
      ...store.write,
      async commit(group) {
        const start = monotonicNow()
        await store.write.commit(group)
        metrics.committed(group.batches.length, group.events.length, monotonicNow() - start)
      },
    },
    makeFlow: () => coreOf(site.plan),
    plan: fingerprintOf(site.plan),
    siteHash: site.hash,
    version,
    epoch,
    clock,
    accounting,
    log: say,
    committed(batches, events) {
      for (const batch of batches) latest.take(batch)
      feed.publish(events, batches)
      if (events.some((event) => 'homes' in event)) sender.nudge()
      forwarding.nudge()
    },
  })
  const command = pipeline.command.bind(pipeline)
  const { noteAttempt } = store.write
  const sender = outbox({
    site,
    channels: site.channels.map(channelOf),
    read: store.read,
    noteAttempt,
    command,
    clock,
    log: say,
  })
  const forwarding = startForwarding({ site, store, clock, signal })
  opened.defer(() => pipeline.stop())
  await pipeline.start()
  const sending = sender.run(signal)

  const derived = deviceSecrets(folder, random)
  const secretOf = (device: string) => site.mqtt?.secrets.get(device) ?? derived(device)
  const polled = site.connections
    .map((connection) => ({
      ...connection,
      host: ports[connection.id] === undefined ? connection.host : '127.0.0.1',
      port: ports[connection.id] ?? connection.port,
    }))
    .map((connection) => modbusSource({ connection, devices: site.devices, clock, log }))
  const listen = site.mqtt && { host: site.mqtt.host, port: options.plant ? 0 : site.mqtt.port }
  const reject: Reject = (source, reason, count) => accounting.refuse(source, reason, count)
  const heard = listen
    ? mqttSource({
        listen,
        devices: site.devices,
        secretOf,
        clock,
        monotonicNow,
        reject,
        log: (message, fields) => log.warn(fields, message),
      })
    : null
  const sources = [...polled, ...(heard ? [heard] : [])]
  const running = runSources(sources, (batch, urgency) => pipeline.submit(batch, urgency), signal, clock, say)
  const stepCheck = watchWall()
  opened.defer(async () => {
    stepCheck.cancel()
    stopping.abort(new Fault('stopping'))
    await Promise.all([running.finished, sending, forwarding.finished])
  })

  const health = (): Health => {
    const state = sources.map((source) => source.health())
    const isDegraded =
      state.some((source) => source.state === 'down') ||
      forwarding.health().some((target) => target.state === 'unavailable')
    return {
      status: isDegraded || site.faults.length > 0 ? 'degraded' : 'ok',
      sources: state,
      forwarding: forwarding.health(),
      faults: site.faults.length,
      startedAt,
    }
  }
  const { read } = store
  const api = {
    site,
    version,
    epoch,
    clock,
    read,
    command,
    access,
    latest,
    accounting,
    health,
    metrics: () => metrics.text(),
    events: feed,
    demo: options.demo ?? false,
    log,
  }
  const server = await startServer(api, options.http)
  opened.defer(() => server.stop())
  for (const token of access.unjournaled()) await journalToken(token)
  const control = await startControl(folder, createToken).catch((error: Error) => {
    say('warn', 'no control socket: tokens can be made only while the gateway is stopped', { error: error.message })
    return null
  })
  if (control) opened.defer(() => control.stop())

  /** A step of the wall clock moves no duration; it is journaled, and calendars follow it. */
  function watchWall(): { cancel(): void } {
    const watch = { cancel: () => {} }
    const check = () => {
      const byMs = clock.takeStep()
      if (byMs !== 0)
        pipeline
          .record({ type: 'clock.stepped', byMs, trace: epoch })
          .catch((error: Error) => say('error', 'clock step not journaled', { error: error.message }))
      watch.cancel = clock.delay(STEP_CHECK_MS, check)
    }
    check()
    return watch
  }

  async function createToken(role: Role): Promise<{ id: string; token: string }> {
    const created = access.create(role, clock.now())
    await journalToken({ id: created.id, role })
    return created
  }

  async function journalToken({ id, role }: { id: string; role: string }): Promise<void> {
    await pipeline.record({ type: 'token.created', token: id, role, trace: epoch })
    access.journaled(id)
  }

  return {
    http: server.address,
    mqtt: () => heard?.address() ?? null,
    clock,
    secretOf,
    createToken,
    health,
    failed: store.failed,
    stop: () => opened.disposeAsync(),
  }
}

/** Of the rules alone: what a detector's memory depends on. */
function fingerprintOf(plan: Plan): string {
  return createHash('sha256').update(JSON.stringify(plan.rules)).digest('hex')
}
