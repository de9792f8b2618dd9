import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { FALSE_ALARM_PROOFS } from '#rules/orders/states.ts'
import type { ApiContext } from '../context.ts'
import { By, commandRoute, Reason } from './commands.ts'
import { asYourself } from './control.ts'
import { ordersOf } from './order-scope.ts'

/** How orders end otherwise than by being mended; and what is said of them when they are over. */
export function orderEnds(context: ApiContext): FastifyPluginAsyncTypebox {
  const { guard } = ordersOf(context)
  return async (app) => {
    commandRoute(app, context, {
      summary: 'Merge into another open order, which answers for its alarms from then on; never a P0',
      path: '/api/v1/orders/:id/merge',
      permission: 'decideOrders',
      body: { ...By, into: By.by },
      command: (order, { by, into }) => ({ type: 'order.merge', order, by, into }),
    })
    commandRoute(app, context, {
      summary: 'Nothing was wrong, and how one knows: it ends the order when a second person agrees',
      path: '/api/v1/orders/:id/false-alarm',
      permission: 'findFalse',
      body: { ...By, proof: Type.Enum([...FALSE_ALARM_PROOFS]), reason: Reason },
      command: (order, { by, proof, reason }, identity) => ({
        type: 'order.find_false',
        order,
        by: asYourself(by, identity),
        proof,
        reason,
      }),
    })
    commandRoute(app, context, {
      summary: 'Agree that nothing was wrong: a supervisor at another account than whoever found it so',
      path: '/api/v1/orders/:id/false-alarm/approve',
      permission: 'decideOrders',
      body: By,
      command: (order, { by }, identity) => ({ type: 'order.approve_false', order, by: asYourself(by, identity) }),
    })
    commandRoute(app, context, {
      summary: 'Not needed any more, with the reason; refused while the cause is still there',
      path: '/api/v1/orders/:id/cancel',
      permission: 'decideOrders',
      body: { ...By, reason: Reason },
      command: (order, { by, reason }) => ({ type: 'order.cancel', order, by, reason }),
    })
    commandRoute(app, context, {
      summary: 'Not solved: opened again under its number, within 7 days of its end',
      path: '/api/v1/orders/:id/reopen',
      permission: 'callBack',
      body: { ...By, reason: Reason },
      guard,
      command: (order, { by, reason }) => ({ type: 'order.reopen', order, by, reason }),
    })
    commandRoute(app, context, {
      summary: 'Called back by somebody who did not do the work: reached, and solved or not',
      path: '/api/v1/orders/:id/call-back',
      permission: 'callBack',
      body: { ...By, reached: Type.Boolean(), solved: Type.Optional(Type.Boolean()) },
      guard,
      command: (order, { by, reached, solved }) => ({
        type: 'order.call_back',
        order,
        by,
        reached,
        ...(solved === undefined ? {} : { solved }),
      }),
    })
    commandRoute(app, context, {
      summary: 'One to five stars, until 7 days after the end',
      path: '/api/v1/orders/:id/rate',
      permission: 'callBack',
      body: { ...By, stars: Type.Integer({ minimum: 1, maximum: 5 }) },
      guard,
      command: (order, { by, stars }) => ({ type: 'order.rate', order, by, stars }),
    })
  }
}
