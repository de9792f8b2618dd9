import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '#devices/fault.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { AlarmOrigins } from '../views/alarm-origins.ts'
import { orderView } from '../views/order-view.ts'
import { IdParams, ListQuery, NoQuery } from './collection.ts'
import { By, commandRoute, Note } from './commands.ts'

const STEPS = {
  accept: 'Take the order; the first who does has it',
  arrive: 'On site',
  close: 'Close; refused while the cause is still there',
} as const

export function orders(context: ApiContext): FastifyPluginAsyncTypebox {
  const view = orderView(context.site, new AlarmOrigins(context.read))
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
    for (const step of ['accept', 'arrive', 'close'] as const satisfies (keyof typeof STEPS)[]) {
      commandRoute(app, context, {
        summary: STEPS[step],
        path: `/api/v1/orders/:id/${step}`,
        permission: 'work',
        body: By,
        command: (order, { by }) => ({ type: `order.${step}`, order, by }),
      })
    }
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
