import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ApiContext } from '../context.ts'
import { may } from '../permissions.ts'
import { timesOf } from '../site-time.ts'
import { NoQuery } from './collection.ts'

/** Anybody may ask whether it lives; how it is in detail is for those who look after it. */
export function health({
  site,
  version,
  clock,
  health,
  accounting,
  events,
  vitals,
}: ApiContext): FastifyPluginAsyncTypebox {
  const time = timesOf(site.plan.timeZone)
  return async (app) => {
    app.get(
      '/api/v1/health',
      {
        config: { access: 'open' },
        schema: { summary: 'Whether it lives; in detail for those who look after it', querystring: NoQuery },
      },
      async ({ identity }) => {
        const { status, startedAt, trouble, sources, faults, forwarding, mqtt } = health()
        const open = { status, version, site: site.id, time: time(clock.now()) }
        if (!identity || !may(identity.role, 'readGateway')) return open
        const { store, disk, clock: siteClock, versions, uptimeMs } = await vitals()
        return {
          ...open,
          startedAt: time(startedAt),
          trouble,
          speed: clock.speed,
          wallOffsetMs: clock.wallOffsetMs(),
          sources: sources.map(({ devices, ...source }) => ({
            ...source,
            devices: devices.map((device) => ({ ...device, lastHeardAt: time(device.lastHeardAt) })),
          })),
          accounts: Object.fromEntries(accounting.read()),
          store,
          disk,
          clock: { ...siteClock, now: time(siteClock.now) },
          versions,
          uptimeMs,
          faults,
          forwarding: forwarding.map(({ resend, ...target }) => ({
            ...target,
            since: time(target.since),
            confirmedAt: time(target.confirmedAt),
            ...(resend ? { resend: { ...resend, from: time(resend.from), to: time(resend.to) } } : {}),
          })),
          mqtt: {
            brokers: mqtt.brokers.map(({ lastError, ...broker }) => ({
              ...broker,
              since: time(broker.since),
              lastError: lastError && { ...lastError, at: time(lastError.at) },
            })),
            sessions: mqtt.sessions,
            outward: mqtt.outward.map((target) => ({ ...target, lastSentAt: time(target.lastSentAt) })),
          },
          listeners: events.listeners(),
        }
      },
    )
  }
}
