import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { timeUnder } from '../site-time.ts'
import { silenceView } from '../views/silence-view.ts'
import { LIST_QUERY } from './collection.ts'
import { By, commandRoute, Reason, When } from './commands.ts'
import { knownStaff } from './staff.ts'

const Ids = Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { maxItems: 200 }))
const KINDS = ['shelf', 'service', 'maintenance'] as const
const Query = Type.Object(
  { ...LIST_QUERY, kind: Type.Optional(Type.Union(KINDS.map((kind) => Type.Literal(kind)))) },
  { additionalProperties: false },
)

/** What keeps alarms silent: shelves, what is out of service, maintenance windows. */
export function alarmSilences(context: ApiContext): FastifyPluginAsyncTypebox {
  const view = silenceView(context.site)
  const known = knownStaff(context.site)

  return async (app) => {
    app.get(
      '/api/v1/silences',
      {
        config: { access: { roles: PERMISSIONS.readAlarms } },
        schema: { summary: 'Shelves, what is out of service, maintenance windows; newest first', querystring: Query },
      },
      async ({ query }) => {
        const { items, next } = await context.read.list('silences', query)
        return { items: items.map(view), next }
      },
    )
    commandRoute(app, context, {
      summary: 'Unshelve: what still holds is announced at once',
      path: '/api/v1/shelves/:id/end',
      permission: 'shelve',
      body: By,
      command: (shelf, { by }) => ({ type: 'alarm.unshelve', shelf, by: known(by) }),
    })
    commandRoute(app, context, {
      summary: 'Take an asset, or one rule of it, out of service',
      path: '/api/v1/assets/:id/out-of-service',
      permission: 'takeOutOfService',
      body: {
        ...By,
        order: Type.String({ minLength: 1, maxLength: 64, description: 'number of the order under which it is out' }),
        reason: Reason,
        rule: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
      },
      command: (asset, { by, order, reason, rule }) => ({
        type: 'service.remove',
        asset,
        by: known(by),
        workOrder: order,
        reason,
        ...(rule === undefined ? {} : { rule }),
      }),
    })
    commandRoute(app, context, {
      summary: 'Return to service: what still holds is announced at once',
      path: '/api/v1/services/:id/return',
      permission: 'takeOutOfService',
      body: By,
      command: (service, { by }) => ({ type: 'service.return', service, by: known(by) }),
    })
    commandRoute(app, context, {
      summary: 'Plan a maintenance window that names assets, or single rules; a safety alarm only by its rule',
      path: '/api/v1/maintenance',
      permission: 'planMaintenance',
      body: { ...By, assets: Ids, rules: Ids, from: When, to: When, reason: Reason },
      command: (_, { by, assets = [], rules = [], from, to, reason }) => ({
        type: 'maintenance.plan',
        assets,
        rules,
        from: timeUnder('from', from),
        to: timeUnder('to', to),
        by: known(by),
        reason,
      }),
    })
    commandRoute(app, context, {
      summary: 'A new end for a maintenance window; within ten minutes after the old one nothing rings meanwhile',
      path: '/api/v1/maintenance/:id/extend',
      permission: 'planMaintenance',
      body: { ...By, to: When },
      command: (window, { by, to }) => ({ type: 'maintenance.extend', window, to: timeUnder('to', to), by: known(by) }),
    })
    commandRoute(app, context, {
      summary: 'End a maintenance window, or call it off',
      path: '/api/v1/maintenance/:id/end',
      permission: 'planMaintenance',
      body: By,
      command: (window, { by }) => ({ type: 'maintenance.end', window, by: known(by) }),
    })
  }
}
