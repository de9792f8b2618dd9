import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '#devices/fault.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { alarmView } from '../views/alarm-view.ts'
import { IdParams, ListQuery, NoQuery } from './collection.ts'
import { By, commandRoute, Note } from './commands.ts'

export function alarms(context: ApiContext): FastifyPluginAsyncTypebox {
  const view = alarmView(context.site)
  const config = { access: { roles: PERMISSIONS.readAlarms } }
  const staff = new Set(context.site.plan.staff.map((person) => person.id))

  /** The core asks of orders and notices whether the person exists; of alarms it is asked here. */
  function known(by: string): string {
    if (!staff.has(by)) throw new Fault('unknown_person', { person: by })
    return by
  }

  return async (app) => {
    app.get(
      '/api/v1/alarms',
      { config, schema: { summary: 'Alarms, newest first', querystring: ListQuery } },
      async ({ query }) => {
        const { items, next } = await context.read.list('alarms', query)
        return { items: items.map(view), next }
      },
    )
    app.get(
      '/api/v1/alarms/:id',
      { config, schema: { summary: 'One alarm', params: IdParams, querystring: NoQuery } },
      async ({ params: { id } }) => {
        const alarm = await context.read.get('alarms', id)
        if (!alarm) throw new Fault('not_found')
        return view(alarm)
      },
    )
    commandRoute(app, context, {
      summary: 'Acknowledge: somebody knows of it',
      path: '/api/v1/alarms/:id/ack',
      permission: 'acknowledge',
      body: { ...By, comment: Note },
      command: (alarm, { by, comment }) => ({
        type: 'alarm.acknowledge',
        alarm,
        by: known(by),
        ...(comment === undefined ? {} : { comment }),
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
