import { Fault } from '#devices/fault.ts'
import type { Batch, Reading } from '#devices/reading.ts'
import type { Command } from '#rules/command.ts'
import type { Draft, Event } from '#rules/event.ts'
import type { Flow, FlowSnapshot } from '#rules/flow.ts'
import type { Accounting } from './accounting.ts'
import { AnswerBook, answerOf, type CommandAnswer } from './answer-book.ts'
import type { Timers } from './clock.ts'
import { Checkpoints } from './checkpoints.ts'
import { batchInput, type Input, TickCrash } from './input.ts'
import { type Configuration, InForce } from './configuration.ts'
import { RecentKeys } from './recent-keys.ts'
import { rebuild, type Rebuilt, type ReplayStore } from './replay.ts'
import { GroupCommit } from './group-commit.ts'
import { ByteWriter } from './store/bytes.ts'
import type { Group } from './store/group.ts'
import { PendingGroup } from './store/pending-group.ts'
import { SeriesNames } from './store/series-names.ts'

export type PipelineStore = ReplayStore &
  Readonly<{
    commit(group: Group): Promise<void>
    recentKeys(limit: number): Promise<string[]>
    quarantine(at: number, origin: string, reason: string, body: string): Promise<void>
  }>

export type PipelineOptions = Configuration &
  Readonly<{
    store: PipelineStore
    version: string
    epoch: string
    clock: Timers & Readonly<{ now(): number; wallOffsetMs(): number }>
    accounting: Accounting
    log(level: 'info' | 'warn' | 'error', message: string, fields?: object): void
    /** After each commit, in order: from here on it may be seen. */
    committed(batches: readonly Batch[], events: readonly Event[]): void
    /** After each rebuilding: the newest durable reading of every point. */
    known(readings: readonly Reading[]): void
    /** After each rebuilding: what the stages know. */
    rebuilt?(snapshot: FlowSnapshot): void
    /** The core crashes whatever comes: only another program can help. */
    fatal(error: Error): void
  }>

const KEYS_KEPT = 20_000
const TICK_CRASHES_ALLOWED = 5
const REBUILD_RETRY_MS = 1_000
const REBUILD_LATEST_MS = 30_000
/** A gateway that was away for less than this was not blind. */
const BLIND_AFTER_MS = 5_000

/**
 * The road of every input: judged in memory, then durable, then visible. Inputs are taken one at a time, in the order
 * they came; many of them share a commit. When a stage throws or a commit fails for good, memory is discarded and built
 * again from disk, and the input is tried again; the third crash on the same one quarantines it.
 */
export class Pipeline {
  readonly #options: PipelineOptions
  readonly #keys = new RecentKeys(KEYS_KEPT)
  readonly #answers = new AnswerBook()
  readonly #waiting: Input[] = []
  readonly #commits: GroupCommit
  readonly #inForce: InForce
  readonly #checkpoints = new Checkpoints()
  #flow: Flow | null = null
  #names = new SeriesNames()
  readonly #scratch = new ByteWriter(8_192)
  #newestBatch = 0
  #startedAfter = 0
  #isStopping = false
  /** Rebuilds since something last became durable. */
  #rebuilds = 0
  #tickCrashes = 0
  #cancelTick: (() => void) | null = null

  constructor(options: PipelineOptions) {
    this.#options = options
    this.#inForce = new InForce(options)
    this.#commits = new GroupCommit({
      clock: options.clock,
      mayCommit: () => this.#flow !== null,
      pack: (group) => this.#pack(group),
      write: (group) => options.store.commit(group),
      committed: (group) => {
        this.#rebuilds = 0
        this.#inForce.committed(group)
        this.#show(group)
      },
      failed: (lost, error) => {
        options.log('error', 'commit failed', { error: error.message })
        this.#flow = null
        for (const group of lost) this.#discard(group, error)
      },
      rebuild: () => this.#rebuildSoon(),
    })
  }

  /** Builds the core from disk, judges what was left unjudged, and journals the start. Resolves when that is durable. */
  async start(): Promise<void> {
    const { clock, epoch, log } = this.#options
    const { flow, loaded, rejudged } = await this.#rebuild()
    this.#startedAfter = loaded.newestBatch
    const at = clock.now()
    const isBlind = loaded.newestAt !== null && at - loaded.newestAt > BLIND_AFTER_MS
    const blindFrom = isBlind ? loaded.newestAt : null
    const started: Draft = {
      type: 'gateway.started',
      epoch,
      after: loaded.predecessor,
      blindFrom,
      wallOffsetMs: clock.wallOffsetMs(),
      trace: `G${flow.seq + 1}`,
    }
    this.#derived(flow.begin(started, at, isBlind))
    this.#loadInto(flow, at)
    log('info', 'core rebuilt', {
      events: flow.seq,
      rejudged: rejudged.length,
      blindMs: blindFrom === null ? 0 : at - blindFrom,
    })
    // The log does not tell what the blind interval did to the detectors: a keyframe does.
    if (isBlind) this.#checkpoints.wish()
    const { durable } = this.#commits.waiting
    await this.flush()
    await durable
    this.#drain()
  }

  /** One batch. Resolves when it is durable and judged, and what it led to is durable. */
  submit(batch: Batch, urgency: 'ack' | 'flow'): Promise<void> {
    const { input, settled } = batchInput(batch, {
      accounting: this.#options.accounting,
      admit: (flow) => this.#admit(flow, batch, urgency),
      tryAgain: (again) => void this.#waiting.unshift(again),
      quarantine: (poison, error) => this.#quarantine(poison, error),
    })
    this.#take(input)
    return settled
  }

  #admit(flow: Flow, batch: Batch, urgency: 'ack' | 'flow'): ReturnType<Parameters<typeof batchInput>[1]['admit']> {
    const known = batch.key === undefined ? undefined : this.#keys.get(batch.key)
    if (known) return { durable: known, outcome: 'deduplicated' }
    // Site time never goes back, and the log holds the time at which the batch was judged: judged again, it gives the same.
    const dated = batch.receivedAt < flow.at ? { ...batch, receivedAt: flow.at } : batch
    this.#advance(flow, dated.receivedAt)
    const events = flow.judge(dated, this.#newestBatch + 1)
    this.#newestBatch++
    this.#commits.waiting.add({ batch: { id: this.#newestBatch, batch: dated }, events })
    const { durable } = this.#commits.waiting
    if (batch.key !== undefined) this.#keys.add(batch.key, durable)
    this.#commits.within(urgency === 'ack' || events.length > 0)
    return { durable, outcome: 'stored' }
  }

  /** One person's command. Resolves with the answer once it is durable; the same id and body get the same answer. */
  command(command: Command): Promise<CommandAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<CommandAnswer>()
    this.#take({
      run: (flow) => {
        const known = this.#answers.find(command)
        if (known) return void known.then(resolve, reject)
        const at = this.#options.clock.now()
        const { events, refusal } = flow.command(command, at)
        this.#commits.waiting.add({ events })
        this.#answers.note(command, answerOf(events, command, refusal), at, this.#commits.waiting).then(resolve, reject)
        this.#commits.within(true)
      },
      fail: reject,
    })
    return promise
  }

  /** Something outside the rules happened: the clock stepped, a token was made. */
  record(draft: Draft): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#take({
      run: (flow) => {
        this.#derived(flow.record(draft, this.#options.clock.now()))
        this.#commits.waiting.durable.then(resolve, reject)
      },
      fail: reject,
    })
    return promise
  }

  /**
   * Other rules, from the next input on: the core goes on in memory where it stands, and what was removed is closed.
   * Resolves when that is durable. A core that cannot be built, or a commit that fails, leaves the old rules in force.
   */
  reconfigure(next: Configuration): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#take({
      run: (flow) => {
        const at = this.#options.clock.now()
        const due = flow.advance(at)
        const swapped = next.makeFlow(flow)
        const loaded = swapped.load(next.siteHash, this.#options.version, at)
        const group = this.#commits.waiting
        this.#inForce.replace(next, group)
        this.#flow = swapped
        this.#derived([...due, ...loaded])
        // The log does not tell where the rules changed: a keyframe of the new ones does.
        this.#checkpoints.wish()
        group.durable.then(resolve, reject)
      },
      fail: reject,
    })
    return promise
  }

  /** Rules that cannot be judged at present. */
  failing(): ReturnType<Flow['failing']> {
    return this.#flow?.failing() ?? []
  }

  /** Number of the last batch before this start. */
  get startedAfter(): number {
    return this.#startedAfter
  }

  /** Commits what waits, and returns when nothing is left uncommitted. */
  flush(): Promise<void> {
    return this.#commits.flush()
  }

  /** Takes nothing more; what was taken becomes durable, with a snapshot so that the next start is short. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#cancelTick?.()
    await this.flush()
    this.#commits.cancel()
    this.#refuseWaiting(new Fault('stopping'))
    if (!this.#flow) return
    const checkpoint = this.#checkpointed(new PendingGroup(), this.#flow).group(
      this.#newestBatch,
      this.#names,
      this.#scratch,
    )
    // Without it the next start only takes longer.
    await this.#options.store.commit(checkpoint).catch((error: Error) => {
      this.#options.log('warn', 'no checkpoint at the end', { error: error.message })
    })
  }

  #take(input: Input): void {
    if (this.#isStopping) return input.fail(new Fault('stopping'))
    this.#waiting.push(input)
    this.#drain()
  }

  #drain(): void {
    while (this.#flow) {
      const input = this.#waiting.shift()
      if (!input) return this.#planTick()
      try {
        input.run(this.#flow)
      } catch (error) {
        this.#crash(error as Error)
        input.fail(error as Error)
      }
    }
  }

  #refuseWaiting(fault: Fault): void {
    for (const input of this.#waiting.splice(0)) input.fail(fault)
  }

  #tick(): void {
    this.#take({ run: (flow) => this.#advance(flow, this.#options.clock.now()), fail: () => {} })
  }

  /** A crash here is nobody's input: were it tried for ever, nothing else would ever be judged. */
  #advance(flow: Flow, to: number): void {
    try {
      this.#derived(flow.advance(to))
      this.#tickCrashes = 0
    } catch (error) {
      if (++this.#tickCrashes >= TICK_CRASHES_ALLOWED) this.#options.fatal(error as Error)
      throw new TickCrash('a tick crashed', { cause: error })
    }
  }

  #loadInto(flow: Flow, at: number): void {
    const { siteHash } = this.#inForce.current
    if (flow.siteHash !== siteHash) this.#derived(flow.load(siteHash, this.#options.version, at))
  }

  #planTick(): void {
    this.#cancelTick?.()
    this.#cancelTick = null
    const due = this.#isStopping ? null : (this.#flow?.due() ?? null)
    if (due === null) return
    this.#cancelTick = this.#options.clock.after(due - this.#options.clock.now(), () => this.#tick())
  }

  #derived(events: readonly Event[]): void {
    if (events.length === 0) return
    this.#commits.waiting.add({ events })
    this.#commits.within(true)
  }

  /** Readers of what is durable: one that throws must not hold up those who wait for the commit. */
  #show(group: PendingGroup): void {
    try {
      this.#options.committed(
        group.batches.map(({ batch }) => batch),
        group.events,
      )
    } catch (error) {
      this.#options.log('error', 'a reader of the journal failed', { error: (error as Error).message })
    }
  }

  /** Now and then a commit carries what makes the next start short. */
  #pack(group: PendingGroup): Group {
    const flow = this.#flow
    if (flow && this.#checkpoints.isDue(this.#newestBatch, flow)) this.#checkpointed(group, flow)
    return group.group(this.#newestBatch, this.#names, this.#scratch)
  }

  #checkpointed(group: PendingGroup, flow: Flow): PendingGroup {
    return this.#checkpoints.put(group, flow, this.#newestBatch, this.#inForce.current.plan)
  }

  /** Memory can no longer be trusted: what was complete is committed, the rest is built again from disk. */
  #crash(error: Error): void {
    this.#options.log('error', 'the core crashed on an input', { error: error.stack ?? error.message })
    this.#flow = null
    this.#commits.crash(error)
  }

  /** Nothing of this may be durable: whoever waits is told, and may send again. */
  #discard(group: PendingGroup, error: Error): void {
    this.#inForce.failed(group)
    this.#keys.forget(group.batches.flatMap(({ batch }) => (batch.key === undefined ? [] : [batch.key])))
    group.reject(new Fault('store_failed', { detail: error.message }, { cause: error }))
  }

  /** At once the first time; then with patience, for what fails again and again only heats the box. */
  #rebuildSoon(): void {
    this.#cancelTick?.()
    if (this.#isStopping) return
    const attempt = this.#rebuilds++
    if (attempt === 0) return this.#rebuildNow()
    const waitMs = Math.min(REBUILD_RETRY_MS * 2 ** (attempt - 1), REBUILD_LATEST_MS)
    this.#options.clock.delay(waitMs, () => this.#rebuildNow())
  }

  #rebuildNow(): void {
    if (this.#isStopping) return
    this.#rebuild()
      // A change of the rules whose commit failed may stand in the journal all the same.
      .then(({ flow }) => this.#loadInto(flow, this.#options.clock.now()))
      .then(
        () => this.#drain(),
        (error: Error) => {
          this.#options.log('error', 'rebuild failed, trying again', { error: error.message })
          // Whoever waits is told, and may send again: nobody can say how long this takes.
          this.#refuseWaiting(new Fault('store_failed', { detail: error.message }, { cause: error }))
          this.#rebuildSoon()
        },
      )
  }

  /** The core as the disk knows it, with the keys and answers it holds: what failed to commit may be durable all the same. */
  async #rebuild(): Promise<Rebuilt> {
    const { store, log } = this.#options
    const { makeFlow, plan } = this.#inForce.current
    const rebuilt = await rebuild(store, () => makeFlow(), plan)
    for (const key of await store.recentKeys(KEYS_KEPT)) this.#keys.add(key, Promise.resolve())
    const { flow, loaded, names } = rebuilt
    this.#names = names
    this.#answers.load(loaded.answers)
    this.#newestBatch = loaded.newestBatch
    this.#checkpoints.load(loaded)
    this.#flow = flow
    this.#derived(rebuilt.rejudged)
    for (const { batch, error } of rebuilt.poisoned) {
      // It stays in the log: nothing is lost when it cannot be set aside as well.
      this.#quarantine(batch, error).catch(({ message }: Error) => log('error', 'not set aside', { error: message }))
    }
    this.#options.known(flow.keyframe().readings)
    this.#options.rebuilt?.(flow.snapshot())
    return rebuilt
  }

  /** Kept with its reason, and said in the journal. */
  async #quarantine(batch: Batch, error: Error): Promise<void> {
    const { store, log, clock } = this.#options
    log('error', 'input quarantined', { source: batch.source, error: error.message })
    await store.quarantine(clock.now(), batch.source, error.message, JSON.stringify(batch))
    await this.record({ type: 'input.quarantined', source: batch.source, reason: error.message, trace: batch.source })
  }
}
