import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import { SIDES } from '#rules/handover/events.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { handoverLine, handoverSheet } from '../views/handover-view.ts'
import { IdParams, LIST_QUERY, NoQuery } from './collection.ts'
import { By, commandRoute, Note } from './commands.ts'
import { asYourself } from './control.ts'

const Query = Type.Object(LIST_QUERY, { additionalProperties: false })

/** Shift handover sheets 交接班: what is open, and who signed for it. */
export function handovers(context: ApiContext): FastifyPluginAsyncTypebox {
  const [line, sheet] = [handoverLine(context), handoverSheet(context)]
  const config = { access: { roles: PERMISSIONS.handOver } }

  return async (app) => {
    app.get(
      '/api/v1/handovers',
      { config, schema: { summary: 'Shift handovers, newest first', querystring: Query } },
      async ({ query }) => {
        const { items, next } = await context.read.list('handovers', query)
        return { items: items.map(line), next }
      },
    )
    app.get(
      '/api/v1/handovers/:id',
      {
        config,
        schema: { summary: 'One handover sheet with all that stands on it', params: IdParams, querystring: NoQuery },
      },
      async ({ params: { id } }) => {
        const found = await context.read.get('handovers', id)
        if (!found) throw new Fault('not_found')
        return sheet(found)
      },
    )
    commandRoute(app, context, {
      summary: 'Sign for the side that leaves or the side that comes',
      path: '/api/v1/handovers/:id/sign',
      permission: 'handOver',
      body: { ...By, side: Type.Optional(Type.Enum([...SIDES])), note: Note },
      command: (handover, { by, side, note }, identity) => ({
        type: 'handover.sign',
        handover,
        by: asYourself(by, identity),
        ...(side === undefined ? {} : { side }),
        ...(note === undefined ? {} : { note }),
      }),
    })
  }
}
