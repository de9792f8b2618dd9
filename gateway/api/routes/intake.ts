import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { INTAKE_CLASSES, ORDER_SOURCES } from '#rules/orders/intake.ts'
import { intakeDesk } from '../../intake/desk.ts'
import { entrancesOf } from '../../site/places.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { timeUnder } from '../site-time.ts'
import { both } from '../views/said.ts'
import { NoQuery } from './collection.ts'
import { By, commandRoute, Reason, When } from './commands.ts'
import { ordersOf } from './order-scope.ts'

const Id = Type.String({ minLength: 1, maxLength: 64 })

/** Orders that people open: what was said goes into the private store, the order knows its id. */
export function intake(context: ApiContext): FastifyPluginAsyncTypebox {
  const { site, secrets, residents, command, audit } = context
  const open = intakeDesk({ site, secrets, register: residents.register, command, audit })
  const { guard } = ordersOf(context)

  return async (app) => {
    app.get(
      '/api/v1/intake',
      {
        config: { access: { roles: PERMISSIONS.openOrders } },
        schema: { summary: 'What an order can be opened for: classes, skills, places', querystring: NoQuery },
      },
      async () => ({
        classes: INTAKE_CLASSES,
        skills: [...new Set(site.plan.staff.flatMap(({ skills }) => skills))].toSorted(),
        places: [
          ...site.buildings.map(({ id, name = id }) => ({ id, name: both(name) })),
          ...entrancesOf({ buildings: site.buildings, zones: [], risers: [] })
            .filter(({ id, building }) => id !== building)
            .map(({ id, name }) => ({ id, name: both(name) })),
        ],
      }),
    )
    commandRoute(app, context, {
      summary: 'Open an order: for an asset, a home or a place; a complaint, an enquiry, a repair, planned work',
      path: '/api/v1/orders',
      permission: 'openOrders',
      body: {
        ...By,
        class: Type.Enum([...INTAKE_CLASSES]),
        source: Type.Optional(Type.Enum([...ORDER_SOURCES])),
        asset: Type.Optional(Id),
        home: Type.Optional(Id),
        place: Type.Optional(Id),
        skill: Type.Optional(Id),
        text: Reason,
        reporter: Type.Optional(Type.String({ pattern: '^C[A-Za-z0-9]{1,32}$' })),
        phone: Type.Optional(Type.String({ minLength: 3, maxLength: 32 })),
        name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
        against: Type.Optional(Id),
        due: Type.Optional(When),
        latest: Type.Optional(When),
      },
      async send(_, { by, source = 'staff', due, latest, ...told }, stamp) {
        const planned = {
          ...(due === undefined ? {} : { due: timeUnder('due', due) }),
          ...(latest === undefined ? {} : { latest: timeUnder('latest', latest) }),
        }
        return open({ ...told, source, ...planned }, by, stamp)
      },
    })
    commandRoute(app, context, {
      summary: 'When somebody comes, as it was promised to the home',
      path: '/api/v1/orders/:id/appoint',
      permission: 'workOwn',
      body: { ...By, for: When },
      guard,
      command: (order, { by, for: at }) => ({ type: 'order.appoint', order, by, for: timeUnder('for', at) }),
    })
  }
}
