import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { NoQuery } from './collection.ts'

export function metrics({ metrics }: ApiContext): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/metrics',
      {
        config: { access: { roles: PERMISSIONS.readMetrics } },
        schema: { summary: "Metrics in Prometheus' text format", querystring: NoQuery },
      },
      async (_, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics()),
    )
  }
}
