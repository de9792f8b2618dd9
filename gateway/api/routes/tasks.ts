import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import { CONFIRMED_BY, OUTSIDE_STEPS } from '#rules/tasks/chain.ts'
import type { Identity } from '../../access/identity.ts'
import type { ApiContext } from '../context.ts'
import { By, commandRoute } from './commands.ts'

const STEPS = {
  accept: 'The task is mine; for a contractor the monitoring room says so in his name',
  arrive: 'On site',
  out: 'Everybody is out',
  done: 'What was to be brought was brought',
} as const
const Car = Type.Optional(Type.String({ maxLength: 64, description: 'which car, where all of them are called' }))

/** The tasks of an order: of a rescue comfort, somebody before the door, and whoever may open it; alone an intercom, a round of calls, water to be brought. */
export function tasks(context: ApiContext): FastifyPluginAsyncTypebox {
  const { read } = context

  /** A contractor speaks for himself, of what he is asked. */
  async function guard(id: string, { by }: Readonly<{ by: string }>, { role, person }: Identity): Promise<void> {
    if (role !== 'contractor') return
    const order = await read.get('orders', id.slice(0, id.indexOf('-')))
    if (person === null || !order?.tasks?.some((task) => task.id === id && task.to === person))
      throw new Fault('unknown_task', { task: id })
    if (by !== person) throw new Fault('forbidden')
  }

  return async (app) => {
    for (const step of Object.keys(STEPS) as (keyof typeof STEPS)[]) {
      commandRoute(app, context, {
        summary: STEPS[step],
        path: `/api/v1/tasks/:id/${step}`,
        permission: 'rescue',
        body: By,
        guard,
        command: (task, { by }) => ({ type: `task.${step}`, task, by }),
      })
    }
    commandRoute(app, context, {
      summary: 'Spoke with whoever is in the car, or listened in vain',
      path: '/api/v1/tasks/:id/contact',
      permission: 'rescue',
      body: { ...By, asset: Car },
      guard,
      command: (task, { by, asset }) => ({ type: 'task.contact', task, by, ...(asset === undefined ? {} : { asset }) }),
    })
    commandRoute(app, context, {
      summary: 'Somebody is in there: no longer suspected; the rescue never waits for it',
      path: '/api/v1/tasks/:id/confirm',
      permission: 'rescue',
      body: { ...By, via: Type.Enum([...CONFIRMED_BY]), asset: Car },
      guard,
      command: (task, { by, via, asset }) => ({
        type: 'task.confirm',
        task,
        by,
        via,
        ...(asset === undefined ? {} : { asset }),
      }),
    })
    commandRoute(app, context, {
      summary: 'The number of this step was dialled',
      path: '/api/v1/tasks/:id/dial',
      permission: 'rescue',
      body: { ...By, step: Type.Enum([...OUTSIDE_STEPS]) },
      guard,
      command: (task, { by, step }) => ({ type: 'task.dial', task, by, step }),
    })
  }
}
