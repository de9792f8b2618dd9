import { Temporal } from 'temporal-polyfill'
import type { Event } from '#rules/event.ts'
import type { Finding, PlannedWork, Report, Totals } from './report.ts'

const LISTED = 10_000
const NIGHT = { from: 22, to: 6 }

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Counts what the events of a backtest would have meant for people. What came before `from` is only known, not counted. */
export class EventTally {
  readonly #from: number
  readonly #timeZone: string
  readonly #planned: readonly PlannedWork[]
  readonly #totals = nothing()
  readonly #perRule = new Map<string, Mutable<Totals>>()
  readonly #findings: Mutable<Finding>[] = []
  readonly #standing = new Map<string, Mutable<Finding>>()
  readonly #last = new Map<string, Mutable<Finding>>()
  readonly #rulesOfOrder = new Map<string, string>()
  #notListed = 0

  constructor({ from, timeZone, planned }: { from: number; timeZone: string; planned: readonly PlannedWork[] }) {
    this.#from = from
    this.#timeZone = timeZone
    this.#planned = planned
  }

  take(event: Event): void {
    switch (event.type) {
      case 'alarm.raised': {
        const { alarm, rule, device, asset, priority, occurredAt, evidence } = event
        const base = { rule, device, asset, priority, class: event.class }
        return this.#came(alarm, { ...base, occurredAt, raisedAt: event.at, clearedAt: null, evidence, planned: false })
      }
      case 'alarm.reoccurred': {
        const before = this.#last.get(event.alarm)
        const { occurredAt } = event
        if (before) this.#came(event.alarm, { ...before, occurredAt, raisedAt: event.at, clearedAt: null })
        return
      }
      case 'alarm.cleared':
      case 'alarm.closed': {
        const finding = this.#standing.get(event.alarm)
        if (finding) finding.clearedAt = event.at
        this.#standing.delete(event.alarm)
        if (event.type === 'alarm.closed') this.#last.delete(event.alarm)
        return
      }
      case 'order.opened':
        this.#rulesOfOrder.set(event.order, event.rule)
        this.#count(event.rule, event.at, 'orders')
        if (this.#isNight(event.at)) this.#count(event.rule, event.at, 'nightCalls')
        return
      case 'order.reopened':
        if (this.#isNight(event.at)) this.#count(event.rule, event.at, 'nightCalls')
        return
      case 'notice.published':
        return this.#count(this.#noticeRules.get(event.notice) ?? '', event.at, 'notices')
      case 'notice.drafted':
        this.#noticeRules.set(event.notice, event.rule)
        return
      default:
    }
  }
  readonly #noticeRules = new Map<string, string>()

  report(to: number, readings: number, series: number): Report {
    return {
      from: this.#from,
      to,
      readings,
      series,
      totals: this.#totals,
      perRule: Object.fromEntries(this.#perRule),
      findings: this.#findings,
      notListed: this.#notListed,
    }
  }

  #came(alarm: string, finding: Mutable<Finding>): void {
    const { raisedAt, asset } = finding
    finding.planned = this.#planned.some(
      (work) => raisedAt >= work.from && raisedAt < work.to && (work.asset === undefined || work.asset === asset),
    )
    this.#standing.set(alarm, finding)
    this.#last.set(alarm, finding)
    if (raisedAt < this.#from) return
    this.#count(finding.rule, raisedAt, 'alarms')
    if (finding.planned) this.#count(finding.rule, raisedAt, 'inPlannedWork')
    if (this.#findings.length < LISTED) this.#findings.push(finding)
    else this.#notListed++
  }

  #count(rule: string, at: number, what: keyof Totals): void {
    if (at < this.#from) return
    this.#totals[what]++
    let own = this.#perRule.get(rule)
    if (!own) this.#perRule.set(rule, (own = nothing()))
    own[what]++
  }

  #isNight(at: number): boolean {
    const { hour } = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(this.#timeZone)
    return hour >= NIGHT.from || hour < NIGHT.to
  }
}

function nothing(): Mutable<Totals> {
  return { alarms: 0, orders: 0, notices: 0, nightCalls: 0, inPlannedWork: 0 }
}
