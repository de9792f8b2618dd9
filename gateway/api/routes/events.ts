import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import type { Reading } from '#devices/reading.ts'
import { Fault } from '#devices/fault.ts'
import type { ApiContext } from '../context.ts'
import { EventStream } from '../event-stream.ts'
import { may, PERMISSIONS } from '../permissions.ts'
import { valueView } from '../views/device-view.ts'
import { eventView, isVisible } from '../views/event-view.ts'

const MOST_LISTENERS = 200

const Query = Type.Object(
  {
    /** `*`, or devices and points with commas between: `PR1-L,PR1-H/outlet_pressure`. */
    values: Type.Optional(Type.String({ maxLength: 4_000 })),
    /** For clients that cannot send the header. */
    after: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  { additionalProperties: false },
)
const Headers = Type.Object({ 'last-event-id': Type.Optional(Type.String({ pattern: '^\\d{1,15}$' })) })

/** What happens, as it happens: events by role, resumable by their place in the journal; values of subscribed points. */
export function events(context: ApiContext): FastifyPluginAsyncTypebox {
  const { site, epoch, events: feed, log, access } = context
  const { timeZone } = site.plan
  const valueText = writtenOnce(valueView(site))
  const streams = new Set<EventStream>()

  return async (app) => {
    app.addHook('preClose', async () => {
      for (const stream of streams) stream.end()
    })
    app.get(
      '/api/v1/events',
      {
        config: { access: { roles: PERMISSIONS.readOrders } },
        schema: { summary: 'What happens, live (server-sent events)', querystring: Query, headers: Headers },
      },
      (request, reply) => {
        const { role, session } = request.identity!
        const { values, after } = request.query
        if (values !== undefined && !may(role, 'readPlant')) throw new Fault('forbidden')
        if (streams.size >= MOST_LISTENERS) throw new Fault('busy')
        const given = request.headers['last-event-id'] ?? after
        // A place that is not there yet belongs to another journal: the epoch in `ready` tells the client.
        const start = given === undefined || Number(given) > feed.newestSeq() ? feed.newestSeq() : Number(given)

        reply.hijack()
        const { raw } = reply
        raw.writeHead(200, {
          ...(reply.getHeaders() as Record<string, string>),
          'content-type': 'text/event-stream; charset=utf-8',
        })
        const stream = new EventStream({
          raw,
          epoch,
          after: start,
          feed,
          project: (event) => (isVisible(event, role) ? eventView(event, timeZone) : null),
          wants: subscription(values),
          valueText,
          mayGoOn: () => session === null || access.sessions.isAlive(session),
        })
        streams.add(stream)
        const unsubscribe = feed.subscribe(stream)
        raw.once('close', () => {
          unsubscribe()
          streams.delete(stream)
        })
        stream.catchUp().catch((error: Error) => {
          log.error({ error: error.message }, 'the live stream cannot read the journal')
          stream.end()
        })
      },
    )
  }
}

/** Fifty viewers see the same reading: it is put into words once. */
function writtenOnce(view: (reading: Reading) => object): (reading: Reading) => string {
  const texts = new WeakMap<Reading, string>()
  return (reading) => {
    const known = texts.get(reading)
    if (known !== undefined) return known
    const text = JSON.stringify(view(reading))
    texts.set(reading, text)
    return text
  }
}

function subscription(values: string | undefined): (reading: Reading) => boolean {
  if (values === undefined) return () => false
  if (values === '*') return () => true
  const wanted = new Set(values.split(','))
  return ({ device, point }) => wanted.has(device) || wanted.has(`${device}/${point}`)
}
