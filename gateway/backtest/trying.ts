import type { Said } from '#devices/fault.ts'
import type { RuleTest } from '../site/rule-file.ts'
import { lookBackMsOf } from './look-back.ts'
import { type Comparison, compared, type PlannedWork, type Report } from './report.ts'
import { runRuleTest, type RuleTestResult } from './rule-test.ts'
import { runBacktest, type ShowProgress } from './run.ts'
import { folderStretches, type Range } from './stretches.ts'
import { planOf, pointsOf, type Trial } from './trial.ts'

/** Rules to try on the history of a data folder, as plain data for another thread. `before` is what they are compared with. */
export type TrialOrder = Readonly<{
  trial: Trial
  before: Trial | null
  tests: readonly RuleTest[]
  folder: string
  range: Range
  planned: readonly PlannedWork[]
}>
export type TrialResult = Readonly<{
  tests: readonly RuleTestResult[]
  /** Null where there is no reading of the points that the rules watch. */
  report: Report | null
  comparison: Comparison | null
}>
/** What the thread says: how far it is, and in the end what came out or why nothing did. */
export type TrialWord =
  | Readonly<{ done: number; readings: number }>
  | Readonly<{ result: TrialResult }>
  | Readonly<{ refused: Said | null; message: string }>

export function tryRules(
  { trial, before, tests, folder, range, planned }: TrialOrder,
  progress: ShowProgress,
): TrialResult {
  const plan = planOf(trial)
  const other = before && planOf(before)
  const results = runRuleTests(tests, trial)
  const both = { ...plan, rules: [...plan.rules, ...(other?.rules ?? [])] }
  const stretches = folderStretches(folder, pointsOf(both), { ...range, lookBackMs: lookBackMsOf(both) })
  try {
    if (!(stretches.from < stretches.to)) return { tests: results, report: null, comparison: null }
    const report = runBacktest(plan, stretches, { planned, progress })
    const comparison = other && compared(runBacktest(other, stretches, { planned, progress }), report)
    return { tests: results, report, comparison }
  } finally {
    stretches.close()
  }
}

/** Each on the rules of its device alone. */
export function runRuleTests(tests: readonly RuleTest[], trial: Trial): RuleTestResult[] {
  return tests.flatMap((test) => {
    const known = trial.devices.find(({ device }) => device.id === test.device)
    if (!known) return []
    const wanted = trial.wanted && trial.wanted.filter((alarm) => alarm.startsWith(`${test.device}/`))
    return [runRuleTest(test, planOf({ ...trial, devices: [known], wanted }), known.device)]
  })
}
