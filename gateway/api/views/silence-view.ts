import type { Why } from '#rules/event.ts'
import { perPlan } from '../../site/live.ts'
import type { Site } from '../../site/site.ts'
import type { SilenceDocument } from '../../store/documents.ts'
import { timesOf } from '../site-time.ts'
import { both } from './said.ts'

/** A reason as people and programs read it: its code with its parameters, and times written out. */
export function whyView(why: Why, time: (at: number) => string | null): object {
  const { since, until, ...params } = why.params
  return {
    code: why.code,
    ...params,
    ...(typeof since === 'number' ? { since: time(since) } : {}),
    ...(typeof until === 'number' ? { until: time(until) } : {}),
  }
}

/** A shelf, something out of service, a maintenance window: what it covers, who did it, why and until when. */
export function silenceView(site: Site): (silence: SilenceDocument) => object {
  const rules = perPlan(site, (plan) => new Map(plan.rules.map((rule) => [rule.id, rule])))
  const time = timesOf(site.plan.timeZone)
  return ({ assets, rules: covered, alarm, from, to, endedAt, why, ...rest }) => ({
    ...rest,
    alarmId: alarm,
    assets: assets.map((id) => ({ id, name: both(site.plan.assets.get(id)?.name ?? id) })),
    rules: covered.map((id) => ({ id, name: both(rules().get(id)?.name ?? id) })),
    from: time(from),
    to: time(to),
    endedAt: time(endedAt),
    why: why && whyView(why, time),
  })
}
