import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import type { NoticeDocument } from '../../store/documents.ts'
import type { ApiContext } from '../context.ts'
import { may, PERMISSIONS } from '../permissions.ts'
import { timesOf } from '../site-time.ts'
import { phoneFor, reachView, sheetView, taskView } from '../views/reach-view.ts'
import { IdParams, NoQuery } from './collection.ts'
import { By, commandRoute } from './commands.ts'
import { asYourself } from './control.ts'

const MOST_OPEN = 200

/** Whom notices reach: before they are sent, while they are, and what people do for those whom no message reaches. */
export function reach(context: ApiContext): FastifyPluginAsyncTypebox {
  const { site, read, clock, residents } = context
  const view = reachView(site)
  const noticeOf = async (id: string) => {
    const notice = await read.get('notices', id)
    if (!notice) throw new Fault('not_found')
    return notice
  }
  const rollOrNull = () => {
    try {
      return residents.register.roll()
    } catch (error) {
      // Who they are cannot be read at present; what was sent can.
      if (error instanceof Fault) return null
      throw error
    }
  }

  return async (app) => {
    const config = { access: { roles: PERMISSIONS.readNotices } }
    app.get(
      '/api/v1/notices/:id/reach',
      { config, schema: { summary: 'Whom a notice reached, and by what', params: IdParams, querystring: NoQuery } },
      async ({ params: { id } }) => {
        await noticeOf(id)
        return view(await read.reachOf(id), rollOrNull(), clock.wallOffsetMs())
      },
    )
    app.get(
      '/api/v1/notices/:id/audience',
      {
        config,
        schema: { summary: 'Whom a notice would reach now, and for how much', params: IdParams, querystring: NoQuery },
      },
      async ({ params: { id } }) => {
        const notice = await noticeOf(id)
        const { items } = await read.list('notices', { state: 'open', limit: MOST_OPEN })
        const open = (items as readonly NoticeDocument[]).filter((other) => other.id !== id)
        const { homes, informed, ownerOnly, price } = residents.resolve(notice, {
          homes: notice.homeIds,
          open,
          phase: 'published',
        })
        const noContact = homes.filter(({ ways }) => ways.length === 0).map(({ home }) => home)
        const tagged = homes.flatMap(({ home, action }) => (action ? [{ home, action }] : []))
        return {
          homes: homes.length,
          informed: informed.length,
          messages: price.messages,
          parts: price.parts,
          costYuan: price.cost / 100,
          noContact,
          tagged,
          ownerOnly,
        }
      },
    )
    app.get(
      '/api/v1/reach-tasks',
      {
        config: { access: { roles: PERMISSIONS.visit } },
        schema: {
          summary: 'Doors, calls and sheets that notices ask for',
          querystring: Type.Object(
            { state: Type.Union([Type.Literal('open'), Type.Literal('ended')], { default: 'open' }) },
            { additionalProperties: false },
          ),
        },
      },
      async ({ query: { state }, identity }) => {
        const time = timesOf(site.plan.timeZone)
        const mayCall = may(identity!.role, 'callHouseholds')
        const tasks = await read.reachTasks(state, 1_000)
        const roll = mayCall ? rollOrNull() : null
        const now = clock.now() + clock.wallOffsetMs()
        return {
          items: tasks.map((task) => ({
            ...taskView(task, time),
            // Only for who rings up, and only where somebody is to.
            ...(task.kind === 'call' && task.state === 'open' && roll
              ? { contacts: callable(task.homes, roll, now) }
              : {}),
          })),
        }
        function callable(homes: readonly string[], known: NonNullable<typeof roll>, at: number): object[] {
          return homes
            .flatMap((home) => known.at(home, at).contacts)
            .flatMap(({ id }) => {
              const contact = residents.register.get(id)
              return contact?.phone ? [{ name: contact.name, phone: phoneFor(contact.phone, mayCall) }] : []
            })
        }
      },
    )
    app.get(
      '/api/v1/notices/:id/sheets',
      {
        config: { access: { roles: PERMISSIONS.visit } },
        schema: {
          summary: 'What is to be hung up at entrances for a notice, in both languages',
          params: IdParams,
          querystring: NoQuery,
        },
      },
      async ({ params: { id } }) => {
        const notice = await noticeOf(id)
        const { tasks } = await read.reachOf(id)
        // What nothing hangs of is no business of whoever hangs sheets up.
        if (!tasks.some(({ kind }) => kind === 'sheet')) throw new Fault('not_found')
        return sheetView(notice, tasks, site, clock.now() + clock.wallOffsetMs())
      },
    )
    commandRoute(app, context, {
      summary: 'A door was knocked at, a call made, a sheet hung up',
      path: '/api/v1/reach-tasks/:id/done',
      permission: 'visit',
      body: { ...By, result: Type.Union([Type.Literal('told'), Type.Literal('not_met')], { default: 'told' }) },
      command: (task, { by, result }) => ({ type: 'reach.finish_task', task, by, result }),
    })
    commandRoute(app, context, {
      summary: 'Agree, as a second person, that a notice costs more than the cap',
      path: '/api/v1/notices/:id/approve-cost',
      permission: 'approveCost',
      body: By,
      command: (notice, { by }, identity) => ({ type: 'notice.approve_cost', notice, by: asYourself(by, identity) }),
    })
  }
}
