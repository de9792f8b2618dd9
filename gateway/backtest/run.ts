import type { Plan } from '#rules/plan.ts'
import { Backtest } from './backtest.ts'
import { eachMoment } from './moments.ts'
import type { PlannedWork, Report } from './report.ts'
import type { Stretches } from './stretches.ts'

/** `done` of the whole (0 to 1), `readings` so far. */
export type ShowProgress = (done: number, readings: number) => void

/** A stretch of history through the rules of a plan. */
export function runBacktest(
  plan: Plan,
  stretches: Stretches,
  { planned, progress }: Readonly<{ planned: readonly PlannedWork[]; progress: ShowProgress }>,
): Report {
  const backtest = new Backtest({ plan, from: stretches.from, planned })
  let readings = 0
  for (const { series, share } of stretches.read()) {
    eachMoment(series, (_, at, said) => backtest.take(at, said))
    for (const { run } of series) readings += run.length
    progress(share, readings)
  }
  return backtest.end(Math.max(stretches.from, stretches.to), stretches.series)
}
