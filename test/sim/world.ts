import { mkdtempSync, existsSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as macrotask } from 'node:timers/promises'
import { Fault } from '#devices/fault.ts'
import type { Reading } from '#devices/reading.ts'
import { Accounting } from '#gateway/accounting.ts'
import type { CommandAnswer } from '#gateway/answer-book.ts'
import { Pipeline } from '#gateway/pipeline.ts'
import type { Site } from '#gateway/site/site.ts'
import { batchOf } from '#gateway/store/batch-codec.ts'
import type { Group } from '#gateway/store/group.ts'
import { SeriesNames } from '#gateway/store/series-names.ts'
import type { Command } from '#rules/command.ts'
import { coreOf } from '#rules/core.ts'
import type { Event } from '#rules/event.ts'
import type { Flow } from '#rules/flow.ts'
import type { Plan } from '#rules/plan.ts'
import type { Delivery } from './estate.ts'
import { Invariants, Violation } from './invariants.ts'
import type { Dice } from './random.ts'
import { SimClock } from './sim-clock.ts'
import { DISK_ERROR, type Fate, SimDisk } from './sim-disk.ts'

const POISON = 'poison'

export type WorldOptions = Readonly<{
  site: Site
  plan: Plan
  startAt: number
  dice: Dice
  /** Each input is durable before the next one comes, and timers go first: what a run leads to is then exact. */
  isExact: boolean
  /** How long a commit takes, once before and once after it is done. */
  commitMs(): number
}>

/** Who waits for an answer. After a crash, or a refusal by the store, it is sent again. */
type Waiting = Readonly<{ isKeyed: boolean; send(): void }>

type Life = { disk: SimDisk; pipeline: Pipeline; accounting: Accounting; flow: Flow | null }

/** The estate's gateway through many lives: the real core, pipeline and store, on simulated time, power and disk. */
export class World {
  readonly clock: SimClock
  readonly seen: Invariants
  readonly folder: string
  readonly options: WorldOptions
  life: Life | null = null
  /** Deliveries that crash the core, and how many times yet. */
  readonly poison = new Map<string, number>()
  readonly answers = new Map<string, string>()
  readonly acked = new Set<string>()
  readonly count = { restarts: 0, blind: 0, commitFailures: 0, quarantined: 0, refused: 0, done: 0 }
  /** Every reading that is durable, as the log got it. */
  readonly logged = new Map<string, Reading>()
  readonly #upkeepDice: Dice
  #epochs = 0
  #waiting = new Set<Waiting>()
  /** Of the dead lives: what has to be sent again. */
  #unanswered: Waiting[] = []
  readonly #durable = new Set<string>()
  readonly #quarantined = new Set<string>()
  readonly #names = new SeriesNames()
  #durableSeq = 0
  #failure: Error | null = null

  constructor(options: WorldOptions) {
    this.options = options
    this.#upkeepDice = options.dice.fork()
    this.clock = new SimClock(options.startAt, options.dice.fork(), options.isExact)
    this.seen = new Invariants(options.plan)
    this.folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'caretaker-sim-'))
  }

  /** Opens the files as a new process does. */
  boot(): void {
    const { site, plan, commitMs } = this.options
    const accounting = new Accounting()
    const life: Life = {
      disk: null as unknown as SimDisk,
      pipeline: null as unknown as Pipeline,
      accounting,
      flow: null,
    }
    const clock = this.clock.ofLife(() => !life.disk.isDead)
    life.disk = new SimDisk(this.folder, {
      onDeath: () => this.#died(life),
      onReadings: (group) => this.#batchesDurable(group),
      onJournal: (group) => (this.#durableSeq = Math.max(this.#durableSeq, group.events.at(-1)?.seq ?? 0)),
      onQuarantine: (body) => this.#quarantined.add(idOf(JSON.parse(body) as Delivery['batch'])),
      wait: () => {
        const ms = commitMs()
        return ms === 0 ? Promise.resolve() : new Promise((resolve) => clock.after(ms, resolve))
      },
    })
    // A journal that grew before the power went was not seen yet.
    this.#read(life)
    life.pipeline = new Pipeline({
      store: life.disk.asStore(),
      makeFlow: () => (life.flow = this.#flow(plan)),
      plan: 'sim',
      siteHash: site.hash,
      version: 'sim',
      epoch: `epoch-${++this.#epochs}`,
      clock,
      accounting,
      log: (level, message, fields) => {
        const said = `${message} ${JSON.stringify(fields)}`
        // The disk fails and the poison works as we told them to; nothing else may.
        const isOurs =
          (message === 'commit failed' && said.includes(DISK_ERROR)) ||
          message === 'input quarantined' ||
          (message === 'the core crashed on an input' && said.includes(POISON))
        if (level !== 'info' && !isOurs && !life.disk.isDead) this.#fail(new Violation(said))
        if (message === 'commit failed') this.count.commitFailures++
      },
      known: () => {},
      fatal: (error) => {
        throw error
      },
      committed: (batches, events) => {
        if (life.disk.isDead) return
        for (const batch of batches)
          if (!this.#durable.has(idOf(batch))) this.#fail(new Violation(`seen before it was durable: ${idOf(batch)}`))
        if ((events.at(-1)?.seq ?? 0) > this.#durableSeq)
          this.#fail(new Violation(`event ${events.at(-1)!.seq} seen before it was durable`))
        this.#read(life)
      },
    })
    this.life = life
    life.pipeline.start().catch((error: Error) => {
      // A start that cannot be made durable ends the program; the supervisor starts it again.
      if (error instanceof Fault && error.code === 'store_failed') life.disk.die()
      else this.#fail(error)
    })
  }

  /** Starts again after a death, and lets everybody who got no answer send again. */
  async reboot(): Promise<void> {
    this.count.restarts++
    this.boot()
    if (this.options.isExact) await this.settle()
    // Dead again at once: they wait for the next life.
    if (!this.life) return
    for (const waiting of this.#unanswered.splice(0)) {
      if (this.options.isExact) waiting.send()
      else if (waiting.isKeyed || this.options.dice.chance(0.5)) this.#sendLater(waiting)
    }
    await this.settle()
  }

  arm(fate: Fate | null, needsEvents: boolean): void {
    if (this.life) Object.assign(this.life.disk, { fate, fateNeedsEvents: needsEvents })
  }

  /** The clock on the wall is set; site time goes on. */
  stepWall(byMs: number): void {
    this.clock.wallOffsetMs += byMs
    this.life?.pipeline.record({ type: 'clock.stepped', byMs, trace: 'sim' }).catch(() => {})
  }

  /** A graceful end: what was taken becomes durable. */
  async stop(): Promise<void> {
    const { life } = this
    if (!life) return
    await life.pipeline.stop().catch(() => {})
    life.disk.die()
  }

  kill(): void {
    this.life?.disk.die()
  }

  deliver({ batch, urgency }: Delivery): void {
    const waiting = { isKeyed: batch.key !== undefined, send: () => this.deliver({ at: 0, batch, urgency }) }
    if (!this.life) return void this.#unanswered.push(waiting)
    const id = idOf(batch)
    const answered = this.#await(
      waiting,
      this.life.pipeline.submit({ ...batch, receivedAt: this.clock.now() }, urgency),
    )
    void answered.then((isAnswered) => {
      if (!isAnswered) return
      if (!this.#durable.has(id) && !this.#quarantined.has(id))
        this.#fail(new Violation(`acknowledged and not durable: ${id}`))
      this.acked.add(id)
    })
  }

  send(command: Command): void {
    const waiting = { isKeyed: true, send: () => this.send(command) }
    if (!this.life) return void this.#unanswered.push(waiting)
    const answered = this.#await(waiting, this.life.pipeline.command(command), (answer) =>
      this.#answered(command, answer),
    )
    void answered
  }

  /** Lets promises settle, makes each input durable when the run is exact, and holds everything against the invariants. */
  async settle(): Promise<void> {
    await macrotask()
    if (this.options.isExact && this.life) {
      void this.life.pipeline.flush()
      await macrotask()
    }
    if (this.#failure) throw this.#failure
    if (this.life) this.#account(this.life)
    this.life?.disk.maintain(this.clock.now(), this.#upkeepDice.between(0, 4))
  }

  get waiting(): number {
    return this.#waiting.size + this.#unanswered.length
  }

  isDurable(id: string): boolean {
    return this.#durable.has(id)
  }

  remove(): void {
    this.life?.disk.die()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #flow(plan: Plan): Flow {
    const flow = coreOf(plan)
    const judge = flow.judge.bind(flow)
    // The core has moved already when it crashes: memory that must be thrown away.
    flow.judge = (batch, id) => {
      const events = judge(batch, id)
      const left = this.poison.get(idOf(batch)) ?? 0
      if (left === 0) return events
      this.poison.set(idOf(batch), left - 1)
      throw new Error(POISON)
    }
    return flow
  }

  #await<T>(waiting: Waiting, answer: Promise<T>, check?: (answer: T) => void): Promise<boolean> {
    this.#waiting.add(waiting)
    return answer.then(
      (given) => {
        this.#waiting.delete(waiting)
        check?.(given)
        return true
      },
      (error: Error) => {
        this.#waiting.delete(waiting)
        // A core that crashed under a command, a disk that failed, a program that ends: it is sent again.
        if (error instanceof Fault ? error.retry : error.message === POISON) this.#sendLater(waiting)
        else this.#fail(error)
        return false
      },
    )
  }

  #sendLater(waiting: Waiting): void {
    this.#waiting.add(waiting)
    this.clock.plan(this.clock.now() + this.options.dice.between(100, 5_000), () => {
      this.#waiting.delete(waiting)
      waiting.send()
    })
  }

  #answered(command: Command, answer: CommandAnswer): void {
    const text = JSON.stringify(answer)
    const known = this.answers.get(command.id)
    if (known !== undefined && known !== text)
      this.#fail(new Violation(`command ${command.id} was answered ${known}, then ${text}`))
    if ('done' in answer && answer.done.length === 0)
      this.#fail(new Violation(`command ${JSON.stringify(command)} was done and led to nothing`))
    this.answers.set(command.id, text)
    this.count['refused' in answer ? 'refused' : 'done']++
  }

  #died(life: Life): void {
    if (this.life === life) this.life = null
    this.#unanswered.push(...this.#waiting)
    this.#waiting = new Set()
  }

  #batchesDurable({ batches, series }: Group): void {
    this.#names.add(series)
    for (const row of batches) {
      const { key } = row
      const batch = batchOf(row, this.#names)
      const id = idOf(batch)
      for (const reading of batch.readings) this.logged.set(`${reading.device} ${reading.point} ${reading.at}`, reading)
      if (key !== null && this.#durable.has(id)) this.#fail(new Violation(`stored twice: ${key}`))
      this.#durable.add(id)
    }
  }

  #read(life: Life): void {
    const events: Event[] = life.disk.core.eventsAfter(this.seen.seq)
    try {
      for (const event of events) {
        this.seen.see(event)
        if (event.type === 'gateway.started' && event.blindFrom !== null) this.count.blind++
        if (event.type === 'input.quarantined') this.count.quarantined++
      }
      if (events.length > 0) this.seen.atRest()
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  #account({ accounting }: Life): void {
    for (const [source, { received, stored, queued, deduplicated, rejected }] of accounting.read()) {
      const sum = stored + queued + deduplicated + Object.values(rejected).reduce((total, each) => total + each, 0)
      if (received !== sum || queued < 0)
        throw new Violation(`accounting of ${source}: ${received} received, ${sum} accounted for, ${queued} queued`)
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error
  }
}

/** A message is known by its device and the time at which it was sent. */
export function idOf({ readings }: Delivery['batch']): string {
  return `${readings[0]!.device}@${readings[0]!.at}`
}
