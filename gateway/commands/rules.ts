import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { RuleTestResult } from '../backtest/rule-test.ts'
import { runBacktest } from '../backtest/run.ts'
import { compared, type Comparison, type PlannedWork, type Report } from '../backtest/report.ts'
import { comparisonLines, reportLines, ruleTestLines } from '../backtest/report-text.ts'
import { lookBackMsOf } from '../backtest/look-back.ts'
import { fileStretches, folderStretches, type Stretches } from '../backtest/stretches.ts'
import { planOf, pointsOf, trialOf } from '../backtest/trial.ts'
import { runRuleTests } from '../backtest/trying.ts'
import type { Plan } from '#rules/plan.ts'
import { monotonicNow } from '../clock.ts'
import type { ExportFormat } from '../history-files/export-text.ts'
import { FURTHEST_MS } from '../history-files/numerals.ts'
import { progressOn } from '../history-files/progress.ts'
import { loadSite } from '../site/load.ts'
import type { RuleDraft } from '../site/rule-files.ts'
import type { Site } from '../site/site.ts'
import { sayConfigFault } from '../texts.ts'
import { type Edge, EXIT_CONFIGURATION, EXIT_FAILED } from './edge.ts'
import { dataFolder } from './folder.ts'
import { historyFilesOf, sayBadLine } from './history.ts'

export type RuleTestOptions = Readonly<{
  site?: string
  data?: string[]
  from?: number
  to?: number
  against?: string
  planned?: PlannedWork[]
  atMost?: number
  format?: ExportFormat
  deviceTag: string
  json?: boolean
}>

const BAD_LINES_SHOWN = 20

/**
 * Runs the small tests of a rule file, and, with data, a stretch of history through its rules. Fails when a test does
 * not hold, or more alarms come than were allowed.
 */
export async function testRules(edge: Edge, file: string, options: RuleTestOptions): Promise<number> {
  const path = resolve(edge.cwd, file)
  const siteFile = options.site ?? siteFileOf(path)
  const missing = [path, ...(siteFile === null ? [] : [resolve(edge.cwd, siteFile)])].find((name) => !existsSync(name))
  if (siteFile === null || missing !== undefined) {
    edge.error(missing ? `caretaker: there is no file ${missing}` : 'caretaker: say --site SITE.yaml')
    return 2
  }
  const site = siteWith(edge, siteFile, { path, text: readFileSync(path, 'utf8') })
  if (!site) return EXIT_CONFIGURATION
  const ruleFile = site.ruleFiles.find((known) => resolve(edge.cwd, known.file) === path)!
  const trial = trialOf(site, ruleFile.alarms)
  const plan = planOf(trial)
  const tests = runRuleTests(ruleFile.tests, trial)
  const isAsked = options.data !== undefined || options.from !== undefined || options.to !== undefined
  if (!isAsked && tests.length === 0) {
    edge.error('caretaker: the file holds no tests; name data with --data, or a range with --from and --to')
    return 2
  }
  let report: Report | null = null
  let comparison: Comparison | null = null
  if (isAsked) {
    let before: Site | null = null
    if (options.against !== undefined) {
      before = siteWith(edge, siteFile, { path, text: readFileSync(resolve(edge.cwd, options.against), 'utf8') })
      if (!before) return EXIT_CONFIGURATION
    }
    const other =
      before && planOf(trialOf(before, before.ruleFiles.find(({ file: name }) => name === ruleFile.file)!.alarms))
    const stretches = await stretchesOf(edge, options, { ...plan, rules: [...plan.rules, ...(other?.rules ?? [])] })
    if (!stretches) return 2
    try {
      if (!(stretches.from < stretches.to)) {
        edge.error('caretaker: there are no readings of the points that these rules watch')
        return EXIT_FAILED
      }
      report = backtest(edge, plan, stretches, options)
      if (other) comparison = compared(backtest(edge, other, stretches, options), report)
    } finally {
      stretches.close()
    }
  }
  show(edge, { tests, report, comparison }, site.plan.timeZone, options.json ?? false)
  const isTooMuch = report !== null && options.atMost !== undefined && report.totals.alarms > options.atMost
  if (isTooMuch) edge.error(`${report!.totals.alarms} alarms, at most ${options.atMost} were allowed`)
  return isTooMuch || tests.some(({ holds }) => !holds) ? EXIT_FAILED : 0
}

function show(
  edge: Edge,
  result: { tests: readonly RuleTestResult[]; report: Report | null; comparison: Comparison | null },
  timeZone: string,
  isJson: boolean,
): void {
  if (isJson) return edge.out(JSON.stringify(result, null, 2))
  for (const line of ruleTestLines(result.tests)) edge.out(line)
  const { report, comparison } = result
  // What is different between two versions is asked for, not all that is the same.
  const told = report && comparison ? { ...report, findings: [], notListed: 0 } : report
  if (told) for (const line of reportLines(told, timeZone)) edge.out(line)
  if (comparison) for (const line of comparisonLines(comparison, timeZone)) edge.out(line)
}

/** The site with the rules as they stand in the file, wherever it lies; null when anything is wrong with it. */
function siteWith(edge: Edge, siteFile: string, draft: RuleDraft): Site | null {
  const { site, faults } = loadSite(siteFile, { ...edge, rules: [draft] })
  for (const fault of faults) edge.error(sayConfigFault('en', fault))
  return faults.length > 0 ? null : site
}

/** The rules of a site lie in a folder beside its file. */
function siteFileOf(rules: string): string | null {
  for (let folder = dirname(rules), up = 0; up < 3; folder = dirname(folder), up++) {
    const file = join(folder, 'site.yaml')
    if (existsSync(file)) return file
  }
  return null
}

async function stretchesOf(
  edge: Edge,
  { data, from = -FURTHEST_MS, to = FURTHEST_MS, ...options }: RuleTestOptions,
  plan: Plan,
): Promise<Stretches | null> {
  const points = pointsOf(plan)
  const range = { from, to, lookBackMs: lookBackMsOf(plan) }
  const [first = '', ...others] = data ?? [dataFolder(edge, undefined)]
  if (others.length === 0 && isFolder(resolve(edge.cwd, first)))
    return folderStretches(resolve(edge.cwd, first), points, range)
  const files = historyFilesOf(edge, [first, ...others], options)
  if (!files) return null
  const progress = progressOn(edge.screen, monotonicNow)
  let bad = 0
  const stretches = await fileStretches(files, points, range, {
    bad(name, line) {
      progress.end()
      if (++bad <= BAD_LINES_SHOWN) edge.error(sayBadLine(name, line))
    },
    progress,
    signal: edge.signal,
  })
  if (bad > BAD_LINES_SHOWN) edge.error(`… and ${bad - BAD_LINES_SHOWN} more`)
  return stretches
}

function backtest(
  edge: Edge,
  plan: ReturnType<typeof planOf>,
  stretches: Stretches,
  { planned = [] }: RuleTestOptions,
): Report {
  const progress = progressOn(edge.screen, monotonicNow)
  const report = runBacktest(plan, stretches, {
    planned,
    progress: (done, readings) => progress.show(done, 1, readings),
  })
  progress.end()
  return report
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory()
}
