import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import { exportText } from '../../history-files/export-text.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { parseTime } from '../site-time.ts'

const LONGEST_DAYS = 400
const DAY_MS = 24 * 3_600_000
/** Each reads for minutes in the one query thread; charts wait behind its pages. */
const AT_ONCE = 2

const FORMATS = {
  csv: { type: 'text/csv; charset=utf-8', extension: 'csv' },
  line: { type: 'text/plain; charset=utf-8', extension: 'lp' },
} as const

const Query = Type.Object(
  {
    device: Type.String({ minLength: 1, maxLength: 64 }),
    point: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    from: Type.String({ maxLength: 40 }),
    to: Type.Optional(Type.String({ maxLength: 40 })),
    format: Type.Union([Type.Literal('csv'), Type.Literal('line')], { default: 'csv' }),
  },
  { additionalProperties: false },
)

/**
 * The readings of one device, or of one point of it, as a file: CSV or line protocol, streamed. Without `to` until now.
 * An answer that breaks off is cut, never ended: nobody takes a part for the whole.
 */
export function historyExport({ history, clock }: Pick<ApiContext, 'clock' | 'history'>): FastifyPluginAsyncTypebox {
  let running = 0

  return async (app) => {
    app.get(
      '/api/v1/export',
      {
        config: { access: { roles: PERMISSIONS.readPlant } },
        schema: { summary: 'The readings of a device or a point as CSV or line protocol', querystring: Query },
      },
      async ({ query }, reply) => {
        const { device, point, format } = query
        const { from, to } = rangeOf(query, clock.now())
        if (running >= AT_ONCE) throw new Fault('busy')
        running++
        try {
          const all = await history.series()
          const series = all.filter((name) => name.device === device && (point === undefined || name.point === point))
          if (series.length === 0) throw new Fault('not_found')
          const body = Readable.from(exportText(history, { series, from, to, format }))
          body.once('close', () => running--)
          const { type, extension } = FORMATS[format]
          const name = [device, ...(point === undefined ? [] : [point])].join('.').replace(/[^\w.-]/g, '_')
          return reply
            .type(type)
            .header('content-disposition', `attachment; filename="${name}.${extension}"`)
            .send(body)
        } catch (error) {
          running--
          throw error
        }
      },
    )
  }
}

/** S42: how much one request may read. */
function rangeOf(query: { from: string; to?: string }, now: number): { from: number; to: number } {
  const [from, to] = [parseTime(query.from), query.to === undefined ? now : parseTime(query.to)]
  if (from === null || to === null)
    throw new Fault('invalid_request', { detail: `${from === null ? 'from' : 'to'}: ISO 8601` })
  if (from >= to) throw new Fault('invalid_request', { detail: 'from < to' })
  if (to - from > LONGEST_DAYS * DAY_MS)
    throw new Fault('invalid_request', { detail: `to - from <= ${LONGEST_DAYS} d` })
  return { from, to }
}
