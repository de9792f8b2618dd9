import type { OrderClass, Priority } from '#devices/alarm-definition.ts'
import type { Evidence } from '#rules/event.ts'

/** One time that an alarm came. Times are site time in ms; `clearedAt` is null while it stood to the end. */
export type Finding = Readonly<{
  rule: string
  device: string
  asset: string
  priority: Priority
  class: OrderClass
  /** When the condition began; it was raised after its delay. */
  occurredAt: number
  raisedAt: number
  clearedAt: number | null
  evidence: Evidence
  /** It came while somebody worked there by plan. */
  planned: boolean
}>

export type Totals = Readonly<{
  alarms: number
  orders: number
  notices: number
  /** Orders that called somebody between 22:00 and 06:00 of the site. */
  nightCalls: number
  inPlannedWork: number
}>

/** What rules would have done with a stretch of history. */
export type Report = Readonly<{
  from: number
  to: number
  readings: number
  series: number
  totals: Totals
  perRule: Readonly<Record<string, Totals>>
  findings: readonly Finding[]
  /** More alarms than are listed. */
  notListed: number
}>

/** Work that was planned: [from, to) in ms, on one asset or on all. */
export type PlannedWork = Readonly<{ from: number; to: number; asset?: string }>

export type Comparison = Readonly<{
  /** Alarms of the one and of the other that have no counterpart at the same time. */
  onlyBefore: readonly Finding[]
  onlyAfter: readonly Finding[]
  inBoth: number
}>

/** Two versions of a rule over the same history: an alarm has its counterpart where both stood at the same time. */
export function compared(before: Report, after: Report): Comparison {
  const byRule = Map.groupBy(before.findings, ({ rule }) => rule)
  const met = new Set<Finding>()
  const onlyAfter = after.findings.filter((finding) => {
    const same = (byRule.get(finding.rule) ?? []).filter((other) => isAtOnce(finding, other))
    for (const other of same) met.add(other)
    return same.length === 0
  })
  return {
    onlyBefore: before.findings.filter((finding) => !met.has(finding)),
    onlyAfter,
    inBoth: after.findings.length - onlyAfter.length,
  }
}

function isAtOnce(one: Finding, other: Finding): boolean {
  return one.raisedAt <= (other.clearedAt ?? Infinity) && other.raisedAt <= (one.clearedAt ?? Infinity)
}
