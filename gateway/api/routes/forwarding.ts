import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { parseTime } from '../site-time.ts'
import { NoQuery } from './collection.ts'

const Time = Type.String({ maxLength: 40 })
const Range = Type.Object(
  { target: Type.String({ minLength: 1, maxLength: 300 }), from: Time, to: Time },
  { additionalProperties: false },
)

/** Sends a past range to a database again, as after it was restored from an old backup. */
export function forwarding({ resend }: Pick<ApiContext, 'resend'>): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/api/v1/forwarding/resend',
      {
        config: { access: { roles: PERMISSIONS.resend } },
        schema: { summary: 'Send a past range to a database again', querystring: NoQuery, body: Range },
      },
      async ({ body }, reply) => {
        const [from, to] = [parseTime(body.from), parseTime(body.to)]
        if (from === null || to === null || from >= to)
          throw new Fault('invalid_request', { detail: 'from < to, ISO 8601' })
        const isBegun = resend(body.target, { from, to })
        if (isBegun === null) throw new Fault('not_found')
        if (!isBegun) throw new Fault('busy')
        return reply.code(202).send({ target: body.target, from: body.from, to: body.to })
      },
    )
  }
}
