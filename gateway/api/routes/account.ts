import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import type { Account } from '../../access/accounts.ts'
import { base32 } from '../../access/totp.ts'
import { ROLES } from '../../role.ts'
import { audited } from '../audited.ts'
import type { ApiContext } from '../context.ts'
import { may, PERMISSIONS } from '../permissions.ts'
import { timesOf } from '../site-time.ts'
import { NoQuery } from './collection.ts'
import { CODE, PASSWORD_TEXT } from './session.ts'

const exact = { additionalProperties: false } as const

/** What people do with their own account. A session alone changes nothing here: each change asks for the password. */
export function account(context: ApiContext): FastifyPluginAsyncTypebox {
  const { care } = context.access
  const time = timesOf(context.site.plan.timeZone)
  const view = ({ id, name, role, person, createdAt, lastSignInAt, hasTotp }: Account) => ({
    id,
    name,
    role,
    person,
    createdAt: time(createdAt),
    lastSignInAt: time(lastSignInAt),
    hasTotp,
    mayEnrolTotp: may(role, 'enrolTotp'),
  })
  const everybody = { access: { roles: ROLES } }
  const enrolling = { access: { roles: PERMISSIONS.enrolTotp } }
  const tags = ['account']

  return async (app) => {
    app.get(
      '/api/v1/account',
      { config: everybody, schema: { tags, summary: 'My account', querystring: NoQuery } },
      async ({ identity }) => view(care.of(identity!)),
    )
    app.post(
      '/api/v1/account/password',
      {
        config: everybody,
        schema: {
          tags,
          summary: 'Change my password; my other sessions end',
          querystring: NoQuery,
          body: Type.Object({ old: PASSWORD_TEXT, new: PASSWORD_TEXT }, exact),
        },
      },
      async ({ identity, body }, reply) => {
        await audited(context, () => care.changePassword(identity!, body))
        // Whoever knew the old one may have asked to be told.
        context.sending.push?.book.endAccount(identity!.id, identity!.session)
        return reply.code(204).send()
      },
    )
    app.post(
      '/api/v1/account/totp',
      {
        config: enrolling,
        schema: {
          tags,
          summary: 'Begin with a second factor; the secret is shown this once',
          querystring: NoQuery,
          body: Type.Object({ password: PASSWORD_TEXT }, exact),
        },
      },
      async ({ identity, body: { password } }, reply) => {
        const { secret, uri, expiresAt } = await care.beginTotp(identity!, password)
        return reply.code(201).send({ secret: base32(secret), uri, expiresAt: time(expiresAt) })
      },
    )
    app.post(
      '/api/v1/account/totp/confirm',
      {
        config: enrolling,
        schema: {
          tags,
          summary: 'A code shows that the authenticator has the secret; from now on codes are asked for',
          querystring: NoQuery,
          body: Type.Object({ code: CODE }, exact),
        },
      },
      async ({ identity, body: { code } }) => view(await audited(context, () => care.confirmTotp(identity!, code))),
    )
    app.delete(
      '/api/v1/account/totp',
      {
        config: everybody,
        schema: {
          tags,
          summary: 'Sign in without a second factor again',
          querystring: NoQuery,
          body: Type.Object({ password: PASSWORD_TEXT, code: CODE }, exact),
        },
      },
      async ({ identity, body }) => view(await audited(context, () => care.removeTotp(identity!, body))),
    )
    app.post(
      '/api/v1/password-reset',
      {
        config: { access: 'open' },
        schema: {
          tags,
          summary: 'Set a new password by the one-time link that an admin made',
          querystring: NoQuery,
          body: Type.Object({ link: Type.String({ minLength: 1, maxLength: 200 }), password: PASSWORD_TEXT }, exact),
        },
      },
      async ({ ip: address, body }, reply) => {
        await audited(context, () => care.resetPassword({ ...body, address }))
        return reply.code(204).send()
      },
    )
  }
}
