import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import type { Account } from '../../access/accounts.ts'
import { ROLES } from '../../role.ts'
import { audited } from '../audited.ts'
import { perPlan } from '../../site/live.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { timesOf } from '../site-time.ts'
import { IdParams, NoBody, NoQuery } from './collection.ts'
import { NAME, PASSWORD_TEXT } from './session.ts'

const exact = { additionalProperties: false } as const
const RoleName = Type.Enum([...ROLES], { type: 'string' })

/** The accounts of people. What changes one ends its sessions at once. */
export function users(context: ApiContext): FastifyPluginAsyncTypebox {
  const { site } = context
  const { accounts, care, signIn } = context.access
  const time = timesOf(site.plan.timeZone)
  const staff = perPlan(site, (plan) => new Set(plan.staff.map(({ id }) => id)))
  const view = ({ id, name, role, person, isDisabled, createdAt, lastSignInAt, hasTotp }: Account) => ({
    id,
    name,
    role,
    person,
    disabled: isDisabled,
    createdAt: time(createdAt),
    lastSignInAt: time(lastSignInAt),
    hasTotp,
  })
  const config = { access: { roles: PERMISSIONS.manageUsers } }
  const tags = ['users']

  return async (app) => {
    app.get('/api/v1/users', { config, schema: { tags, summary: 'All accounts', querystring: NoQuery } }, async () => ({
      items: accounts.list().map(view),
      next: null,
    }))
    app.post(
      '/api/v1/users',
      {
        config,
        schema: {
          tags,
          summary: 'Make an account',
          querystring: NoQuery,
          body: Type.Object(
            {
              name: NAME,
              role: RoleName,
              /** A staff member of the site file. */
              person: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 64 }), Type.Null()])),
              password: PASSWORD_TEXT,
            },
            exact,
          ),
        },
      },
      async ({ identity, body: { name, role, person = null, password } }, reply) => {
        if (person !== null && !staff().has(person)) throw new Fault('unknown_person', { person })
        const by = identity!.id
        const account = await audited(context, () => signIn.create({ name, role, person, password, by }))
        return reply.code(201).send(view(account))
      },
    )
    app.post(
      '/api/v1/users/:id/disable',
      {
        config,
        schema: { tags, summary: 'Lock an account out', params: IdParams, querystring: NoQuery, body: NoBody },
      },
      async ({ identity, params: { id } }) => {
        const account = await audited(context, () => accounts.disable(id, identity!.id))
        context.sending.push?.book.endAccount(id)
        return view(account)
      },
    )
    app.post(
      '/api/v1/users/:id/enable',
      {
        config,
        schema: { tags, summary: 'Let an account in again', params: IdParams, querystring: NoQuery, body: NoBody },
      },
      async ({ identity, params: { id } }) => view(await audited(context, () => accounts.enable(id, identity!.id))),
    )
    app.post(
      '/api/v1/users/:id/totp/clear',
      {
        config,
        schema: {
          tags,
          summary: 'Take the second factor from an account whose person lost it',
          params: IdParams,
          querystring: NoQuery,
          body: NoBody,
        },
      },
      async ({ identity, params: { id } }) => view(await audited(context, () => care.clearTotp(id, identity!.id))),
    )
    app.post(
      '/api/v1/users/:id/reset',
      {
        config,
        schema: {
          tags,
          summary: 'A link, good once and for an hour, by which the person sets a new password',
          params: IdParams,
          querystring: NoQuery,
          body: NoBody,
        },
      },
      async ({ identity, params: { id } }, reply) => {
        const { link, expiresAt } = await audited(context, () => care.makeReset(id, identity!.id))
        // Behind the `#` it reaches no server, and no log on the way.
        return reply.code(201).send({ link: `/reset-password#${link}`, expiresAt: time(expiresAt) })
      },
    )
    app.post(
      '/api/v1/users/:id/role',
      {
        config,
        schema: {
          tags,
          summary: 'Give an account another role',
          params: IdParams,
          querystring: NoQuery,
          body: Type.Object({ role: RoleName }, exact),
        },
      },
      async ({ identity, params: { id }, body: { role } }) =>
        view(await audited(context, () => accounts.changeRole(id, role, identity!.id))),
    )
  }
}
