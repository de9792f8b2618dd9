import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import type { ServerCertificate } from '#ingest/opcua/server-trust.ts'
import type { OpcUaDesk, OwnReport, ServerView } from '../../opcua/desk.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { timesOf } from '../site-time.ts'
import { NoQuery } from './collection.ts'

const strict = { additionalProperties: false } as const
const ServerParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) }, strict)
const Approval = Type.Object(
  {
    thumbprint: Type.String({
      pattern: '^[0-9a-fA-F: ]{40,120}$',
      description: 'SHA-1 or SHA-256, as it was compared',
    }),
    evenExpired: Type.Optional(Type.Boolean()),
  },
  strict,
)
const NodeQuery = Type.Object(
  {
    node: Type.Optional(Type.String({ minLength: 3, maxLength: 512, description: 'the folder Objects unless said' })),
    from: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000 })),
  },
  strict,
)
const Nothing = Type.Object({}, strict)
/** Part 5 §8.2.1: where what a server serves begins. */
const OBJECTS_FOLDER = 'ns=0;i=85'

/** OPC UA servers: their state, their certificates, and what stands in them. For whoever commissions them. */
export function opcua({ opcua, clock, site }: ApiContext): FastifyPluginAsyncTypebox {
  const time = timesOf(site.plan.timeZone)
  const config = { access: { roles: PERMISSIONS.commission } }
  const certificateView = (certificate: ServerCertificate) => ({
    ...certificate,
    validFrom: time(certificate.validFrom),
    expiresAt: time(certificate.expiresAt),
  })
  const ownView = (own: OwnReport) => ({ ...own, expiresAt: time(own.expiresAt) })
  const serverView = ({ approved, parked, ...server }: ServerView) => ({
    ...server,
    since: time(server.since),
    approved: approved && certificateView(approved),
    parked: parked && certificateView(parked),
  })
  const desk = (): OpcUaDesk => {
    if (!opcua) throw new Fault('not_found')
    return opcua
  }

  return async (app) => {
    app.get(
      '/api/v1/opcua',
      {
        config,
        schema: { summary: 'OPC UA servers: state, certificates, nodes that are refused', querystring: NoQuery },
      },
      async () => {
        const { own = null, servers = [] } = opcua?.report() ?? {}
        return { now: time(clock.now()), own: own && ownView(own), items: servers.map(serverView), next: null }
      },
    )
    app.get(
      '/api/v1/opcua/:id/nodes',
      {
        config,
        schema: {
          summary: 'What stands below a node of a server, with the values of its variables',
          params: ServerParams,
          querystring: NodeQuery,
        },
      },
      async ({ params, query: { node = OBJECTS_FOLDER, from = 0 } }) => desk().browse(params.id, node, from),
    )
    app.post(
      '/api/v1/opcua/:id/approve',
      {
        config,
        schema: {
          summary: 'Believe a server by the certificate that it showed, after comparing its thumbprint at the server',
          params: ServerParams,
          querystring: NoQuery,
          body: Approval,
        },
      },
      async ({ params, body: { thumbprint, evenExpired = false }, identity }) =>
        certificateView(await desk().approve(params.id, thumbprint, evenExpired, identity!.id)),
    )
    app.post(
      '/api/v1/opcua/:id/revoke',
      {
        config,
        schema: {
          summary: 'Believe a server no more, from its next session on',
          params: ServerParams,
          querystring: NoQuery,
          body: Nothing,
        },
      },
      async ({ params, identity }) => {
        await desk().revoke(params.id, identity!.id)
        return {}
      },
    )
    app.post(
      '/api/v1/opcua-certificate/renew',
      {
        config,
        schema: {
          summary: "Make a new certificate of the gateway's own; each server has to be told to trust it",
          querystring: NoQuery,
          body: Nothing,
        },
      },
      async ({ identity }) => ownView(await desk().renew(identity!.id)),
    )
  }
}
