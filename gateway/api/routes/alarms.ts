import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { PRIORITIES } from '#devices/alarm-definition.ts'
import { Fault } from '#devices/fault.ts'
import type { CommandBody } from '#rules/command.ts'
import { ALARM_TABLE } from '#rules/alarms/states.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { demandInScope, pageInScope, scopeOf } from '../scope.ts'
import { alarmHistoryView, alarmView } from '../views/alarm-view.ts'
import { IdParams, LIST_QUERY, NoQuery } from './collection.ts'
import { bulkRoute, By, commandRoute, Note, Reason } from './commands.ts'
import { knownStaff } from './staff.ts'

const words = <T extends string>(list: readonly T[], description?: string) =>
  Type.Optional(
    Type.Union(
      list.map((word) => Type.Literal(word)),
      description === undefined ? {} : { description },
    ),
  )
const STATES = Object.keys(ALARM_TABLE) as (keyof typeof ALARM_TABLE)[]
const Query = Type.Object(
  {
    ...LIST_QUERY,
    is: words(STATES, 'as shown: shelved, suppressed and out of service lie over the others'),
    priority: words(PRIORITIES),
    asset: Type.Optional(Type.String({ maxLength: 64 })),
    silent: Type.Optional(Type.Boolean({ description: 'only those that nobody is told of, or only the others' })),
    root: Type.Optional(Type.String({ maxLength: 64, description: 'those silent because of this alarm' })),
  },
  { additionalProperties: false },
)

/** Alarms and what people do with one of them. */
export function alarms(context: ApiContext): FastifyPluginAsyncTypebox {
  const view = alarmView(context.site)
  const historyView = alarmHistoryView(context.site)
  const config = { access: { roles: PERMISSIONS.readAlarms } }
  const own = { access: { roles: PERMISSIONS.readOwnAlarms } }
  const known = knownStaff(context.site)

  const acknowledge = {
    permission: 'acknowledge',
    body: { ...By, comment: Note },
    command: (alarm: string, { by, comment }: { by: string; comment?: string }): CommandBody => ({
      type: 'alarm.acknowledge',
      alarm,
      by: known(by),
      ...(comment === undefined ? {} : { comment }),
    }),
  } as const

  return async (app) => {
    app.get(
      '/api/v1/alarms',
      { config: own, schema: { summary: 'Alarms, newest first; of a contractor its own', querystring: Query } },
      async ({ query, identity }) => {
        const scope = scopeOf(context.site, identity!)
        const page = (part: { limit: number; before?: number }) => context.read.list('alarms', { ...query, ...part })
        const { items, next } = await pageInScope(query, page, ({ asset }) => scope.has(asset))
        return { items: items.map(view), next }
      },
    )
    app.get(
      '/api/v1/alarms/:id',
      { config: own, schema: { summary: 'One alarm', params: IdParams, querystring: NoQuery } },
      async ({ params: { id }, identity }) => {
        const alarm = await context.read.get('alarms', id)
        if (!alarm) throw new Fault('not_found')
        demandInScope(scopeOf(context.site, identity!), [alarm.asset])
        return view(alarm)
      },
    )
    app.get(
      '/api/v1/alarms/:id/history',
      {
        config,
        schema: { summary: 'All that happened to it: what, who, why and when', params: IdParams, querystring: NoQuery },
      },
      async ({ params: { id } }) => {
        const events = await context.read.eventsOfAlarm(id)
        if (events.length === 0) throw new Fault('not_found')
        return { items: events.map(historyView), next: null }
      },
    )
    commandRoute(app, context, {
      summary: 'Acknowledge: somebody knows of it',
      path: '/api/v1/alarms/:id/ack',
      ...acknowledge,
    })
    bulkRoute(app, context, {
      summary: 'Acknowledge many, with an answer for each',
      path: '/api/v1/alarms/ack',
      key: 'alarms',
      ...acknowledge,
    })
    commandRoute(app, context, {
      summary: 'Say something about it, and change nothing',
      path: '/api/v1/alarms/:id/comment',
      permission: 'acknowledge',
      body: { ...By, comment: Reason },
      command: (alarm, { by, comment }) => ({ type: 'alarm.comment', alarm, by: known(by), comment }),
    })
    commandRoute(app, context, {
      summary:
        'Shelve: nobody is told until then; a safety alarm only with a second person, while its asset is out of service',
      path: '/api/v1/alarms/:id/shelve',
      permission: 'shelve',
      body: {
        ...By,
        second: Type.Optional(By.by),
        reason: Reason,
        minutes: Type.Integer({ minimum: 1, maximum: 480, default: 480 }),
        oneShot: Type.Optional(Type.Boolean({ description: 'until it clears, if that comes first' })),
      },
      command: (alarm, { by, second, reason, minutes, oneShot = false }) => ({
        type: 'alarm.shelve',
        alarm,
        by: known(by),
        ...(second === undefined ? {} : { second: known(second) }),
        reason,
        forMs: minutes * 60_000,
        oneShot,
      }),
    })
    commandRoute(app, context, {
      summary: 'Reset a latched alarm whose cause is gone',
      path: '/api/v1/alarms/:id/reset',
      permission: 'reset',
      body: By,
      command: (alarm, { by }) => ({ type: 'alarm.reset', alarm, by: known(by) }),
    })
  }
}
