import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { audited } from '../audited.ts'
import type { ApiContext } from '../context.ts'
import { isOpenedPage, sessionOf, setSession } from '../identity.ts'
import { NoQuery } from './collection.ts'

const Params = Type.Object({ link: Type.String({ minLength: 1, maxLength: 200 }) }, { additionalProperties: false })
const EXPIRED = '/sign-in?link=expired'

/**
 * The one GET that changes something: who opens a sign-in link is signed in. It changes only who this browser is, by a
 * secret that stands in the address; and only for a page that a person opens.
 */
export function enter(context: ApiContext): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/enter/:link',
      { config: { access: 'open' }, schema: { params: Params, querystring: NoQuery } },
      async (request, reply) => {
        // A browser that looks ahead, or a picture in a foreign page, neither uses a link up nor signs anybody in.
        if (!isOpenedPage(request.headers)) return reply.code(204).send()
        const attempt = { address: request.ip, before: sessionOf(request) }
        const signedIn = await audited(context, () => context.access.signIn.withLink(request.params.link, attempt))
        if (signedIn) setSession(reply, signedIn.token)
        return reply.redirect(signedIn ? '/' : EXPIRED, 303)
      },
    )
  }
}
