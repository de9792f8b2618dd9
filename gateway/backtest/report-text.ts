import { isoAt } from '../api/site-time.ts'
import { grouped } from '../history-files/progress.ts'
import type { Comparison, Finding, Report, Totals } from './report.ts'
import type { Deed, RuleTestResult } from './rule-test.ts'

const SHOWN = 50
const HEAD = ['rule', 'alarms', 'orders', 'notices', 'night calls', 'in planned work']

/** Each test with what came otherwise. */
export function ruleTestLines(tests: readonly RuleTestResult[]): string[] {
  return tests.flatMap(({ name, holds, missing, unexpected }) => [
    `${holds ? 'ok      ' : 'not ok  '}${name}`,
    ...missing.map((deed) => `          expected ${said(deed)}, which did not come`),
    ...unexpected.map((deed) => `          came unexpected: ${said(deed)}`),
  ])
}

function said({ at, did, alarm }: Deed): string {
  return `${alarm} ${did} at ${at / 1_000}s`
}

/** A table of the rules, then each alarm. */
export function reportLines(report: Report, timeZone: string): string[] {
  const { from, to, readings, series, totals, perRule, findings, notListed } = report
  const rows = Object.entries(perRule).toSorted(([, a], [, b]) => b.alarms - a.alarms)
  return [
    `${grouped(readings)} readings of ${series} series, ${isoAt(from, timeZone)} – ${isoAt(to, timeZone)}`,
    ...table([HEAD, ...rows.map(([rule, own]) => [rule, ...figures(own)]), ['all', ...figures(totals)]]),
    ...(findings.length > 0 ? [''] : []),
    ...findingLines(findings, timeZone, notListed),
  ]
}

/** What one version says and the other does not. */
export function comparisonLines({ onlyBefore, onlyAfter, inBoth }: Comparison, timeZone: string): string[] {
  return [
    '',
    `in both ${inBoth}, no more ${onlyBefore.length}, new ${onlyAfter.length}`,
    ...findingLines(onlyBefore, timeZone).map((line) => `- ${line}`),
    ...findingLines(onlyAfter, timeZone).map((line) => `+ ${line}`),
  ]
}

function findingLines(findings: readonly Finding[], timeZone: string, notListed = 0): string[] {
  const shown = findings.slice(0, SHOWN).map((finding) => {
    const { rule, raisedAt, clearedAt, evidence, planned } = finding
    const end = clearedAt === null ? 'stands' : isoAt(clearedAt, timeZone)
    const { point, value, limit } = evidence
    const why =
      point === undefined ? '' : `  ${point} ${String(value)}${limit === undefined ? '' : ` (limit ${limit})`}`
    return `${isoAt(raisedAt, timeZone)}  ${end}  ${rule}${why}${planned ? '  planned work' : ''}`
  })
  const rest = findings.length - shown.length + notListed
  return rest > 0 ? [...shown, `… and ${rest} more`] : shown
}

function figures({ alarms, orders, notices, nightCalls, inPlannedWork }: Totals): string[] {
  return [alarms, orders, notices, nightCalls, inPlannedWork].map(grouped)
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  )
}
