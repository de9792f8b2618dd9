import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { FIGURES_VERSION } from '#rules/months/figures.ts'
import { homesOf } from '#rules/months/months.ts'
import type { ApiContext } from '../context.ts'
import { csvOf } from '../csv.ts'
import { MONTH_PATTERN, monthBounds } from '../month-bounds.ts'
import { PERMISSIONS } from '../permissions.ts'
import { timesOf } from '../site-time.ts'
import { monthRows } from '../views/month-csv.ts'
import { monthView } from '../views/month-view.ts'
import { By, commandRoute, Note } from './commands.ts'
import { asYourself } from './control.ts'

const Params = Type.Object({ month: Type.String({ pattern: MONTH_PATTERN }) }, { additionalProperties: false })
const Query = Type.Object(
  {
    format: Type.Union([Type.Literal('json'), Type.Literal('csv')], { default: 'json' }),
    language: Type.Union([Type.Literal('zh-CN'), Type.Literal('en')], { default: 'zh-CN' }),
  },
  { additionalProperties: false },
)

/**
 * The figures of a month, each with its definition: counted anew at each look until they are frozen; afterwards as they
 * were frozen, beside what they would be today and why. No names but the ids of staff, and nothing of residents.
 */
export function months(context: ApiContext): FastifyPluginAsyncTypebox {
  const { site, read, clock } = context
  const { timeZone } = site.plan
  const boundsOf = monthBounds(context)

  async function viewOf(month: string) {
    const bounds = boundsOf(month)
    const asked = { month, timeZone, homes: homesOf(site.plan), now: clock.now(), version: FIGURES_VERSION }
    return monthView(month, bounds, await read.month(asked), timesOf(timeZone))
  }

  return async (app) => {
    app.get(
      '/api/v1/months/:month',
      {
        config: { access: { roles: PERMISSIONS.readCases } },
        schema: { summary: 'The figures of a month, as JSON or as CSV', params: Params, querystring: Query },
      },
      async ({ params, query: { format, language } }, reply) => {
        const view = await viewOf(params.month)
        if (format === 'json') return view
        return reply
          .type('text/csv; charset=utf-8')
          .header('content-disposition', `attachment; filename="month-${params.month}.csv"`)
          .send(csvOf(monthRows(view, language)))
      },
    )
    commandRoute(app, context, {
      summary: 'A resident said a good word about somebody of the staff',
      path: '/api/v1/praise',
      permission: 'callBack',
      body: {
        ...By,
        person: Type.String({ minLength: 1, maxLength: 64 }),
        forOrder: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
        text: Note,
      },
      command: (_, { by, person, forOrder, text }, identity) => ({
        type: 'praise.record',
        by: asYourself(by, identity),
        person,
        ...(forOrder === undefined ? {} : { forOrder }),
        ...(text === undefined ? {} : { text }),
      }),
    })
  }
}
