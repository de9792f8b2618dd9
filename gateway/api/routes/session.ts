import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import type { Identity } from '../../access/identity.ts'
import { PASSWORD } from '../../access/password-rules.ts'
import { ROLES } from '../../role.ts'
import { audited } from '../audited.ts'
import type { ApiContext } from '../context.ts'
import { clearSession, sessionOf, setSession } from '../identity.ts'
import { timesOf } from '../site-time.ts'
import { NoBody, NoQuery } from './collection.ts'

const exact = { additionalProperties: false } as const
export const NAME = Type.String({ minLength: 1, maxLength: 64, pattern: '^[^\\p{Cc}]*\\S[^\\p{Cc}]*$' })
/** How good it is, is judged where one is chosen; here it only has an end. */
export const PASSWORD_TEXT = Type.String({ minLength: 1, maxLength: PASSWORD.most })
/** Of an authenticator. */
export const CODE = Type.String({ pattern: '^[0-9]{6}$' })
const Credentials = { name: NAME, password: PASSWORD_TEXT }

/** Signing in and out, and the first account of an installation. */
export function session(context: ApiContext): FastifyPluginAsyncTypebox {
  const { site, demo } = context
  const { accounts, signIn } = context.access
  const time = timesOf(site.plan.timeZone)
  const view = ({ id, name, role, person, expiresAt }: Identity) => ({
    user: { id, name, role, person },
    demo,
    expiresAt: time(expiresAt),
    /** False for who came in by a link or a token, and for a visitor. */
    hasAccount: accounts.get(id) !== null,
  })
  const tags = ['session']

  return async (app) => {
    app.get(
      '/api/v1/session',
      {
        config: { access: { roles: ROLES } },
        schema: { tags, summary: 'Who am I', querystring: NoQuery },
      },
      async ({ identity }) => view(identity!),
    )
    app.post(
      '/api/v1/session',
      {
        config: { access: 'open' },
        schema: {
          tags,
          summary: 'Sign in by password, and by a code where the account has a second factor',
          querystring: NoQuery,
          body: Type.Object({ ...Credentials, code: Type.Optional(CODE) }, exact),
        },
      },
      async (request, reply) => {
        const attempt = { address: request.ip, before: sessionOf(request) }
        const { token, identity } = await audited(context, () => signIn.withPassword(request.body, attempt))
        setSession(reply, token)
        return view(identity)
      },
    )
    app.delete(
      '/api/v1/session',
      {
        config: { access: 'open' },
        schema: { tags, summary: 'Sign out', querystring: NoQuery, body: NoBody },
      },
      async (request, reply) => {
        const token = sessionOf(request)
        if (token !== null) await audited(context, () => signIn.signOut(token))
        // Whoever leaves a device leaves it silent.
        if (request.identity?.session) context.sending.push?.book.endSession(request.identity.session)
        clearSession(reply)
        return reply.code(204).send()
      },
    )
    app.post(
      '/api/v1/setup',
      {
        config: { access: 'open' },
        schema: {
          tags,
          summary: 'Make the first account, by the one-time secret',
          querystring: NoQuery,
          body: Type.Object({ ...Credentials, secret: Type.String({ minLength: 1, maxLength: 200 }) }, exact),
        },
      },
      async (request, reply) => {
        const attempt = { address: request.ip, before: sessionOf(request) }
        const { token, identity } = await audited(context, () => signIn.setUp(request.body, attempt))
        setSession(reply, token)
        return view(identity)
      },
    )
  }
}
