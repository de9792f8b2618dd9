import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import { PAUSE_REASONS } from '#rules/orders/states.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { timeUnder } from '../site-time.ts'
import { AlarmOrigins } from '../views/alarm-origins.ts'
import { orderView } from '../views/order-view.ts'
import { IdParams, ListQuery, NoQuery } from './collection.ts'
import { By, commandRoute, Note, Reason, When } from './commands.ts'

const STEPS = {
  start: 'At work',
  resume: 'The work goes on; whoever comes back says again when he is there',
  accept: 'Take the order; the first who does has it',
  arrive: 'On site',
  close: 'Close; refused while the cause is still there',
} as const

export function orders(context: ApiContext): FastifyPluginAsyncTypebox {
  const view = orderView(context.site, new AlarmOrigins(context.read), context.clock)
  const config = { access: { roles: PERMISSIONS.readOrders } }

  return async (app) => {
    app.get(
      '/api/v1/orders',
      { config, schema: { summary: 'Work orders, newest first', querystring: ListQuery } },
      async ({ query }) => {
        const { items, next } = await context.read.list('orders', query)
        return { items: await Promise.all(items.map(view)), next }
      },
    )
    app.get(
      '/api/v1/orders/:id',
      { config, schema: { summary: 'One work order', params: IdParams, querystring: NoQuery } },
      async ({ params: { id } }) => {
        const order = await context.read.get('orders', id)
        if (!order) throw new Fault('not_found')
        return view(order)
      },
    )
    for (const step of ['accept', 'arrive', 'start', 'resume', 'close'] as const satisfies (keyof typeof STEPS)[]) {
      commandRoute(app, context, {
        summary: STEPS[step],
        path: `/api/v1/orders/:id/${step}`,
        permission: 'work',
        body: By,
        command: (order, { by }) => ({ type: `order.${step}`, order, by }),
      })
    }
    commandRoute(app, context, {
      summary: 'Not mine, with the reason: it goes to the next who fits',
      path: '/api/v1/orders/:id/decline',
      permission: 'work',
      body: { ...By, reason: Reason },
      command: (order, { by, reason }) => ({ type: 'order.decline', order, by, reason }),
    })
    commandRoute(app, context, {
      summary: 'Hand over to somebody else who fits, with the reason',
      path: '/api/v1/orders/:id/transfer',
      permission: 'work',
      body: { ...By, to: By.by, reason: Reason },
      command: (order, { by, to, reason }) => ({ type: 'order.transfer', order, by, to, reason }),
    })
    commandRoute(app, context, {
      summary: 'The work rests for a reason, until somebody looks again; P0 and P1 never do',
      path: '/api/v1/orders/:id/pause',
      permission: 'work',
      body: { ...By, pause: Type.Enum([...PAUSE_REASONS]), until: When },
      command: (order, { by, pause, until }) => ({
        type: 'order.pause',
        order,
        by,
        reason: pause,
        until: timeUnder('until', until),
      }),
    })
    commandRoute(app, context, {
      summary: 'A word to those concerned: how it goes, and when it will be over',
      path: '/api/v1/orders/:id/update',
      permission: 'work',
      body: { ...By, text: Reason, eta: Type.Optional(When) },
      command: (order, { by, text, eta }) => ({
        type: 'order.update',
        order,
        by,
        text,
        ...(eta === undefined ? {} : { eta: timeUnder('eta', eta) }),
      }),
    })
    commandRoute(app, context, {
      summary: 'The work is done; whether the cause is gone, the readings say',
      path: '/api/v1/orders/:id/finish',
      permission: 'work',
      body: { ...By, finding: Note },
      command: (order, { by, finding }) => ({
        type: 'order.finish',
        order,
        by,
        ...(finding === undefined ? {} : { finding }),
      }),
    })
  }
}
