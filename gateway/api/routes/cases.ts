import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import { VERDICTS } from '#rules/cases/events.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { caseView } from '../views/case-view.ts'
import { IdParams, LIST_QUERY, NoQuery } from './collection.ts'
import { By, commandRoute, Reason } from './commands.ts'
import { asYourself } from './control.ts'

const Query = Type.Object(LIST_QUERY, { additionalProperties: false })

/** Supervision cases 督办单: what reached level 3, its explanation and its verdict. */
export function cases(context: ApiContext): FastifyPluginAsyncTypebox {
  const view = caseView(context)
  const config = { access: { roles: PERMISSIONS.readCases } }

  return async (app) => {
    app.get(
      '/api/v1/cases',
      { config, schema: { summary: 'Supervision cases, newest first', querystring: Query } },
      async ({ query }) => {
        const { items, next } = await context.read.list('cases', query)
        return { items: await Promise.all(items.map(view)), next }
      },
    )
    app.get(
      '/api/v1/cases/:id',
      { config, schema: { summary: 'One supervision case', params: IdParams, querystring: NoQuery } },
      async ({ params: { id } }) => {
        const found = await context.read.get('cases', id)
        if (!found) throw new Fault('not_found')
        return view(found)
      },
    )
    commandRoute(app, context, {
      summary: 'Explain how it came to level 3, within three working days',
      path: '/api/v1/cases/:id/explain',
      permission: 'explain',
      body: { ...By, text: Reason },
      command: (id, { by, text }, identity) => ({ type: 'case.explain', case: id, by: asYourself(by, identity), text }),
    })
    commandRoute(app, context, {
      summary: 'The verdict of the quality branch: excused, or so many points deducted',
      path: '/api/v1/cases/:id/judge',
      permission: 'judge',
      body: {
        ...By,
        verdict: Type.Enum([...VERDICTS]),
        points: Type.Integer({ minimum: 0, maximum: 100, default: 0 }),
        text: Reason,
      },
      command: (id, { by, verdict, points, text }, identity) => {
        return { type: 'case.judge', case: id, by: asYourself(by, identity), verdict, points, text }
      },
    })
  }
}
