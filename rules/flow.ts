import { Fault } from '#devices/fault.ts'
import type { Batch } from '#devices/reading.ts'
import { type Command, isRefusal, type Refusal } from './command.ts'
import type { Detector, Side } from './detectors/detector.ts'
import type { Draft, Event, Why } from './event.ts'
import { type Keyframe, Routes } from './routes.ts'
import type { Rule } from './plan.ts'
import type { Json, Stage, Tick } from './stage.ts'

/** More events than this that follow from the direct answers to one input are a circle, not a consequence; … */
const MAX_EVENTS_PER_INPUT = 1_000
/** … and where there are many answers, more than so many from each: who leaves may hand over thousands of orders. */
const MOST_FOLLOWING_EACH = 10
/** Whoever was due has spoken and is due again in the same instant: a circle, too. */
const MAX_ROUNDS_PER_INSTANT = 100
/** A condition turns, and it chatters, and its rule fails: what is left is due at once. */
const MOST_SAID_AT_ONCE = 3
const TICK: Tick = { type: 'tick' }
type PersonStamp = Pick<Event, 'command' | 'actor' | 'deviceAt'>

export type FlowSnapshot = Readonly<{
  seq: number
  at: number
  /** Of the configuration in force. */
  siteHash: string
  sides: Readonly<Record<string, Side>>
  stages: Readonly<Record<string, { version: number; state: Json }>>
}>

/**
 * The pure core: batches and commands in, events out. It knows no clock: time is what the caller says, and never goes
 * back. Before each input all that was due until then is decided at the moment it was due, so the outcome does not
 * depend on when a timer happened to fire, and a log judged again gives the same events.
 */
export class Flow {
  readonly #routes: Routes
  readonly #detectors: ReadonlyMap<string, Detector>
  readonly #stages: readonly Stage[]
  /** Sides of rules that the plan no longer has: kept, for the rule may come back. */
  readonly #otherSides = new Map<string, Side>()
  #seq = 0
  #at = 0
  #siteHash = ''
  /** No detector and no stage is due before this. */
  #dueBound = 0

  /** `before` is the core in force until now: this one goes on from where it stands, by these rules and stages. */
  constructor(rules: readonly Rule[], stages: readonly Stage[], before?: Flow) {
    this.#routes = new Routes(rules, before ? before.#routes : undefined)
    this.#detectors = new Map(this.#routes.detectors.map((detector) => [detector.rule.id, detector]))
    this.#stages = stages
    if (before && !this.restore(before.snapshot()))
      throw new Fault('internal', { detail: 'the stages of one program are of one version' })
  }

  /** Place of the newest event. */
  get seq(): number {
    return this.#seq
  }

  get at(): number {
    return this.#at
  }

  /** Hash of the configuration that was loaded last. */
  get siteHash(): string {
    return this.#siteHash
  }

  /** Judges one batch; `id` is its place in the reading log. */
  judge(batch: Batch, id: number): readonly Event[] {
    const events = [...this.advance(batch.receivedAt)]
    const trace = `R${id}`
    for (const detector of this.#routes.observe(batch, this.#at, trace)) {
      for (let said = 0; said < MOST_SAID_AT_ONCE; said++) {
        const draft = detector.decide(this.#at)
        if (!draft) break
        this.#derive([draft], events)
      }
      this.#expect(detector.due())
    }
    return events
  }

  /** Decides a person's command. What was due before it stands, refused or not. */
  command(command: Command, at: number): { events: readonly Event[]; refusal: Refusal | null } {
    const events = [...this.advance(at)]
    const { id, actor, deviceAt } = command
    const stamp = { command: id, actor, ...(deviceAt === undefined ? {} : { deviceAt }) }
    const refusal = this.#dispatch(command, events, stamp)
    return { events, refusal }
  }

  /** An event that comes from outside the rules: the program started, the clock stepped. */
  record(draft: Draft, at: number): readonly Event[] {
    const events = [...this.advance(at)]
    this.#derive([draft], events)
    return events
  }

  /**
   * The program started. After a blind interval that is said before anything falls due: what was waited for while
   * nobody watched is judged knowing that nobody did.
   */
  begin(draft: Draft, at: number, isBlind: boolean): readonly Event[] {
    if (!isBlind) return this.record(draft, at)
    this.#resume(at)
    const events: Event[] = []
    this.#derive([draft], events)
    return [...events, ...this.advance(at)]
  }

  /**
   * A configuration took effect. What it removed is closed here, by decisions, never in replay. Nobody watches a
   * removed condition any more: it becomes unknown, not false.
   */
  load(hash: string, version: string, at: number): readonly Event[] {
    const events = [...this.record({ type: 'site.loaded', hash, version, trace: `S${this.#seq + 1}` }, at)]
    // A copy: what is derived changes the sides.
    for (const [rule, [side]] of Array.from(this.#otherSides)) {
      if (side === 'unknown') continue
      const device = rule.slice(0, rule.indexOf('/'))
      const evidence = { reason: 'rule_removed', at }
      this.#derive(
        [
          {
            type: 'condition.became',
            rule,
            device,
            asset: device,
            state: 'unknown',
            since: at,
            evidence,
            trace: `S${this.#seq + 1}`,
          },
        ],
        events,
      )
    }
    return events
  }

  /** Lets time pass until `to`. */
  advance(to: number): readonly Event[] {
    const events: Event[] = []
    let rounds = 0
    while (this.#dueBound <= to) {
      const due = this.due()
      if (due === null || due > to) break
      rounds = due > this.#at ? 0 : rounds + 1
      if (rounds > MAX_ROUNDS_PER_INSTANT)
        throw new Fault('too_many_events', { at: this.#at, detail: 'due again and again' })
      const seqBefore = this.#seq
      this.#at = Math.max(this.#at, due)
      for (const detector of this.#detectors.values()) {
        if ((detector.due() ?? Infinity) > this.#at) continue
        const draft = detector.decide(this.#at)
        if (draft) this.#derive([draft], events)
      }
      for (const stage of this.#stages) {
        if ((stage.due() ?? Infinity) > this.#at) continue
        const drafts = stage.decide(TICK, { at: this.#at, seq: this.#seq + 1 })
        if (!isRefusal(drafts)) this.#derive(drafts, events)
      }
      // Whoever is due must say something, or it would be due for ever.
      if (this.#seq === seqBefore) throw new Fault('too_many_events', { at: this.#at, detail: 'due without an event' })
    }
    this.#at = Math.max(this.#at, to)
    return events
  }

  /** Site time of the next tick; null when nothing waits. */
  due(): number | null {
    let due = Infinity
    for (const detector of this.#detectors.values()) due = Math.min(due, detector.due() ?? Infinity)
    for (const stage of this.#stages) due = Math.min(due, stage.due() ?? Infinity)
    this.#dueBound = due
    return due === Infinity ? null : due
  }

  /** Replay: one event of the journal, in order. */
  apply(event: Event): void {
    if (event.seq !== this.#seq + 1)
      throw new Fault('store_corrupt', { detail: `event ${event.seq} after ${this.#seq}` })
    this.#seq = event.seq
    this.#at = Math.max(this.#at, event.at)
    if (event.type === 'condition.became') {
      const detector = this.#detectors.get(event.rule)
      if (detector) detector.apply(event)
      else
        this.#otherSides.set(event.rule, [
          event.state,
          event.state === 'unknown' ? (this.#otherSides.get(event.rule)?.[1] ?? 'false') : event.state,
        ])
    }
    if (event.type === 'condition.chattered' || event.type === 'condition.failed')
      this.#detectors.get(event.rule)?.apply(event)
    if (event.type === 'site.loaded') this.#siteHash = event.hash
    for (const stage of this.#stages) stage.apply(event)
    this.#dueBound = 0
  }

  /**
   * Detectors of the same rules and nothing behind them, as of a keyframe. Fed with the batches that followed it, they
   * come to know what ours knew: delays that ran or ended on the way, and the side of the hysteresis at each moment.
   */
  observer(keyframe: Keyframe | null): Flow {
    const observer = new Flow(
      [...this.#detectors.values()].map(({ rule }) => rule),
      [],
    )
    if (!keyframe) return observer
    for (const [id, { side }] of Object.entries(keyframe.memories)) observer.#detectors.get(id)?.restore(side)
    observer.recall(keyframe)
    return observer
  }

  /**
   * Ends the blind interval between the last life and this one. What fell due while nobody was alive is decided at
   * `at`, not dated back to a moment at which nobody could have acted on it.
   */
  #resume(at: number): void {
    for (const detector of this.#detectors.values()) detector.resume(at)
    this.#at = Math.max(this.#at, at)
    this.#dueBound = 0
  }

  /** Rules that cannot be judged, though their data is there: they are wrong, and the others go on. */
  failing(): { rule: string; why: Why }[] {
    return [...this.#detectors.values()].flatMap((detector) => {
      const why = detector.failing(this.#at)
      return why ? [{ rule: detector.rule.id, why }] : []
    })
  }

  keyframe(): Keyframe {
    return this.#routes.keyframe()
  }

  /** Memory only: the sides stay the journal's. */
  recall(keyframe: Keyframe): void {
    this.#routes.recall(keyframe)
    this.#dueBound = 0
  }

  snapshot(): FlowSnapshot {
    const sides = Object.fromEntries(this.#otherSides)
    for (const [id, detector] of this.#detectors) sides[id] = detector.side()
    const stages = Object.fromEntries(
      this.#stages.map((stage) => [stage.name, { version: stage.version, state: stage.snapshot() }]),
    )
    return { seq: this.#seq, at: this.#at, siteHash: this.#siteHash, sides, stages }
  }

  /** False when the snapshot is of another version: then replay from the first event. */
  restore(snapshot: FlowSnapshot): boolean {
    if (this.#stages.some((stage) => snapshot.stages[stage.name]?.version !== stage.version)) return false
    for (const [id, side] of Object.entries(snapshot.sides)) {
      const detector = this.#detectors.get(id)
      if (detector) detector.restore(side)
      else this.#otherSides.set(id, side)
    }
    for (const stage of this.#stages) stage.restore(snapshot.stages[stage.name]!.state)
    this.#seq = snapshot.seq
    this.#at = snapshot.at
    this.#siteHash = snapshot.siteHash
    this.#dueBound = 0
    return true
  }

  #expect(due: number | null): void {
    if (due !== null && due < this.#dueBound) this.#dueBound = due
  }

  /** Gives drafts their places, applies them, and lets every stage answer, first in first out, until none is left. */
  #derive(drafts: readonly Draft[], events: Event[], stamp: PersonStamp = {}): void {
    const queue: Event[] = this.#admit(drafts, events, stamp)
    let allowed = Infinity
    for (let next = 0; next < queue.length; next++) {
      // What falls due in one moment may be many, and so may what it says at once; what follows from that may not.
      if (next === drafts.length) allowed = queue.length * (1 + MOST_FOLLOWING_EACH) + MAX_EVENTS_PER_INPUT
      if (queue.length > allowed) throw new Fault('too_many_events', { at: this.#at, detail: 'a circle of events' })
      for (const stage of this.#stages) {
        const answer = stage.decide(queue[next]!, { at: this.#at, seq: this.#seq + 1 })
        if (!isRefusal(answer)) queue.push(...this.#admit(answer, events, {}))
      }
    }
  }

  #dispatch(command: Command, events: Event[], stamp: PersonStamp): Refusal | null {
    for (const stage of this.#stages) {
      const answer = stage.decide(command, { at: this.#at, seq: this.#seq + 1 })
      if (isRefusal(answer)) return answer
      this.#derive(answer, events, stamp)
    }
    return null
  }

  #admit(drafts: readonly Draft[], events: Event[], stamp: PersonStamp): Event[] {
    const admitted: Event[] = []
    for (const draft of drafts) {
      const event = { ...draft, seq: this.#seq + 1, at: this.#at, v: 1, ...stamp } as Event
      this.apply(event)
      events.push(event)
      admitted.push(event)
    }
    return admitted
  }
}
