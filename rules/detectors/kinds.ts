import type { Rule, Watch } from '../plan.ts'
import { dataJudgement } from './data.ts'
import { Detector, type Judgement } from './detector.ts'
import { limitJudgement } from './limit.ts'
import { whenJudgement } from './when.ts'

/** One line per kind of condition. */
const KINDS: { [K in Watch['kind']]: (watch: Extract<Watch, { kind: K }>, rule: Rule) => Judgement } = {
  limit: limitJudgement,
  when: whenJudgement,
  data: dataJudgement,
}

export function detectorFor(rule: Rule): Detector {
  const judge = KINDS[rule.watch.kind] as (watch: Watch, rule: Rule) => Judgement
  return new Detector(rule, judge(rule.watch, rule))
}
