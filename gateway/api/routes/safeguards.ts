import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { timesOf } from '../site-time.ts'
import { NoQuery } from './collection.ts'
import { By, commandRoute, Note, Reason } from './commands.ts'
import { asYourself } from './control.ts'

/** Of a confined space, such as a tank: aired, then measured; who watches from outside. */
const Checks = Type.Object(
  { oxygenPercent: Type.Number({ minimum: 0, maximum: 100 }), attendant: By.by },
  { additionalProperties: false },
)

/** What keeps everybody from switching something on: locks and tags, permits to work, people in plant rooms. */
export function safeguards(context: ApiContext): FastifyPluginAsyncTypebox {
  const { site, desk } = context
  const time = timesOf(site.plan.timeZone)
  const permission = 'safeguard'

  return async (app) => {
    app.get(
      '/api/v1/safeguards',
      {
        config: { access: { roles: PERMISSIONS.readPlant } },
        schema: { summary: 'Locks, permits and people on site, as they are now', querystring: NoQuery },
      },
      async () => ({
        lockouts: desk.book.lockouts().map(({ at, lockout: id, ...rest }) => ({ id, ...rest, since: time(at) })),
        permits: desk.book.permits().map(({ at, permit: id, ...rest }) => ({ id, ...rest, since: time(at) })),
        presences: desk.book.presences().map(({ at, ...rest }) => ({ ...rest, since: time(at) })),
      }),
    )
    commandRoute(app, context, {
      summary: 'Hang a lock and tag on an asset',
      path: '/api/v1/assets/:id/lockouts',
      permission,
      body: { ...By, reason: Reason },
      command: (asset, { by, reason }, identity) => {
        return { type: 'lockout.hang', asset, by: asYourself(by, identity), reason }
      },
    })
    commandRoute(app, context, {
      summary: 'Take a lock off: who hung it, or chief or manager with a reason',
      path: '/api/v1/lockouts/:id/remove',
      permission,
      body: { ...By, reason: Note },
      command: (lockout, { by, reason }, identity) => ({
        type: 'lockout.remove',
        lockout,
        by: asYourself(by, identity),
        ...(reason === undefined ? {} : { reason }),
      }),
    })
    commandRoute(app, context, {
      summary: 'Open a permit to work on an asset',
      path: '/api/v1/assets/:id/permits',
      permission,
      body: { ...By, reason: Reason, checks: Type.Optional(Checks) },
      command: (asset, { by, reason, checks }, identity) => ({
        type: 'permit.open',
        asset,
        by: asYourself(by, identity),
        reason,
        ...(checks === undefined ? {} : { checks }),
      }),
    })
    commandRoute(app, context, {
      summary: 'Close a permit to work',
      path: '/api/v1/permits/:id/close',
      permission,
      body: By,
      command: (permit, { by }, identity) => ({ type: 'permit.close', permit, by: asYourself(by, identity) }),
    })
    commandRoute(app, context, {
      summary: 'Somebody is in this room',
      path: '/api/v1/rooms/:id/enter',
      permission,
      body: By,
      command: (room, { by }, identity) => ({ type: 'presence.enter', room, by: asYourself(by, identity) }),
    })
    commandRoute(app, context, {
      summary: 'Somebody has left this room',
      path: '/api/v1/rooms/:id/leave',
      permission,
      body: By,
      command: (room, { by }, identity) => ({ type: 'presence.leave', room, by: asYourself(by, identity) }),
    })
  }
}
