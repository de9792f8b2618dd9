import type { Reading } from '#devices/reading.ts'
import type { Draft, Event, Evidence, Found, Truth, Why } from '../event.ts'
import type { Rule } from '../plan.ts'
import type { Json } from '../stage.ts'
import { Chatter } from './chatter.ts'
import type { Judgement } from './judgement.ts'

type Pending = Readonly<{
  to: 'true' | 'false'
  /** Site time: the delay runs from here. */
  since: number
  /** Source time, where it was so already when somebody looked again. */
  found?: Readonly<{ as: Found; since: number }>
  trace: string
  evidence: Evidence
}>

/** The side it last announced, and the last side that was not unknown (the side of the hysteresis). */
export type Side = readonly [Truth, 'true' | 'false']
export type Memory = Readonly<{
  /** Of that moment: what is fed after it is judged from there. */
  side: Side
  raw: Truth
  evidence: Evidence
  pending: Pending | null
  unknownSince: number | null
  heardAt: number | null
  trace: string
  flipped?: 'true' | 'false' | null
  chatter?: Json
  failure?: Failing | null
  isBack?: boolean
  judgement?: Json
}>

/** What went wrong last, when, and whether that was said. */
type Failing = Readonly<{ why: Why; at: number; isSaid: boolean }>
/** A rule that is well for so long is said to fail anew. */
const WELL_MS = 86_400_000

/**
 * One rule on one device: a judgement, made patient by on- and off-delay.
 *
 * Its memory is a function of the reading log (`observe`), its side of the journal (`apply`): so it can be rebuilt.
 * A gap of bad data shorter than the validity neither proves nor restarts a delay; a longer one turns it unknown.
 */
export class Detector {
  readonly rule: Rule
  readonly points: Judgement['points']
  readonly others: NonNullable<Judgement['others']>
  readonly #judgement: Judgement
  readonly #chatter = new Chatter()
  #side: Truth = 'unknown'
  #known: 'true' | 'false' = 'false'
  #raw: Truth = 'unknown'
  #evidence: Evidence = { at: 0 }
  #pending: Pending | null = null
  #unknownSince: number | null = null
  #heardAt: number | null = null
  #trace = ''
  /** The last raw state that was known. */
  #flipped: 'true' | 'false' | null = null
  #failing: Failing | null = null
  /** The gateway was blind, and nothing was known since. */
  #isBack = false
  /** Source time of the newest reading of this batch. */
  #newestAt = -Infinity

  constructor(rule: Rule, judgement: Judgement) {
    this.rule = rule
    this.points = judgement.points
    this.others = judgement.others ?? []
    this.#judgement = judgement
  }

  take(reading: Reading): void {
    if (reading.at > this.#newestAt) this.#newestAt = reading.at
    this.#judgement.take(reading)
  }

  /** After all readings of one batch were taken. `trace` names the batch. */
  observe(at: number, trace: string): void {
    const newestAt = Math.min(this.#newestAt, at)
    this.#newestAt = -Infinity
    if (this.#isGapTooLong(at)) this.#pending = null
    this.#heardAt = at
    this.#trace = trace
    const { state, evidence, failure } = this.#judgement.verdict(this.#known, at)
    this.#raw = state
    this.#evidence = evidence
    if (failure) this.#failed(failure, at)
    if (state === 'unknown') {
      this.#unknownSince ??= at
      return
    }
    this.#unknownSince = null
    if (this.#flipped !== null && this.#flipped !== state) this.#chatter.flip(newestAt)
    this.#flipped = state
    if (state === this.#side) this.#pending = null
    else if (this.#pending?.to !== state) this.#pending = this.#begun(state, at, newestAt, evidence)
    this.#isBack = false
  }

  #begun(to: 'true' | 'false', at: number, newestAt: number, evidence: Evidence): Pending {
    // What a device kept for us is that, whether we were away or it was.
    const as = at - newestAt > this.rule.validityMs ? 'backlog' : this.#isBack ? 'restart' : null
    return { to, since: at, ...(as ? { found: { as, since: newestAt } } : {}), trace: this.#trace, evidence }
  }

  #failed(why: Why, at: number): void {
    const isNew = this.#failing === null || at - this.#failing.at > WELL_MS
    this.#failing = { why, at, isSaid: isNew ? false : this.#failing!.isSaid }
  }

  /** Nothing known for the validity: a delay that began before it begins anew, whatever side was announced. */
  #isGapTooLong(at: number): boolean {
    const { validityMs } = this.rule
    if (this.#unknownSince !== null && at >= this.#unknownSince + validityMs) return true
    return this.#heardAt !== null && at > this.#heardAt + validityMs
  }

  /**
   * The gateway was dead until `at`: a value from before the blind interval proves nothing about now, and silence
   * counts from now. An interval shorter than the validity blinds nobody.
   */
  resume(at: number): void {
    this.#judgement.resume?.(at)
    if (this.#heardAt === null || at - this.#heardAt <= this.rule.validityMs) return
    this.#heardAt = at
    this.#raw = 'unknown'
    this.#pending = null
    this.#unknownSince = at
    this.#isBack = true
  }

  /** Site time of the next moment at which it has something to say; null for never. */
  due(): number | null {
    const due = Math.min(this.#silentDue(), this.#unknownDue(), this.#pendingDue(), this.#sayingDue())
    return due === Infinity ? null : due
  }

  /** What it has to say by `at`, if anything; what is left is due at once. Changes nothing. */
  decide(at: number): Draft | null {
    if (at >= this.#silentDue()) {
      const { since } = this.#judgement.silentAt!(this.#heardAt!)
      return this.#became('true', since, this.#trace, { reason: 'silent', at: since })
    }
    if (at >= this.#unknownDue()) return this.#became('unknown', this.#unknownSince!, this.#trace, this.#evidence)
    if (at >= this.#pendingDue()) {
      const { to, since, found, trace, evidence } = this.#pending!
      return this.#became(to, found?.since ?? since, trace, evidence, found?.as)
    }
    return this.#saying()
  }

  /** What it says beside what it became: that it chatters, that it fails. */
  #saying(): Draft | null {
    const { id: rule, device, asset } = this.rule
    const about = { rule, device, asset, trace: this.#trace }
    const chattering = this.#chatter.unsaid()
    if (chattering) return { type: 'condition.chattered', ...about, ...chattering }
    if (this.#failing && !this.#failing.isSaid) return { type: 'condition.failed', ...about, why: this.#failing.why }
    return null
  }

  #sayingDue(): number {
    if (this.#heardAt === null) return Infinity
    return this.#chatter.unsaid() || this.#failing?.isSaid === false ? this.#heardAt : Infinity
  }

  #silentDue(): number {
    if (!this.#judgement.silentAt || this.#heardAt === null || this.#side === 'true') return Infinity
    return this.#judgement.silentAt(this.#heardAt).at
  }

  /** Where silence is itself the condition, it is never a doubt as well: the two would take turns for ever. */
  #unknownDue(): number {
    return this.#unknownSince === null || this.#side === 'unknown' || this.#judgement.silentAt
      ? Infinity
      : this.#unknownSince + this.rule.validityMs
  }

  /** A delay must end within the validity of what was heard last: bad or missing data proves nothing. */
  #pendingDue(): number {
    if (this.#pending === null || this.#raw !== this.#pending.to) return Infinity
    const due = this.#pending.since + (this.#pending.to === 'true' ? this.rule.onDelayMs : this.rule.offDelayMs)
    return due > (this.#heardAt ?? 0) + this.rule.validityMs ? Infinity : due
  }

  apply(event: Event): void {
    if (event.type === 'condition.chattered') return this.#chatter.said()
    if (event.type === 'condition.failed') {
      // Out of the journal alone nobody knows what went wrong when; the memory follows.
      this.#failing = { why: event.why, at: this.#failing?.at ?? event.at, isSaid: true }
      return
    }
    if (event.type !== 'condition.became') return
    this.#side = event.state
    if (event.state !== 'unknown') this.#known = event.state
    this.#pending = null
  }

  /** Why it cannot be judged, as it was said; null while it is well, or was so for a day. */
  failing(at: number): Why | null {
    return this.#failing?.isSaid && at - this.#failing.at <= WELL_MS ? this.#failing.why : null
  }

  /** The side, which is the journal's. */
  side(): Side {
    return [this.#side, this.#known]
  }

  restore([side, known]: Side): void {
    this.#side = side
    this.#known = known
    if (this.#pending?.to === side) this.#pending = null
  }

  /**
   * Goes on from the detector of the same rule as it was defined before: what was announced stands and silence still
   * counts, but no delay runs on, and the next sample is the first that is judged by the new definition. Where what is
   * watched stayed the same (a delay changed, a name, a priority), what was learnt of it, how often it flipped and that
   * it fails are known on; another watch learns, counts and fails anew. Call it after the newest readings were taken.
   */
  follow(before: Detector): void {
    this.restore(before.side())
    this.#evidence = before.#evidence
    this.#unknownSince = before.#unknownSince
    this.#heardAt = before.#heardAt
    this.#trace = before.#trace
    this.#isBack = before.#isBack
    if (!watchesAlike(this.rule, before.rule)) return
    const { flipped = null, chatter, failure = null, judgement } = before.memory()
    this.#flipped = flipped
    if (chatter !== undefined) this.#chatter.recall(chatter)
    this.#failing = failure
    if (judgement !== undefined) this.#judgement.recall?.(judgement)
  }

  /** The memory, which is a function of the reading log: a keyframe saves feeding the whole log again. */
  memory(): Memory {
    const judgement = this.#judgement.memory?.()
    return {
      side: this.side(),
      raw: this.#raw,
      evidence: this.#evidence,
      pending: this.#pending,
      unknownSince: this.#unknownSince,
      heardAt: this.#heardAt,
      trace: this.#trace,
      flipped: this.#flipped,
      chatter: this.#chatter.memory(),
      failure: this.#failing,
      isBack: this.#isBack,
      ...(judgement === undefined ? {} : { judgement }),
    }
  }

  /** A keyframe of an older version knows less. */
  recall(memory: Memory): void {
    this.#raw = memory.raw
    this.#evidence = memory.evidence
    this.#pending = memory.pending?.to === this.#side ? null : memory.pending
    this.#unknownSince = memory.unknownSince
    this.#heardAt = memory.heardAt
    this.#trace = memory.trace
    this.#flipped = memory.flipped ?? null
    if (memory.chatter !== undefined) this.#chatter.recall(memory.chatter)
    this.#failing = memory.failure ?? null
    this.#isBack = memory.isBack ?? false
    if (memory.judgement !== undefined) this.#judgement.recall?.(memory.judgement)
    this.#newestAt = -Infinity
  }

  #became(state: Truth, since: number, trace: string, evidence: Evidence, found?: Found): Draft {
    const { id: rule, device, asset } = this.rule
    return {
      type: 'condition.became',
      rule,
      device,
      asset,
      state,
      since,
      evidence,
      ...(found ? { found } : {}),
      trace,
    }
  }
}

/** Conditions compare by their text. How long a gap may be is part of what a window has seen. */
function watchesAlike(one: Rule, other: Rule): boolean {
  return one.validityMs === other.validityMs && JSON.stringify(one.watch) === JSON.stringify(other.watch)
}
