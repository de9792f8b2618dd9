import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import { judgeWhen } from '#rules/control/allowed.ts'
import type { Seen } from '#rules/command.ts'
import type { Identity } from '../../access/identity.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { controlView } from '../views/control-view.ts'
import { IdParams, NoQuery } from './collection.ts'
import { By, commandRoute, Reason } from './commands.ts'

/** A line of 9,600 baud with a silent neighbour may take some seconds; what takes longer is settled without us. */
const PATIENCE_MS = 15_000

/** Whoever is on the staff list switches and locks in the own name, and in nobody else's. */
export function asYourself(by: string, { person }: Identity): string {
  if (person !== null && by !== person) throw new Fault('not_yourself', { person })
  return by
}

/** Switching from afar: who holds a device, what may be written, and what came of it. */
export function control(context: ApiContext): FastifyPluginAsyncTypebox {
  const { site, desk, latest, clock, events } = context
  const view = controlView(context)

  /** What we know at this moment; it is read afresh before anything is sent. */
  function seen(device: string, point: string): Seen {
    const found = site.plan.controls?.find((each) => each.device === device && each.point === point)
    const readings = latest.of(device)
    const from = readings.get(point)?.value ?? null
    return { from, ...(found ? judgeWhen(found, readings, clock.now()) : { when: 'unknown', condition: point }) }
  }

  return async (app) => {
    app.get(
      '/api/v1/devices/:id/control',
      {
        config: { access: { roles: PERMISSIONS.readPlant } },
        schema: { summary: 'What may be written on a device, and why not now', params: IdParams, querystring: NoQuery },
      },
      async ({ params: { id }, identity }) => {
        const found = view.deviceView(id, identity!)
        if (!found) throw new Fault('not_found')
        return found
      },
    )
    commandRoute(app, context, {
      summary: 'Take a device to write on it, for five minutes; again to keep it',
      path: '/api/v1/devices/:id/lease',
      permission: 'control',
      body: By,
      command: (device, { by }, identity) => {
        const { role } = identity
        return { type: 'control.lease', device, by: asYourself(by, identity), role }
      },
    })
    commandRoute(app, context, {
      summary: 'Give a device back',
      path: '/api/v1/devices/:id/release',
      permission: 'control',
      body: By,
      command: (device, { by }, identity) => ({ type: 'control.release', device, by: asYourself(by, identity) }),
    })
    commandRoute(app, context, {
      summary: 'Write a value, read it back, and say what the device holds; refused while somebody works there',
      path: '/api/v1/devices/:id/write',
      permission: 'control',
      body: {
        ...By,
        reason: Reason,
        point: Type.String({ minLength: 1, maxLength: 64 }),
        value: Type.Union([Type.Number(), Type.Boolean(), Type.String({ maxLength: 64 })]),
      },
      command: (device, { by, reason, point, value }, identity) => ({
        type: 'control.write',
        device,
        point,
        value,
        by: asYourself(by, identity),
        role: identity.role,
        reason,
        seen: seen(device, point),
      }),
      async answer(_done, command) {
        const asked = desk.book.requestOf(command)
        const settled = asked && (await desk.settled(asked.request, (run) => events.delay(PATIENCE_MS, run)))
        // One of long ago: the journal knows what came of it.
        return settled ? view.requestView(settled) : { request: null, outcome: null }
      },
    })
  }
}
