import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { reportsOf } from '../../intake/reports.ts'
import { pageInScope } from '../scope.ts'
import { timesOf } from '../site-time.ts'
import { AlarmOrigins } from '../views/alarm-origins.ts'
import { reportView } from '../views/intake-view.ts'
import { orderView } from '../views/order-view.ts'
import { IdParams, LIST_QUERY, NoQuery } from './collection.ts'
import { ordersOf } from './order-scope.ts'

const OrdersQuery = Type.Object(
  { ...LIST_QUERY, assignee: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })) },
  { additionalProperties: false },
)

export function orders(context: ApiContext): FastifyPluginAsyncTypebox {
  const view = orderView(context.site, new AlarmOrigins(context.read), context.clock)
  const config = { access: { roles: PERMISSIONS.readOwnOrders } }
  const scope = ordersOf(context)
  const time = timesOf(context.site.plan.timeZone)

  return async (app) => {
    app.get(
      '/api/v1/orders',
      { config, schema: { summary: 'Work orders, newest first', querystring: OrdersQuery } },
      async ({ query, identity }) => {
        const page = (part: { limit: number; before?: number }) => context.read.list('orders', { ...query, ...part })
        const { items, next } = await pageInScope(query, page, (order) => scope.maySee(identity!, order))
        return { items: await Promise.all(items.map(view)), next }
      },
    )
    app.get(
      '/api/v1/orders/:id',
      { config, schema: { summary: 'One work order', params: IdParams, querystring: NoQuery } },
      async ({ params: { id }, identity }) => {
        const order = await context.read.get('orders', id)
        if (!order || !scope.maySee(identity!, order)) throw new Fault('not_found')
        const reports = reportsOf(order, { secrets: context.secrets, register: context.residents.register })
        return { ...(await view(order)), reports: reports.map((report) => reportView(report, order, identity!, time)) }
      },
    )
  }
}
