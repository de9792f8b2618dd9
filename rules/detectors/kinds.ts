import type { Rule, Watch } from '../plan.ts'
import { absenceJudgement } from './absence.ts'
import { changesJudgement } from './changes.ts'
import { dataJudgement } from './data.ts'
import { Detector } from './detector.ts'
import { disagreementJudgement } from './disagreement.ts'
import { dutyJudgement } from './duty.ts'
import { guarded } from './guard.ts'
import type { Judgement } from './judgement.ts'
import { limitJudgement } from './limit.ts'
import { lostJudgement } from './lost.ts'
import { movingNormalJudgement } from './moving-normal.ts'
import { persistsJudgement } from './persists.ts'
import { rateJudgement } from './rate.ts'
import { settledJudgement } from './settled.ts'
import { stuckJudgement } from './stuck.ts'
import { whenJudgement } from './when.ts'

/** One line per kind of condition. */
const KINDS: { [K in Watch['kind']]: (watch: Extract<Watch, { kind: K }>, rule: Rule) => Judgement } = {
  limit: limitJudgement,
  persists: persistsJudgement,
  settled: (watch, rule) => settledJudgement(watch, rule, judgementOf(watch.of, rule)),
  when: whenJudgement,
  data: dataJudgement,
  rate: rateJudgement,
  stuck: stuckJudgement,
  absence: absenceJudgement,
  changes: changesJudgement,
  disagreement: disagreementJudgement,
  duty: dutyJudgement,
  lost: lostJudgement,
  'lost-lifts': foundByStage,
  measured: foundByStage,
  'moving-normal': movingNormalJudgement,
}

/** What a stage finds out of the conditions of others: no reading says it, its side is the journal's. */
function foundByStage(): Judgement {
  return { points: [], take: () => {}, verdict: () => ({ state: 'unknown', evidence: { at: 0 } }) }
}

export function detectorFor(rule: Rule): Detector {
  return new Detector(rule, judgementOf(rule.watch, rule))
}

function judgementOf(watch: Watch, rule: Rule): Judgement {
  const judge = KINDS[watch.kind] as (watch: Watch, rule: Rule) => Judgement
  return guarded(judge(watch, rule), watch.enabledWhen, rule)
}
