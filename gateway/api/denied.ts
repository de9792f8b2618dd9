import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Fault } from '#devices/fault.ts'
import type { Denial } from '../access/denials.ts'
import type { ApiContext } from './context.ts'

const MINUTE_MS = 60_000

/** Notes that somebody was turned away; resolves with the fault to answer, when what was noted is durable. */
export type Denied = (what: Denial['what'], request: FastifyRequest) => Promise<Fault>

/** S38: who is turned away at a route stands in the journal; and each minute how many more there were. */
export function auditDenials(
  app: Pick<FastifyInstance, 'addHook'>,
  { access: { denials }, audit, events, log }: Pick<ApiContext, 'access' | 'audit' | 'events' | 'log'>,
): Denied {
  const tell = () => (denials.tell() ? audit() : Promise.resolve())
  let cancel = () => {}
  const eachMinute = () => {
    cancel = events.delay(MINUTE_MS, () => {
      tell().catch((error: Error) => log.error({ error: error.message }, 'who was turned away is not journaled yet'))
      eachMinute()
    })
  }
  eachMinute()
  app.addHook('onClose', async () => {
    cancel()
    // What cannot be journaled now is kept beside the accounts, and journaled at the next start.
    await tell().catch(() => {})
  })
  return async (what, request) => {
    const route = `${request.method} ${request.routeOptions.url ?? ''}`
    if (denials.add({ what, account: request.identity?.id ?? null, route })) await audit()
    return new Fault('forbidden')
  }
}
