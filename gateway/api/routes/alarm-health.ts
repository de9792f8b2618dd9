import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import { type AlarmHealth, TARGETS } from '#rules/alarms/health.ts'
import { perPlan } from '../../site/live.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { timesOf, timeUnder } from '../site-time.ts'
import { both } from '../views/said.ts'

const DAYS_7_MS = 7 * 86_400_000
const Query = Type.Object(
  {
    from: Type.Optional(Type.String({ maxLength: 64, description: 'a week before to, unless said' })),
    to: Type.Optional(Type.String({ maxLength: 64, description: 'now, unless said' })),
  },
  { additionalProperties: false },
)

/** The alarm system itself, against the figures of EEMUA 191. */
export function alarmHealth({ site, read, clock }: ApiContext): FastifyPluginAsyncTypebox {
  const config = { access: { roles: PERMISSIONS.readAlarms } }
  const time = timesOf(site.plan.timeZone)
  const operatorsOf = () => site.plan.settings.alarms?.operators ?? 1
  const rules = perPlan(site, (plan) => new Map(plan.rules.map((rule) => [rule.id, rule])))

  function periodOf({ from, to }: { from?: string; to?: string }): { from: number; to: number } {
    const end = to === undefined ? clock.now() : timeUnder('to', to)
    const start = from === undefined ? end - DAYS_7_MS : timeUnder('from', from)
    if (start >= end) throw new Fault('invalid_request', { detail: 'from must be before to' })
    return { from: start, to: end }
  }

  const listed = (list: AlarmHealth['badActors']) =>
    list.map(({ rule, asset, count, lastAt }) => ({
      rule,
      name: both(rules().get(rule)?.name ?? rule),
      asset,
      assetName: both(site.plan.assets.get(asset)?.name ?? asset),
      count,
      lastAt: time(lastAt),
    }))
  const healthOf = (period: { from: number; to: number }) =>
    read.alarmHealth({ ...period, now: clock.now(), operators: operatorsOf() })

  return async (app) => {
    app.get(
      '/api/v1/alarm-health',
      { config, schema: { summary: 'How many alarms people are told of, against EEMUA 191', querystring: Query } },
      async ({ query }) => {
        const period = periodOf(query)
        const { frequent, badActors, stretches, ...figures } = await healthOf(period)
        return {
          from: time(period.from),
          to: time(period.to),
          operators: operatorsOf(),
          ...figures,
          stretches: stretches.map((stretch) => ({ ...stretch, from: time(stretch.from) })),
          frequent: listed(frequent),
          badActors: listed(badActors),
          targets: TARGETS,
        }
      },
    )
    app.get(
      '/api/v1/bad-actors',
      { config, schema: { summary: 'Rules that chatter, the worst first', querystring: Query } },
      async ({ query }) => {
        const { badActors } = await healthOf(periodOf(query))
        return { items: listed(badActors), next: null }
      },
    )
  }
}
