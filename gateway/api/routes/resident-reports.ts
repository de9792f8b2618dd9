import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import type { CommandBody } from '#rules/command.ts'
import { Throttle } from '../../access/throttle.ts'
import { intakeDesk } from '../../intake/desk.ts'
import { systemRandom } from '../../random.ts'
import { newReportPage, reportPage } from '../../residents/report-page.ts'
import { intakeOf, reportOfHome, reportsOfHome, TOPICS } from '../../residents/reports.ts'
import type { Complaint } from '../../residents/sign-in-page.ts'
import type { ApiContext } from '../context.ts'
import { acceptForms, HTML, LanguageQuery, readerOf, type ToHome, Token } from './resident-page.ts'

const exact = { additionalProperties: false } as const
const OfReport = Type.Object({ ...Token.properties, id: Type.String({ pattern: '^W[0-9]{1,15}$' }) }, exact)
/** Made with the form: sent twice, it is one report. */
const Key = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })
const A_DAY = 5
const DAY_MS = 24 * 3_600_000
const FREE_PER_HOME = 10

/** A home tells us what is wrong, follows it and rates it. Of another home's reports nobody learns that they are there. */
export function residentReports(context: ApiContext, homeBehind: ToHome): FastifyPluginAsyncTypebox {
  const { site, read, secrets, command, audit, clock, residents } = context
  const { register } = residents
  const sources = { site, read, secrets, register, clock }
  const open = intakeDesk({ site, secrets, register, command, audit })
  const random = systemRandom()
  const trying = new Throttle(FREE_PER_HOME, () => clock.now() / clock.speed)
  const config = { access: 'open' as const }
  const hidden = { hide: true, querystring: LanguageQuery } as const
  const reader = (request: FastifyRequest & { params: { token: string } }) => ({
    ...readerOf(context, request),
    base: `/r/${request.params.token}`,
  })
  const said = (base: string, id: string, language: string) => `${base}/reports/${id}?lang=${language}`

  /** Whoever of the home is on file and lives there: in whose name the page speaks. */
  const speakerOf = (home: string) => register.roll().at(home, clock.now() + clock.wallOffsetMs()).contacts[0]?.id

  async function refusalOf(home: string): Promise<Complaint | null> {
    if (speakerOf(home) === undefined) return { key: 'resident.report.nobody' }
    const mine = await reportsOfHome(sources, home)
    const today = mine.filter(({ at }) => at > clock.now() - DAY_MS * clock.speed)
    const isMuch = today.length >= A_DAY || trying.take(home).waitMs > 0
    return isMuch ? { key: 'resident.report.enough' } : null
  }

  /** Done in the name of the home; whatever the state no longer allows is simply not done. */
  async function does(body: CommandBody, key: string): Promise<void> {
    await command({ ...body, id: `resident:${key}`, actor: 'resident' })
  }

  return async (app) => {
    acceptForms(app)
    app.get('/r/:token/report', { config, schema: { ...hidden, params: Token } }, async (request, reply) => {
      if (homeBehind(request) === null) throw new Fault('not_found')
      return reply.type(HTML).send(newReportPage({ key: random.token() }, reader(request)))
    })
    app.post(
      '/r/:token/report',
      {
        config,
        schema: {
          ...hidden,
          params: Token,
          body: Type.Object(
            {
              key: Key,
              topic: Type.Enum([...TOPICS]),
              text: Type.String({ minLength: 1, maxLength: 2_000, pattern: '\\S' }),
            },
            exact,
          ),
        },
      },
      async (request, reply) => {
        const home = homeBehind(request)
        if (home === null) throw new Fault('not_found')
        const { key, topic, text } = request.body
        const { base, ...said } = reader(request)
        const id = `report:${home}:${key}`
        const complaint = await refusalOf(home)
        const speaker = speakerOf(home)
        if (complaint || speaker === undefined)
          return reply
            .code(409)
            .type(HTML)
            .send(newReportPage({ key, text }, { ...said, base, complaint }))
        const what = { ...intakeOf(site, topic), source: 'resident', home, reporter: speaker, text } as const
        const answer = await open(what, speaker, { id, actor: 'resident' })
        if ('refused' in answer) throw new Fault(answer.refused, answer.params)
        return reply.redirect(`${base}/reports/${answer.order!}?lang=${said.language}`, 303)
      },
    )
    app.get('/r/:token/reports/:id', { config, schema: { ...hidden, params: OfReport } }, async (request, reply) => {
      const home = homeBehind(request)
      const report = home === null ? null : await reportOfHome(sources, home, request.params.id)
      if (!report) throw new Fault('not_found')
      return reply.type(HTML).send(reportPage(report, reader(request)))
    })
    app.post(
      '/r/:token/reports/:id/rate',
      {
        config,
        schema: {
          ...hidden,
          params: OfReport,
          body: Type.Object({ stars: Type.String({ pattern: '^[1-5]$' }) }, exact),
        },
      },
      async (request, reply) => {
        const home = homeBehind(request)
        const { id } = request.params
        const report = home === null ? null : await reportOfHome(sources, home, id)
        if (home === null || !report) throw new Fault('not_found')
        const { base, language } = reader(request)
        const stars = Number(request.body.stars)
        if (report.mayRate) await does({ type: 'order.rate', order: id, by: home, stars }, `${id}:rate:${report.at}`)
        return reply.redirect(said(base, id, language), 303)
      },
    )
    app.post(
      '/r/:token/reports/:id/reopen',
      { config, schema: { ...hidden, params: OfReport, body: Type.Object({}, exact) } },
      async (request, reply) => {
        const home = homeBehind(request)
        const { id } = request.params
        const report = home === null ? null : await reportOfHome(sources, home, id)
        if (home === null || !report) throw new Fault('not_found')
        const { base, language } = reader(request)
        const doneAt = report.steps.at(-1)!.at
        if (report.mayReopen)
          await does({ type: 'order.reopen', order: id, by: home, reason: 'not_solved' }, `${id}:reopen:${doneAt}`)
        return reply.redirect(said(base, id, language), 303)
      },
    )
  }
}
