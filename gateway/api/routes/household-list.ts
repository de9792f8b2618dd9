import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import { listCsv } from '../../households/list-csv.ts'
import { audited } from '../audited.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { sayRowFault } from '../../texts.ts'
import { NoBody, NoQuery } from './collection.ts'

const LARGEST_LIST_BYTES = 8 * 1_048_576
const exact = { additionalProperties: false } as const
const ContactParams = Type.Object({ id: Type.String({ pattern: '^C[A-Za-z0-9]{1,32}$' }) }, exact)

/** The list of households as a whole: in, out, and a person gone for good. */
export function householdList(context: ApiContext): FastifyPluginAsyncTypebox {
  const { register } = context.residents
  const config = { access: { roles: PERMISSIONS.keepHouseholds } }
  return async (app) => {
    app.addContentTypeParser('text/csv', { parseAs: 'buffer', bodyLimit: LARGEST_LIST_BYTES }, (_request, body, done) =>
      done(null, body),
    )
    app.post(
      '/api/v1/households/import',
      {
        config,
        schema: {
          summary: 'Take a list of households (CSV): all rows, or with one bad row none',
          querystring: Type.Object({ dryRun: Type.Boolean({ default: false }) }, exact),
          consumes: ['text/csv'],
        },
      },
      async ({ body, query: { dryRun }, identity }) => {
        if (!Buffer.isBuffer(body)) throw new Fault('invalid_request', { detail: 'a list as text/csv' })
        const { faults, ...imported } = await audited(context, () =>
          register.importList(body, identity!.id, { isDry: dryRun }),
        )
        return { ...imported, faults: faults.map((fault) => ({ ...fault, text: sayRowFault(fault) })) }
      },
    )
    app.get(
      '/api/v1/contacts/:id/export',
      {
        config,
        schema: {
          summary: 'All that is kept of one person, for whoever asks',
          params: ContactParams,
          querystring: NoQuery,
        },
      },
      async ({ params: { id }, identity }, reply) => {
        const contact = register.get(id)
        if (!contact) throw new Fault('not_found')
        const lines = await context.read.reachOfContact(id, 0)
        const reports = context.secrets.list('report', id)
        await context.journal({ type: 'private.exported', subject: id, by: identity!.id })
        return reply
          .header('content-type', 'text/csv; charset=utf-8')
          .header('content-disposition', `attachment; filename="${id}.csv"`)
          .send(listCsv(contact, lines, reports, context.site.plan.timeZone))
      },
    )
    app.post(
      '/api/v1/contacts/:id/erase',
      {
        config,
        schema: {
          summary: 'Erase a person for good: the key goes, what is sealed under it is lost',
          params: ContactParams,
          querystring: NoQuery,
          body: NoBody,
        },
      },
      async ({ params: { id }, identity }) => {
        const isGone = await audited(context, () => register.erase(id, identity!.id))
        if (!isGone) throw new Fault('not_found')
        return { id }
      },
    )
  }
}
