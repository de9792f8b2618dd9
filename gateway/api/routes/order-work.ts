import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type, { type Static } from 'typebox'
import { Fault } from '#devices/fault.ts'
import type { Report } from '#rules/orders/commands.ts'
import { PAUSE_REASONS } from '#rules/orders/states.ts'
import type { ApiContext } from '../context.ts'
import { may } from '../permissions.ts'
import { timeUnder } from '../site-time.ts'
import { By, commandRoute, Note, Reason, When } from './commands.ts'
import { asYourself } from './control.ts'
import { ordersOf } from './order-scope.ts'

const STEPS = {
  accept: 'Take the order; the first who does has it',
  depart: 'On the way',
  start: 'At work',
  resume: 'The work goes on; whoever comes back says again when he is there',
  close: 'Close; refused while the cause is still there',
} as const

const Tag = Type.String({ minLength: 3, maxLength: 128 })
const ReportBody = {
  ...By,
  finding: Note,
  parts: Type.Optional(
    Type.Array(
      Type.Object(
        { name: Type.String({ minLength: 1, maxLength: 80 }), count: Type.Integer({ minimum: 1, maximum: 999 }) },
        { additionalProperties: false },
      ),
      { maxItems: 30 },
    ),
  ),
  /** Working time. */
  minutes: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000 })),
}

/** What the one who has an order does about it, step by step. */
export function orderWork(context: ApiContext): FastifyPluginAsyncTypebox {
  const { guard } = ordersOf(context)
  const permission = 'workOwn'

  return async (app) => {
    for (const step of Object.keys(STEPS) as (keyof typeof STEPS)[]) {
      commandRoute(app, context, {
        summary: STEPS[step],
        path: `/api/v1/orders/:id/${step}`,
        permission,
        body: By,
        guard,
        command: (order, { by }) => ({ type: `order.${step}`, order, by }),
      })
    }
    commandRoute(app, context, {
      summary: 'On site: with the tag that hangs there, or with a supervisor who answers for it',
      path: '/api/v1/orders/:id/arrive',
      permission,
      body: {
        ...By,
        tag: Type.Optional(Tag),
        via: Type.Optional(Type.Enum(['qr', 'nfc'])),
        approver: Type.Optional(By.by),
        reason: Type.Optional(Reason),
      },
      async guard(id, body, identity) {
        await guard(id, body, identity)
        if (body.approver === undefined) return
        if (!may(identity.role, 'decideOrders')) throw new Fault('forbidden')
        // Whoever answers for it says so himself.
        asYourself(body.approver, identity)
      },
      command(order, { by, tag, via = 'qr', approver, reason }) {
        const asset = tag === undefined ? null : context.tags.assetOf(tag)
        if (tag !== undefined && asset === null) throw new Fault('unknown_tag')
        return {
          type: 'order.arrive',
          order,
          by,
          ...(asset === null ? {} : { scan: { asset, via } }),
          ...(approver === undefined ? {} : { approver }),
          ...(reason === undefined ? {} : { reason }),
        }
      },
    })
    commandRoute(app, context, {
      summary: 'One step of what the alarm asks for is done, or is not after all',
      path: '/api/v1/orders/:id/tick',
      permission,
      body: {
        ...By,
        rule: Type.String({ minLength: 1, maxLength: 200 }),
        item: Type.Integer({ minimum: 0, maximum: 99 }),
        done: Type.Boolean(),
      },
      guard,
      command: (order, { by, rule, item, done }) => ({ type: 'order.tick', order, by, rule, item, done }),
    })
    commandRoute(app, context, {
      summary: 'Not mine, with the reason: it goes to the next who fits',
      path: '/api/v1/orders/:id/decline',
      permission,
      body: { ...By, reason: Reason },
      guard,
      command: (order, { by, reason }) => ({ type: 'order.decline', order, by, reason }),
    })
    commandRoute(app, context, {
      summary: 'Hand over to somebody else who fits, with the reason',
      path: '/api/v1/orders/:id/transfer',
      permission,
      body: { ...By, to: By.by, reason: Reason },
      guard,
      command: (order, { by, to, reason }) => ({ type: 'order.transfer', order, by, to, reason }),
    })
    commandRoute(app, context, {
      summary: 'The work rests for a reason, until somebody looks again; P0 and P1 never do',
      path: '/api/v1/orders/:id/pause',
      permission,
      body: { ...By, pause: Type.Enum([...PAUSE_REASONS]), until: When },
      guard,
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
      permission,
      body: { ...By, text: Reason, eta: Type.Optional(When) },
      guard,
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
      permission,
      body: ReportBody,
      guard,
      command: (order, { by, ...body }) => ({ type: 'order.finish', order, by, ...reportOf(body) }),
    })
    commandRoute(app, context, {
      summary: 'What was found, which parts were used, how long it took',
      path: '/api/v1/orders/:id/report',
      permission,
      body: ReportBody,
      guard,
      command: (order, { by, ...body }) => ({ type: 'order.report', order, by, ...reportOf(body) }),
    })
  }
}

type Told = Omit<Static<ReturnType<typeof Type.Object<typeof ReportBody>>>, 'by'>

function reportOf({ finding, parts, minutes }: Told): Report {
  return {
    ...(finding === undefined ? {} : { finding }),
    ...(parts === undefined ? {} : { parts }),
    ...(minutes === undefined ? {} : { minutes }),
  }
}
