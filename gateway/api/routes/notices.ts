import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { noticeView } from '../views/notice-view.ts'
import { IdParams, LIST_QUERY, NoQuery } from './collection.ts'
import { By, commandRoute, Reason } from './commands.ts'
import { asYourself } from './control.ts'

/** A ledger has a line per home and channel: a screen that only counts asks for the counts. */
const Ledger = Type.Union([Type.Literal('full'), Type.Literal('counts')], { default: 'full' })

export function notices(context: ApiContext): FastifyPluginAsyncTypebox {
  const view = noticeView(context.site)
  const config = { access: { roles: PERMISSIONS.readNotices } }
  const querystring = Type.Object({ ...LIST_QUERY, ledger: Ledger }, { additionalProperties: false })

  return async (app) => {
    app.get(
      '/api/v1/notices',
      { config, schema: { summary: 'Notices to residents, newest first', querystring } },
      async ({ query: { ledger, ...query } }) => {
        const { items, next } = await context.read.list('notices', query)
        return { items: items.map((notice) => view(notice, ledger)), next }
      },
    )
    app.get(
      '/api/v1/notices/:id',
      { config, schema: { summary: 'One notice with its whole ledger', params: IdParams, querystring: NoQuery } },
      async ({ params: { id } }) => {
        const notice = await context.read.get('notices', id)
        if (!notice) throw new Fault('not_found')
        return view(notice, 'full')
      },
    )
    commandRoute(app, context, {
      summary: 'Send a draft to the homes it concerns',
      path: '/api/v1/notices/:id/confirm',
      permission: 'confirm',
      body: By,
      command: (notice, { by }, identity) => ({ type: 'notice.confirm', notice, by: asYourself(by, identity) }),
    })
    commandRoute(app, context, {
      summary: 'Decide that nobody is told; the manager hears why',
      path: '/api/v1/notices/:id/reject',
      permission: 'confirm',
      body: { ...By, reason: Reason },
      command: (notice, { by, reason }) => ({ type: 'notice.reject', notice, by, reason }),
    })
    commandRoute(app, context, {
      summary: 'A word to those who were told',
      path: '/api/v1/notices/:id/update',
      permission: 'speak',
      body: { ...By, text: Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' }) },
      command: (notice, { by, text }) => ({ type: 'notice.update', notice, by, text }),
    })
    commandRoute(app, context, {
      summary: 'All-clear by hand, where no sensor could tell for 15 minutes; of planned work: it is done',
      path: '/api/v1/notices/:id/end',
      permission: 'speak',
      body: { ...By, name: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })) },
      command: (notice, { by, name }) => ({ type: 'notice.end', notice, by, ...(name === undefined ? {} : { name }) }),
    })
  }
}
