import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import type { ApiContext } from '../context.ts'
import { doubted } from '../views/doubted.ts'
import { PERMISSIONS } from '../permissions.ts'
import { isoAt, parseTime } from '../site-time.ts'

const HOUR_MS = 3_600_000
const LONGEST_DAYS = 5 * 366
const LONGEST_MS = LONGEST_DAYS * 24 * HOUR_MS
/** Each reads its stretch of the history in the one query thread; lists wait behind them. */
const AT_ONCE = 4

const Params = Type.Object(
  { device: Type.String({ maxLength: 64 }), point: Type.String({ maxLength: 64 }) },
  { additionalProperties: false },
)
const Query = Type.Object(
  {
    from: Type.Optional(Type.String({ maxLength: 40 })),
    to: Type.Optional(Type.String({ maxLength: 40 })),
    buckets: Type.Integer({ minimum: 1, maximum: 2_000, default: 200 }),
  },
  { additionalProperties: false },
)

/**
 * One point over time; without `from` the last hour, without `to` until now. The same range gives all points the same
 * buckets. `source` says where the figures come from: this gateway's own history, or its database.
 */
export function series({ site, charts, clock, read }: ApiContext): FastifyPluginAsyncTypebox {
  const profiles = new Map(site.devices.map(({ id, profile }) => [id, profile]))
  const { timeZone } = site.plan
  let running = 0

  return async (app) => {
    app.get(
      '/api/v1/points/:device/:point/series',
      {
        config: { access: { roles: PERMISSIONS.readPlant } },
        schema: { summary: 'One point over time, in buckets', params: Params, querystring: Query },
      },
      async ({ params: { device, point }, query: { from: fromText, to: toText, buckets } }) => {
        const profile = profiles.get(device)
        if (!profile || !Object.hasOwn(profile.points, point)) throw new Fault('not_found')
        const to = toText === undefined ? clock.now() : parseTime(toText)
        const from = fromText === undefined ? (to ?? 0) - HOUR_MS : parseTime(fromText)
        if (from === null || to === null)
          throw new Fault('invalid_request', { detail: `${from === null ? 'from' : 'to'}: ISO 8601` })
        if (from >= to) throw new Fault('invalid_request', { detail: 'from < to' })
        if (to - from > LONGEST_MS) throw new Fault('invalid_request', { detail: `to - from <= ${LONGEST_DAYS} d` })
        if (running >= AT_ONCE) throw new Fault('busy')
        running++
        try {
          const { source, buckets: found } = await charts.series(
            { site: site.id, device, kind: profile.kind, point },
            { from, to, buckets },
          )
          const stuck = await read.stuck(device, point, from, to)
          return {
            from: isoAt(from, timeZone),
            to: isoAt(to, timeZone),
            source,
            points: doubted(found, stuck, (to - from) / buckets).map((bucket) => ({
              ...bucket,
              t: isoAt(bucket.t, timeZone),
            })),
          }
        } finally {
          running--
        }
      },
    )
  }
}
