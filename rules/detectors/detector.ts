import type { Reading } from '#devices/reading.ts'
import type { Draft, EventOf, Evidence, Truth } from '../event.ts'
import type { Rule } from '../plan.ts'

/** What the newest readings say, before any delay. */
export type Verdict = Readonly<{ state: Truth; evidence: Evidence }>

/** The part of a detector that differs by kind of condition: one file each. */
export type Judgement = Readonly<{
  /** Points of the device it watches; null for all. */
  points: readonly string[] | null
  /** Takes in one reading; older than the point's newest never comes here. */
  take(reading: Reading): void
  /** `known` is the last side that was not unknown: the side of the hysteresis. */
  verdict(known: 'true' | 'false'): Verdict
  /** Raw silence is itself the condition (communication): the time at which it becomes true. */
  silentAt?(lastHeardAt: number): number
}>

type Pending = Readonly<{ to: 'true' | 'false'; since: number; trace: string; evidence: Evidence }>

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
}>

/**
 * One rule on one device: a judgement, made patient by on- and off-delay.
 *
 * Its memory is a function of the reading log (`observe`), its side of the journal (`apply`): so it can be rebuilt.
 * A gap of bad data shorter than the validity neither proves nor restarts a delay; a longer one turns it unknown.
 */
export class Detector {
  readonly rule: Rule
  readonly points: readonly string[] | null
  readonly #judgement: Judgement
  #side: Truth = 'unknown'
  #known: 'true' | 'false' = 'false'
  #raw: Truth = 'unknown'
  #evidence: Evidence = { at: 0 }
  #pending: Pending | null = null
  #unknownSince: number | null = null
  #heardAt: number | null = null
  #trace = ''

  constructor(rule: Rule, judgement: Judgement) {
    this.rule = rule
    this.points = judgement.points
    this.#judgement = judgement
  }

  take(reading: Reading): void {
    this.#judgement.take(reading)
  }

  /** After all readings of one batch were taken. `trace` names the batch. */
  observe(at: number, trace: string): void {
    if (this.#isGapTooLong(at)) this.#pending = null
    this.#heardAt = at
    this.#trace = trace
    const { state, evidence } = this.#judgement.verdict(this.#known)
    this.#raw = state
    this.#evidence = evidence
    if (state === 'unknown') {
      this.#unknownSince ??= at
      return
    }
    this.#unknownSince = null
    if (state === this.#side) this.#pending = null
    else if (this.#pending?.to !== state) this.#pending = { to: state, since: at, trace, evidence }
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
    if (this.#heardAt === null || at - this.#heardAt <= this.rule.validityMs) return
    this.#heardAt = at
    this.#raw = 'unknown'
    this.#pending = null
    this.#unknownSince = at
  }

  /** Site time of the next moment at which it has something to say; null for never. */
  due(): number | null {
    const due = Math.min(this.#silentDue(), this.#unknownDue(), this.#pendingDue())
    return due === Infinity ? null : due
  }

  /** What it became by `at`, if anything. Changes nothing. */
  decide(at: number): Draft | null {
    if (at >= this.#silentDue()) {
      return this.#became('true', this.#heardAt!, this.#trace, { reason: 'silent', at: this.#heardAt! })
    }
    if (at >= this.#unknownDue()) return this.#became('unknown', this.#unknownSince!, this.#trace, this.#evidence)
    if (at < this.#pendingDue()) return null
    const { to, since, trace, evidence } = this.#pending!
    return this.#became(to, since, trace, evidence)
  }

  #silentDue(): number {
    if (!this.#judgement.silentAt || this.#heardAt === null || this.#side === 'true') return Infinity
    return this.#judgement.silentAt(this.#heardAt)
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

  apply(event: EventOf<'condition.became'>): void {
    this.#side = event.state
    if (event.state !== 'unknown') this.#known = event.state
    this.#pending = null
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

  /** The memory, which is a function of the reading log: a keyframe saves feeding the whole log again. */
  memory(): Memory {
    return {
      side: this.side(),
      raw: this.#raw,
      evidence: this.#evidence,
      pending: this.#pending,
      unknownSince: this.#unknownSince,
      heardAt: this.#heardAt,
      trace: this.#trace,
    }
  }

  recall(memory: Memory): void {
    this.#raw = memory.raw
    this.#evidence = memory.evidence
    this.#pending = memory.pending?.to === this.#side ? null : memory.pending
    this.#unknownSince = memory.unknownSince
    this.#heardAt = memory.heardAt
    this.#trace = memory.trace
  }

  #became(state: Truth, since: number, trace: string, evidence: Evidence): Draft {
    const { id: rule, device, asset } = this.rule
    return { type: 'condition.became', rule, device, asset, state, since, evidence, trace }
  }
}
