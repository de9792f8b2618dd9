import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as macrotask } from 'node:timers/promises'
import type { Batch } from '#devices/reading.ts'
import { Accounting } from '#gateway/accounting.ts'
import type { SiteClock } from '#gateway/clock.ts'
import { type AllForwarding, startForwarding } from '#gateway/forwarding.ts'
import type { ForwardingEvent } from '#gateway/historian/outage.ts'
import type { Channel } from '#gateway/channels/channel.ts'
import { channelOf } from '#gateway/channels/kinds.ts'
import type { ChannelPorts } from '#gateway/channels/ports.ts'
import { resolveName } from '#gateway/channels/post.ts'
import { outbox } from '#gateway/outbox/outbox.ts'
import { pageSender } from '#gateway/paging/sender.ts'
import type { StaffContact, StaffRoad } from '#gateway/paging/road.ts'
import type { MqttHealth } from '#gateway/mqtt-roads.ts'
import { Pipeline } from '#gateway/pipeline.ts'
import type { PrivateStore } from '#gateway/private/private-store.ts'
import { residentsOf } from '#gateway/residents.ts'
import { selfSource } from '#gateway/self.ts'
import type { Site } from '#gateway/site/site.ts'
import { StoreCore } from '#gateway/store/core.ts'
import { HISTORY_POLICY } from '#gateway/store/history/policy.ts'
import { Queries } from '#gateway/store/queries.ts'
import type { Store } from '#gateway/store/store.ts'
import { keepUp } from '#gateway/upkeep.ts'
import { coreOf } from '#rules/core.ts'
import type { Event } from '#rules/event.ts'
import { dice } from '#test/sim/random.ts'
import { type GatewayClock, SimClock } from '#test/sim/sim-clock.ts'

/** `seenAt`: when it was durable, and people could see it. */
export type Seen = Event & Readonly<{ seenAt: number }>
export type Disk = { freeBytes: number; totalBytes: number }

/** Upkeep looks as often as in a gateway at thirty times the speed: of a week the looks alone would take their time. */
const UPKEEP_SPEED = 30
const STUCK_AFTER_MS = 60_000
const never = new Promise<never>(() => {})

/** What runs between two starts: the gateway's own parts, its store in this thread. */
type Life = {
  isAlive: boolean
  core: StoreCore
  queries: Queries
  pipeline: Pipeline
  forwarding: AllForwarding
  /** Of all the parts only this one works on a real wire: time waits until it rests. */
  forwarder: Sleeper
  stopping: AbortController
}

/**
 * The gateway on a clock that is pushed: its real pipeline, rules, store, forwarding, outbox, upkeep and self source, in one
 * thread. Only time and the room on the disk are the test's. Time goes on when all that it led to is done.
 */
export class PushedGateway {
  readonly time: SimClock
  readonly site: Site
  readonly seen: Seen[] = []
  readonly reports: ForwardingEvent[] = []
  /** What was logged as an error. */
  readonly errors: string[] = []
  readonly disk: Disk = { freeBytes: 60e9, totalBytes: 100e9 }
  /** What the Modbus connections would say of themselves. */
  lines: readonly { id: string; errorRate: number | null }[] = []
  /** How it would be with brokers of others. */
  mqtt: Pick<MqttHealth, 'brokers' | 'outward'> = { brokers: [], outward: [] }
  /** Far ends that take their time by this clock: who waits for one of them rests as well. */
  readonly farEnd: Sleeper
  /** What OPC UA certificates would say of themselves. */
  certificateDays: () => Readonly<Record<string, number>> = () => ({})
  /** By what staff is called, and where they are reached; nobody is, unless a story has a road. */
  staff: Readonly<{
    roads: readonly StaffRoad[]
    link: string
    contactOf(person: string): StaffContact | null
    linkFor(task: string, person: string): string
  }> | null = null
  /** Who lives here, and far ends for the channels that reach them; nobody is told one by one, unless a story has them. */
  households: Readonly<{ secrets: PrivateStore; channels: readonly Channel[] }> | null = null
  folder: string
  #life: Life | null = null
  #epochs = 0
  readonly #folders: string[] = []
  readonly #history

  constructor(t: { teardown(end: () => unknown): void }, site: Site, startAt: number, history = HISTORY_POLICY) {
    this.site = site
    this.time = new SimClock(startAt, dice(7), true)
    this.farEnd = new Sleeper(this.time.ofLife(() => true))
    this.#history = { ...history, ballastBytes: 0 }
    this.folder = this.#newFolder()
    t.teardown(() => this.#remove())
  }

  get life(): Life {
    if (!this.#life) throw new Error('the gateway is not running')
    return this.#life
  }

  /** Opens the files and starts all parts, as the gateway's own wiring does. */
  async start(): Promise<void> {
    const { site, folder } = this
    const core = new StoreCore(folder, () => {}, this.#history)
    const queries = new Queries(folder)
    const stopping = new AbortController()
    const { signal } = stopping
    const timers = this.time.ofLife(() => life.isAlive)
    const [forwarder, sleeper] = [new Sleeper(timers), new Sleeper(timers)]
    const isAlive = () => life.isAlive
    const store = {
      write: asPromises(core, isAlive) as unknown as Store['write'],
      read: asPromises(queries, isAlive) as unknown as Store['read'],
    }
    const random = { next: () => 0.999, token: () => `token-${this.time.now()}` }
    const report = (event: ForwardingEvent) => void this.reports.push(event)
    const forwarding = startForwarding({ site, store, clock: siteClockOf(forwarder), random, signal, report })
    const log = (level: string, message: string, fields: object = {}) => {
      if (level === 'error') this.errors.push(`${message} ${JSON.stringify(fields)}`)
    }
    const pipeline = new Pipeline({
      store: store.write,
      makeFlow: () => coreOf(site.plan),
      plan: 'story',
      siteHash: site.hash,
      version: 'story',
      epoch: `epoch-${++this.#epochs}`,
      clock: timers,
      accounting: new Accounting(),
      log,
      known: () => {},
      fatal: (error) => {
        throw error
      },
      committed: (_, events) => {
        for (const event of events) this.seen.push({ ...event, seenAt: this.time.now() })
        if (events.some((event) => 'homes' in event)) sender.nudge()
        pages?.committed(events)
        residents?.nudge()
        forwarding.nudge()
      },
    })
    const ends = this.households?.channels ?? []
    const command = pipeline.command.bind(pipeline)
    const residents =
      this.households &&
      residentsOf({
        site,
        secrets: this.households.secrets,
        random,
        clock: timers,
        read: store.read,
        command,
        log,
      })
    const sender = outbox({
      site,
      channels: site.channels.map(
        (channel) => ends.find(({ id }) => id === channel.id) ?? channelOf(channel, this.#ports(random)),
      ),
      ...(residents ? { addressOf: residents.addressOf } : {}),
      store: store.write,
      noticeOf: (id) => store.read.get('notices', id),
      command,
      clock: { ...timers, speed: 1 },
      random,
      log,
    })
    const pages =
      this.staff &&
      pageSender({
        ...this.staff,
        site,
        store: store.write,
        read: store.read,
        command,
        clock: { ...timers, speed: 1 },
        log,
      })
    const life: Life = {
      isAlive: true,
      core,
      queries,
      pipeline,
      forwarding,
      forwarder,
      stopping,
    }
    this.#life = life
    await pipeline.start()
    void sender.run(signal)
    void pages?.run(signal)
    void residents?.run(signal)
    void keepUp({
      maintain: (now) => store.write.maintain(now),
      // The daily copy of the journal has its own tests.
      backup: async () => {},
      clock: { ...siteClockOf(sleeper), speed: UPKEEP_SPEED },
      signal,
      log,
    })
    const self = selfSource({
      site,
      condition: () => store.write.condition(),
      forwarding: () => forwarding.health(),
      lines: () => this.lines,
      room: async () => ({ ...this.disk }),
      messages: () => this.#figures(queries),
      contested: () => 0,
      mqtt: () => this.mqtt,
      certificateDays: () => this.certificateDays(),
      clock: sleeper,
    })
    void self?.run((batch, urgency) => pipeline.submit(batch, urgency), signal).catch(() => {})
    await this.#settle()
  }

  /** All events of one type that could be seen. */
  happened<T extends Seen['type']>(type: T): Extract<Seen, { type: T }>[] {
    return this.seen.filter((event): event is Extract<Seen, { type: T }> => event.type === type)
  }

  submit(batch: Batch, urgency: 'ack' | 'flow' = 'flow'): Promise<void> {
    return this.#life ? this.#life.pipeline.submit(batch, urgency) : never
  }

  /** Plans `run` every `everyMs` of site time, whether the gateway lives or not. */
  every(everyMs: number, from: number, run: (at: number) => void): void {
    const next = (at: number) =>
      this.time.plan(at, () => {
        run(at)
        next(at + everyMs)
      })
    next(from)
  }

  async runUntil(at: number): Promise<void> {
    while (this.time.step(at)) await this.#settle()
  }

  /** Until `probe` is true, a second after the other; the time at which it was. */
  async runUntilTrue(what: string, latest: number, probe: () => boolean): Promise<number> {
    while (!probe()) {
      if (this.time.now() >= latest) throw new Error(`not by ${new Date(latest).toISOString()}: ${what}`)
      await this.runUntil(Math.min(this.time.now() + 1_000, latest))
    }
    return this.time.now()
  }

  /** SIGKILL: what the files hold at this moment is all that is left. Whoever waits for an answer never gets one. */
  kill(): void {
    const { life } = this
    life.isAlive = false
    const left = this.#newFolder()
    for (const name of readdirSync(this.folder).filter((file) => !file.endsWith('-shm')))
      cpSync(join(this.folder, name), join(left, name), { recursive: true })
    this.#close(life)
    this.folder = left
    this.#life = null
  }

  async stop(): Promise<void> {
    const { life } = this
    life.stopping.abort()
    await life.pipeline.stop()
    await life.forwarding.finished
    life.isAlive = false
    this.#close(life)
    this.#life = null
  }

  async #figures(queries: Queries): Promise<{ undelivered: number; waitingSince: number | null }> {
    const counts = queries.outboxCounts(this.time.now() - 24 * 3_600_000)
    const waiting = counts.flatMap(({ oldestAt }) => oldestAt ?? [])
    const undelivered = counts.reduce((sum, count) => sum + count.undelivered, 0)
    return { undelivered, waitingSince: waiting.length === 0 ? null : Math.min(...waiting) }
  }

  #ports(random: ChannelPorts['random']): ChannelPorts {
    const none = () => {
      throw new Error('no story pushes to browsers')
    }
    const keyed = (text: string) => text
    return { wallNow: () => this.time.now(), random, resolve: resolveName, keyed, push: none, pushKeys: none }
  }

  #close({ queries, core }: Life): void {
    queries.close()
    core.close()
  }

  async #settle(): Promise<void> {
    const stuckAt = performance.now() + STUCK_AFTER_MS
    do {
      await macrotask()
      if (performance.now() > stuckAt) throw new Error('somebody is at work and does not come to rest')
    } while (!this.#isAtRest())
  }

  #isAtRest(): boolean {
    // Without a database nobody works on a wire.
    return !this.#life || this.site.influx.length === 0 || this.#life.forwarder.sleeping + this.farEnd.sleeping > 0
  }

  #newFolder(): string {
    const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'caretaker-story-'))
    this.#folders.push(folder)
    return folder
  }

  #remove(): void {
    if (this.#life) {
      this.#life.isAlive = false
      this.#life.stopping.abort()
      this.#close(this.#life)
    }
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true })
  }
}

/** Timers that know how many sleep on them. */
export class Sleeper {
  sleeping = 0
  readonly timers: GatewayClock

  constructor(timers: GatewayClock) {
    this.timers = timers
  }

  now = (): number => this.timers.now()

  sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      this.sleeping++
      const end = (settle: () => void) => {
        this.sleeping--
        signal?.removeEventListener('abort', onAbort)
        settle()
      }
      const onAbort = () => {
        cancel()
        end(() => reject(signal!.reason as Error))
      }
      const cancel = this.timers.after(ms, () => end(resolve))
      signal?.addEventListener('abort', onAbort, { once: true })
    })
}

function siteClockOf(sleeper: Sleeper): SiteClock {
  return {
    ...sleeper.timers,
    sleep: sleeper.sleep,
    speed: 1,
    takeStep: () => 0,
    isDoubtful: () => false,
    isSet: () => false,
  }
}

/** The methods of a thing of this thread as its thread would offer them; those of a dead process never answer. */
function asPromises(target: object, isAlive: () => boolean): Record<string, (...args: never[]) => Promise<unknown>> {
  return new Proxy({} as Record<string, (...args: never[]) => Promise<unknown>>, {
    get:
      (_, name) =>
      async (...args: unknown[]) =>
        isAlive() ? Reflect.apply(Reflect.get(target, name) as () => unknown, target, args) : never,
  })
}
