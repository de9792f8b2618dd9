import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import { homesOfSite } from '../../notices/audience.ts'
import { calendarOf, rssOf } from '../../residents/feeds.ts'
import { ledgerOfHome } from '../../residents/ledger.ts'
import { isShown, type NoticesOfHome, noticesOfHome } from '../../residents/notices-of-home.ts'
import { LIVE, STYLE } from '../../residents/frame.ts'
import { homePage, noticePage, notFoundPage } from '../../residents/page.ts'
import { reportsOfHome } from '../../residents/reports.ts'
import type { NoticeDocument } from '../../store/documents.ts'
import { ResidentSignIn } from '../../residents/sign-in.ts'
import type { Language } from '../../texts.ts'
import type { ApiContext } from '../context.ts'
import { isOpenedPage, visitOf } from '../identity.ts'
import { PERMISSIONS } from '../permissions.ts'
import { NoQuery } from './collection.ts'
import { HTML, LanguageQuery, readerOf as readerOfContext, type ToHome, Token } from './resident-page.ts'
import { residentReports } from './resident-reports.ts'
import { residentSignIn } from './resident-sign-in.ts'

type Asked = FastifyRequest<{ Params: { token: string }; Querystring: { lang?: Language } }>
/** A home by what the browser was given for a code, not by a link. */
const BY_VISIT = '~'

/**
 * What residents read: by a link of their home, or of one notice; without an account and without a script. Whoever has
 * no such link learns nothing, not even whether a home is there.
 */
export function residents(context: ApiContext): FastifyPluginAsyncTypebox {
  const { site, clock, read, residentDoor: door } = context
  const open = { config: { access: 'open' as const } }
  const hidden = { hide: true, params: Token, querystring: LanguageQuery } as const
  const readerOf = (request: Asked) => readerOfContext(context, request)
  const signIn = new ResidentSignIn({
    site,
    codes: door.codes,
    register: context.residents.register,
    sending: context.sending,
    clock,
    log: (level, message, fields) => context.log[level](fields, message),
  })

  const homeBehind: ToHome = (request) => {
    const { token } = request.params
    if (!token.startsWith(BY_VISIT)) return door.links.homeOf(token)
    const cookie = visitOf(request)
    const homes = (cookie === null ? null : signIn.visitOf(cookie))?.homes ?? []
    return homes.find((home) => home === token.slice(BY_VISIT.length)) ?? null
  }

  /** The same answer whatever is wrong with the link. */
  const unknown = (request: Asked, reply: FastifyReply) =>
    reply
      .code(404)
      .type(HTML)
      .send(notFoundPage({ ...readerOf(request), path: '/r' }))

  async function ofHome(request: Asked): Promise<(NoticesOfHome & { home: string }) | null> {
    const home = homeBehind(request)
    return home === null ? null : { home, ...(await noticesOfHome(read, home, clock.now())) }
  }

  const note = noting(context)

  return async (app) => {
    await app.register(residentSignIn(context, signIn))
    await app.register(residentReports(context, homeBehind))
    app.get('/r/style.css', { ...open, schema: { hide: true, querystring: NoQuery } }, (_, reply) =>
      reply.type('text/css; charset=utf-8').header('cache-control', 'public, max-age=3600').send(STYLE),
    )
    app.get('/r/live.js', { ...open, schema: { hide: true, querystring: NoQuery } }, (_, reply) =>
      reply.type('text/javascript; charset=utf-8').header('cache-control', 'public, max-age=3600').send(LIVE),
    )
    app.get('/r/:token', { ...open, schema: hidden }, async (request: Asked, reply) => {
      const found = await ofHome(request)
      if (!found) return unknown(request, reply)
      if (isOpenedPage(request.headers)) note(found.home, [...found.current, ...found.planned])
      const { secrets, residents } = context
      const reports = await reportsOfHome({ site, read, secrets, register: residents.register, clock }, found.home)
      return reply.type(HTML).send(homePage(found.home, found, reports, readerOf(request)))
    })
    app.get('/r/:token/notices.rss', { ...open, schema: hidden }, async (request: Asked, reply) => {
      const found = await ofHome(request)
      if (!found) return unknown(request, reply)
      const reader = readerOf(request)
      const self = `${site.notices.publicUrl ?? ''}${reader.path.replace(/\/notices\.rss$/, '')}`
      const all = [...found.current, ...found.planned, ...found.ended]
      return reply.type('application/rss+xml; charset=utf-8').send(rssOf(all, { ...reader, self }))
    })
    app.get('/r/:token/notices.ics', { ...open, schema: hidden }, async (request: Asked, reply) => {
      const found = await ofHome(request)
      if (!found) return unknown(request, reply)
      const all = [...found.planned, ...found.current, ...found.ended]
      return reply.type('text/calendar; charset=utf-8').send(calendarOf(all, readerOf(request)))
    })
    app.get('/r/:token/ledger.csv', { ...open, schema: hidden }, async (request: Asked, reply) => {
      const found = await ofHome(request)
      if (!found) return unknown(request, reply)
      const { language } = readerOf(request)
      const times = { now: clock.now(), wallOffsetMs: clock.wallOffsetMs(), language }
      const csv = await ledgerOfHome(found.home, { site, read, register: context.residents.register }, times)
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="${found.home}.csv"`)
        .send(csv)
    })
    app.get('/n/:token', { ...open, schema: hidden }, async (request: Asked, reply) => {
      const id = door.links.noticeOf(request.params.token)
      const notice = id === null ? null : await read.get('notices', id)
      if (!notice || !isShown(notice)) return unknown(request, reply)
      const home = door.links.sentTo(request.params.token, notice.homeIds)
      if (home !== null && isOpenedPage(request.headers)) note(home, [notice])
      return reply.type(HTML).send(noticePage(notice, readerOf(request)))
    })
    app.post(
      '/api/v1/resident-links',
      {
        config: { access: { roles: PERMISSIONS.linkResidents } },
        schema: {
          summary: 'A link that opens the page of one home; shown this once. `fresh` ends those made before',
          querystring: NoQuery,
          body: Type.Object(
            { home: Type.String({ minLength: 1, maxLength: 64 }), fresh: Type.Optional(Type.Boolean()) },
            { additionalProperties: false },
          ),
        },
      },
      async ({ body: { home, fresh = false }, identity }, reply) => {
        if (!homesOfSite(site).includes(home)) throw new Fault('unknown_home', { home })
        if (fresh) door.links.revoke(home)
        const path = door.links.create(home, identity!.id, clock.now())
        await context.journal({ type: 'access.home_link_made', home, by: identity!.id, isFresh: fresh })
        return reply.code(201).send({ home, path, url: site.notices.publicUrl && `${site.notices.publicUrl}${path}` })
      },
    )
  }
}

/** So many are known to be noted already; beyond that the core is asked once more, to no effect. */
const MOST_NOTED = 50_000

/**
 * Once for a home and notice it is noted that the page was opened: not when again, not by what, not by whom. Whoever reads
 * does not wait for it, nor learn whether it could be noted.
 */
function noting({ command, log }: Pick<ApiContext, 'command' | 'log'>) {
  const noted = new Set<string>()
  return (home: string, notices: readonly Pick<NoticeDocument, 'id'>[]): void => {
    for (const { id: notice } of notices) {
      const id = `opened:${notice}:${home}`
      if (noted.has(id)) continue
      if (noted.size >= MOST_NOTED) noted.clear()
      noted.add(id)
      command({ type: 'reach.open', notice, home, id, actor: 'resident' }).catch((error: unknown) => {
        noted.delete(id)
        log.warn({ notice, error: (error as Error).name }, 'that a page was opened is not noted')
      })
    }
  }
}
