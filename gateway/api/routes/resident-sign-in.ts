import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import type { ResidentSignIn } from '../../residents/sign-in.ts'
import { codePage, type Complaint, homesPage, signInPage } from '../../residents/sign-in-page.ts'
import type { ApiContext } from '../context.ts'
import { clearVisit, setVisit, visitOf } from '../identity.ts'
import { acceptForms, HTML, LanguageQuery, readerOf } from './resident-page.ts'

const exact = { additionalProperties: false } as const
const Phone = Type.String({ minLength: 1, maxLength: 32 })
const WRONG: Complaint = { key: 'resident.sign_in.wrong' }

/** Coming in by a registered telephone number and a code: forms that work without a script. */
export function residentSignIn(context: ApiContext, signIn: ResidentSignIn): FastifyPluginAsyncTypebox {
  const hidden = { hide: true, querystring: LanguageQuery } as const
  const config = { access: 'open' as const }
  return async (app) => {
    acceptForms(app)
    app.addHook('onClose', () => signIn.stop())
    app.get('/r', { config, schema: hidden }, async (request, reply) => {
      const token = visitOf(request)
      const visit = token === null ? null : signIn.visitOf(token)
      const reader = readerOf(context, request)
      reply.type(HTML)
      if (!visit) return reply.send(signInPage(signIn.isOpen(), reader))
      const [home, ...others] = visit.homes
      if (home !== undefined && others.length === 0) return reply.redirect(`/r/~${home}?lang=${reader.language}`, 303)
      return reply.send(homesPage(visit.homes, reader))
    })
    app.post(
      '/r/code',
      { config, schema: { ...hidden, body: Type.Object({ phone: Phone }, exact) } },
      async (request, reply) => {
        const reader = readerOf(context, request)
        const { phone } = request.body
        reply.type(HTML)
        if (!signIn.isOpen()) return reply.code(404).send(signInPage(false, reader))
        const asked = patiently(() => signIn.ask(phone, request.ip))
        if (typeof asked === 'object' && asked) {
          reply.code(429).header('retry-after', asked.params!['seconds'])
          return reply.send(signInPage(true, { ...reader, complaint: asked }))
        }
        if (asked === null) {
          const complaint: Complaint = { key: 'resident.sign_in.no_number' }
          return reply.code(400).send(signInPage(true, { ...reader, complaint }))
        }
        return reply.send(codePage({ phone, challenge: asked }, reader))
      },
    )
    app.post(
      '/r/session',
      {
        config,
        schema: {
          ...hidden,
          body: Type.Object(
            {
              phone: Phone,
              challenge: Type.String({ minLength: 16, maxLength: 100 }),
              code: Type.String({ minLength: 1, maxLength: 12 }),
            },
            exact,
          ),
        },
      },
      async (request, reply) => {
        const reader = readerOf(context, request)
        const { body } = request
        const entered = patiently(() => signIn.enter({ ...body, code: body.code.trim() }, request.ip))
        if (typeof entered !== 'string') {
          const complaint = entered ?? WRONG
          return reply
            .code(entered === null ? 403 : 429)
            .type(HTML)
            .send(codePage(body, { ...reader, complaint }))
        }
        setVisit(reply, entered)
        return reply.redirect(`/r?lang=${reader.language}`, 303)
      },
    )
    app.post('/r/leave', { config, schema: { ...hidden, body: Type.Object({}, exact) } }, async (request, reply) => {
      const token = visitOf(request)
      if (token !== null) context.residentDoor.codes.end(token)
      clearVisit(reply)
      return reply.redirect(`/r?lang=${readerOf(context, request).language}`, 303)
    })
  }
}

/** Who must wait is told so on the page. */
function patiently(work: () => string | null): string | null | Complaint {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'too_many_attempts') throw error
    const seconds = Number(error.params['seconds'])
    return { key: 'resident.sign_in.wait', params: { seconds, minutes: Math.ceil(seconds / 60) } }
  }
}
