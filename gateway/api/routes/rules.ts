import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import type { Finding } from '../../backtest/report.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { parseTime, timesOf } from '../site-time.ts'
import { LANGUAGES, sayFault } from '../../texts.ts'
import { NoQuery } from './collection.ts'

const LONGEST_DAYS = 400
const DAY_MS = 24 * 3_600_000
const Time = Type.String({ maxLength: 40 })
const Wish = Type.Object(
  {
    rules: Type.String({ minLength: 1, maxLength: 32_768, description: 'the text of a rule file' }),
    from: Time,
    to: Type.Optional(Time),
    compare: Type.Boolean({ default: false, description: 'also what is different from the rules in force' }),
    planned: Type.Array(
      Type.Object(
        { from: Time, to: Time, asset: Type.Optional(Type.String({ maxLength: 64 })) },
        { additionalProperties: false },
      ),
      { maxItems: 100, default: [] },
    ),
  },
  { additionalProperties: false },
)

/**
 * What the rules of a text would have done with a stretch of this gateway's history: their alarms with times and
 * evidence. Nothing takes effect. A text with faults is answered with them, each with its line and column.
 */
export function rules({
  site,
  clock,
  tryRules,
}: Pick<ApiContext, 'site' | 'clock' | 'tryRules'>): FastifyPluginAsyncTypebox {
  const time = timesOf(site.plan.timeZone)
  const finding = ({ occurredAt, raisedAt, clearedAt, evidence, ...rest }: Finding) => ({
    ...rest,
    occurredAt: time(occurredAt),
    raisedAt: time(raisedAt),
    clearedAt: time(clearedAt),
    evidence: { ...evidence, at: time(evidence.at) },
  })
  return async (app) => {
    app.post(
      '/api/v1/rules/test',
      {
        config: { access: { roles: PERMISSIONS.tryRules } },
        schema: { summary: 'What rules would have done with the history', querystring: NoQuery, body: Wish },
      },
      async ({ body }, reply) => {
        const range = rangeOf(body.from, body.to, clock.now())
        const planned = body.planned.map(({ asset, ...work }) => ({
          ...rangeOf(work.from, work.to, clock.now()),
          ...(asset === undefined ? {} : { asset }),
        }))
        const left = new AbortController()
        reply.raw.once('close', () => left.abort())
        const answer = await tryRules({ rules: body.rules, range, planned, isCompared: body.compare }, left.signal)
        if ('faults' in answer) {
          const faults = answer.faults.map((fault) => ({
            ...fault,
            text: Object.fromEntries(LANGUAGES.map((language) => [language, sayFault(language, fault)])),
          }))
          return { faults, tests: [], report: null, comparison: null }
        }
        const { tests, report, comparison } = answer.result
        return {
          faults: [],
          tests,
          report: report && {
            ...report,
            from: time(report.from),
            to: time(report.to),
            findings: report.findings.map(finding),
          },
          comparison: comparison && {
            inBoth: comparison.inBoth,
            onlyBefore: comparison.onlyBefore.map(finding),
            onlyAfter: comparison.onlyAfter.map(finding),
          },
        }
      },
    )
  }
}

/** S42: how much one request may read. */
function rangeOf(fromText: string, toText: string | undefined, now: number): { from: number; to: number } {
  const [from, to] = [parseTime(fromText), toText === undefined ? now : parseTime(toText)]
  if (from === null || to === null)
    throw new Fault('invalid_request', { detail: `${from === null ? 'from' : 'to'}: ISO 8601` })
  if (from >= to) throw new Fault('invalid_request', { detail: 'from < to' })
  if (to - from > LONGEST_DAYS * DAY_MS)
    throw new Fault('invalid_request', { detail: `to - from <= ${LONGEST_DAYS} d` })
  return { from, to }
}
