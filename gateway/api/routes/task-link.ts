import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import type { ApiContext } from '../context.ts'
import { timesOf } from '../site-time.ts'
import { both } from '../views/said.ts'
import { NoQuery } from './collection.ts'

const config = { access: 'open' as const }
const tags = ['rescue']
/** In the body: what stands in an address stands in logs. */
const body = Type.Object({ link: Type.String({ minLength: 1, maxLength: 200 }) }, { additionalProperties: false })

/** What somebody without an account does by a link that a page brought: look at one task, and accept it. */
export function taskLink({ site, read, access, command }: ApiContext): FastifyPluginAsyncTypebox {
  const { taskLinks } = access
  const time = timesOf(site.plan.timeZone)

  return async (app) => {
    app.post(
      '/api/v1/task-link',
      {
        config,
        schema: { tags, summary: 'What the link asks for: one task, where it is, by when', querystring: NoQuery, body },
      },
      async ({ ip, body: { link } }) => {
        const { task: id } = taskLinks.open(link, ip)
        const order = await read.get('orders', id.slice(0, id.lastIndexOf('-')))
        const task = order?.tasks?.find((each) => each.id === id)
        if (!order || !task) throw new Fault('task_link_over')
        const { kind, state, openedAt, dueAt } = task
        const assetName = both(site.plan.assets.get(order.asset)?.name ?? order.asset)
        const { timeZone } = site.plan
        return { order: order.id, kind, state, assetName, openedAt: time(openedAt), dueAt: time(dueAt), timeZone }
      },
    )
    app.post(
      '/api/v1/task-link/accept',
      { config, schema: { tags, summary: 'The task is mine; the link is used up', querystring: NoQuery, body } },
      async ({ ip, body: { link } }) => {
        const known = taskLinks.open(link, ip)
        const { id: actor, task, person: by } = known
        // The same link twice at once is one command, and has one effect.
        const answer = await command({ type: 'task.accept', task, by, id: `accept:${actor}`, actor })
        if ('refused' in answer) throw new Fault(answer.refused, answer.params)
        taskLinks.spend(known)
        return { accepted: task }
      },
    )
  }
}
