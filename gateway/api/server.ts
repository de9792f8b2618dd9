import type { AddressInfo } from 'node:net'
import { Ajv } from 'ajv'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { Fault } from '#devices/fault.ts'
import { systemRandom } from '../random.ts'
import { isForged, SAFETY_HEADERS } from './browser-safety.ts'
import type { ApiContext } from './context.ts'
import { demandDeclarations } from './declaration.ts'
import { type Identification, identification, isLoopback } from './identity.ts'
import { faultOf, sendProblem } from './problem.ts'
import { auditDenials, type Denied } from './denied.ts'
import { account } from './routes/account.ts'
import { tagsOfAssets } from './routes/asset-tags.ts'
import { alarmHealth } from './routes/alarm-health.ts'
import { alarmSilences } from './routes/alarm-silences.ts'
import { alarms } from './routes/alarms.ts'
import { cases } from './routes/cases.ts'
import { channels } from './routes/channels.ts'
import { control } from './routes/control.ts'
import { buses } from './routes/buses.ts'
import { devices } from './routes/devices.ts'
import { enter } from './routes/enter.ts'
import { events } from './routes/events.ts'
import { historyExport } from './routes/export.ts'
import { faults } from './routes/faults.ts'
import { forwarding } from './routes/forwarding.ts'
import { handovers } from './routes/handovers.ts'
import { health } from './routes/health.ts'
import { households } from './routes/households.ts'
import { householdList } from './routes/household-list.ts'
import { impact } from './routes/impact.ts'
import { metrics } from './routes/metrics.ts'
import { months } from './routes/months.ts'
import { notices } from './routes/notices.ts'
import { opcua } from './routes/opcua.ts'
import { openapi, pageOfApi } from './routes/openapi.ts'
import { intake } from './routes/intake.ts'
import { orderEnds } from './routes/order-ends.ts'
import { orderWork } from './routes/order-work.ts'
import { orders } from './routes/orders.ts'
import { page } from './routes/page.ts'
import { pages } from './routes/pages.ts'
import { photos } from './routes/photos.ts'
import { people } from './routes/people.ts'
import { plannedNotices } from './routes/planned-notices.ts'
import { residents } from './routes/residents.ts'
import { plant } from './routes/plant.ts'
import { safeguards } from './routes/safeguards.ts'
import { reach } from './routes/reach.ts'
import { roster } from './routes/roster.ts'
import { push } from './routes/push.ts'
import { rules } from './routes/rules.ts'
import { siteReload } from './routes/reload.ts'
import { scores } from './routes/scores.ts'
import { series } from './routes/series.ts'
import { session } from './routes/session.ts'
import { site } from './routes/site.ts'
import { taskLink } from './routes/task-link.ts'
import { tasks } from './routes/tasks.ts'
import { users } from './routes/users.ts'

/** One file each; every route in it says whom it serves and what it takes. */
const RESOURCES = [
  health,
  session,
  account,
  enter,
  users,
  site,
  siteReload,
  rules,
  devices,
  buses,
  opcua,
  series,
  historyExport,
  forwarding,
  alarms,
  alarmSilences,
  alarmHealth,
  orders,
  pages,
  orderWork,
  orderEnds,
  intake,
  photos,
  taskLink,
  tasks,
  tagsOfAssets,
  cases,
  scores,
  months,
  handovers,
  notices,
  impact,
  reach,
  households,
  householdList,
  plannedNotices,
  residents,
  channels,
  push,
  control,
  safeguards,
  roster,
  people,
  faults,
  events,
  metrics,
  plant,
] as const
export type Resource = (context: ApiContext) => FastifyPluginAsync

const LARGEST_BODY_BYTES = 64 * 1_024
/** Whoever has not finished by then is cut off: the whole gateway stops within ten seconds. */
const CLOSE_WITHIN_MS = 4_000

export type Listening = Readonly<{ address: Readonly<{ host: string; port: number }>; stop(): Promise<void> }>

/** The HTTP interface. Rejects when it cannot listen, or when a route does not declare whom it serves. */
export async function startServer(
  context: ApiContext,
  { host, port }: Readonly<{ host: string; port: number }>,
  more: readonly Resource[] = [],
): Promise<Listening> {
  const app = Fastify({
    loggerInstance: context.log as FastifyBaseLogger,
    // Requests are not logged: nothing that a client sends reaches the log but through an error of ours.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: LARGEST_BODY_BYTES,
    exposeHeadRoutes: false,
    trustProxy: false,
    requestTimeout: 30_000,
    frameworkErrors: (error, request, reply) => {
      void reply.headers(SAFETY_HEADERS)
      const { code, params } = faultOf(error) ?? new Fault('internal')
      void sendProblem(request as FastifyRequest, reply, code, params)
    },
  })
  const visitorSecret = context.demo && isLoopback(host) ? systemRandom().token() : null
  const who = identification(context.access, visitorSecret)

  app.removeContentTypeParser('text/plain')
  app.setValidatorCompiler(strictValidators())
  demandDeclarations(app)
  app.decorateRequest('identity', null)
  const denied = auditDenials(app, context)
  guard(app, who, denied, () => !context.demo && context.access.accounts.isEmpty())
  await openapi(app, context)
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, 'not_found'))
  app.setErrorHandler((error: Error, request, reply) => {
    const fault = faultOf(error)
    // S43: what went wrong inside stands in the log; the client learns that it did.
    if (!fault)
      request.log.error({ err: error, method: request.method, route: request.routeOptions.url }, 'a request failed')
    return sendProblem(request, reply, fault?.code ?? 'internal', fault?.params)
  })
  for (const resource of [...more, ...RESOURCES]) await app.register(resource(context))
  await app.register(pageOfApi)
  await app.register(page(who))
  await app.listen({ host, port })
  // S27: a password over plain HTTP is everybody's on the way.
  if (!isLoopback(host)) context.log.warn({ host }, 'plain HTTP beyond this machine: put TLS in front of it')
  const { address, port: bound } = app.server.address() as AddressInfo

  return {
    address: { host: address, port: bound },
    async stop() {
      const cutOff = setTimeout(() => app.server.closeAllConnections(), CLOSE_WITHIN_MS)
      await app.close()
      clearTimeout(cutOff)
    },
  }
}

/** Before every handler: safe headers, no forged command, somebody we know, with a role that the route serves. */
function guard(app: Pick<FastifyInstance, 'addHook'>, who: Identification, denied: Denied, isNew: () => boolean): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SAFETY_HEADERS)
    request.identity = who.of(request)
    if (request.is404) return
    if (isForged(request)) throw await denied('origin', request)
    const access = request.routeOptions.config.access
    // A token that is not ours is wrong everywhere, also where none is needed.
    if (request.headers.authorization !== undefined && !request.identity) {
      await denied('token', request)
      throw unauthenticated(reply, isNew())
    }
    if (access === 'open') return
    if (!request.identity) throw unauthenticated(reply, isNew())
    if (!access?.roles.includes(request.identity.role)) throw await denied('role', request)
  })
}

/** `setup` says that nobody has an account yet: the page then asks for the first one. */
function unauthenticated(reply: { header(name: string, value: string): unknown }, setup: boolean): Fault {
  reply.header('www-authenticate', 'Bearer')
  return new Fault('unauthenticated', { setup })
}

/** Bodies are taken as they are; only what stands in an address is text that must become a number. */
function strictValidators() {
  const options = { strict: false, removeAdditional: false, useDefaults: true } as const
  const [exact, fromText] = [new Ajv(options), new Ajv({ ...options, coerceTypes: true })]
  return ({ schema, httpPart }: { schema: unknown; httpPart?: string | undefined }) =>
    (httpPart === 'body' ? exact : fromText).compile(schema as object)
}
