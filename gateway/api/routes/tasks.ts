import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import { OUTSIDE_STEPS } from '#rules/tasks/chain.ts'
import type { Identity } from '../../access/identity.ts'
import type { ApiContext } from '../context.ts'
import { By, commandRoute } from './commands.ts'

const STEPS = {
  accept: 'The task is mine; for a contractor the monitoring room says so in his name',
  contact: 'Spoke with whoever is in the car',
  arrive: 'On site',
  out: 'Everybody is out',
} as const

/** The tasks of a rescue: comfort, somebody before the door, and whoever may open it. */
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
      summary: 'The number of this step was dialled',
      path: '/api/v1/tasks/:id/dial',
      permission: 'rescue',
      body: { ...By, step: Type.Enum([...OUTSIDE_STEPS]) },
      guard,
      command: (task, { by, step }) => ({ type: 'task.dial', task, by, step }),
    })
  }
}
