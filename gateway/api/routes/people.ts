import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { FAULTS } from '#devices/fault.ts'
import { importPeople, staffSubject } from '../../people/import.ts'
import { sayFault } from '../../texts.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { languageOf, problemOf } from '../problem.ts'
import { IdParams, NoBody, NoQuery } from './collection.ts'
import { knownStaff } from './staff.ts'

const LARGEST_FILE_CHARACTERS = 1_048_576

/** Names and numbers of the staff: they come from a file, and go for good. */
export function people(context: ApiContext): FastifyPluginAsyncTypebox {
  const known = knownStaff(context.site)
  const config = { access: { roles: PERMISSIONS.managePeople } }
  return async (app) => {
    app.post(
      '/api/v1/people/import',
      {
        config,
        bodyLimit: 4 * LARGEST_FILE_CHARACTERS,
        schema: {
          summary: 'Names and phones from CSV (id, name, phone, email): all rows or, with what is wrong in each, none',
          querystring: NoQuery,
          body: Type.Object(
            { csv: Type.String({ maxLength: LARGEST_FILE_CHARACTERS }) },
            { additionalProperties: false },
          ),
        },
      },
      async ({ body, identity, headers }, reply) => {
        const ids = new Set(context.site.plan.staff.map(({ id }) => id))
        const { bad, ...count } = await importPeople(body.csv, {
          secrets: context.secrets,
          known: ids,
          by: identity!.id,
        })
        await context.audit()
        if (bad.length === 0) return count
        const language = languageOf(headers['accept-language'])
        const problem = problemOf(language, 'bad_rows', { count: bad.length })
        const rows = bad.map((row) => ({
          line: row.line,
          column: row.column,
          code: row.code,
          text: sayFault(language, row),
        }))
        return reply
          .code(FAULTS.bad_rows.status)
          .type('application/problem+json')
          .send(JSON.stringify({ ...problem, rows }))
      },
    )
    app.post(
      '/api/v1/people/:id/erase',
      {
        config: { access: { roles: PERMISSIONS.erasePeople } },
        schema: {
          summary: 'Name, phone and all else that is private of a person: gone for good',
          params: IdParams,
          querystring: NoQuery,
          body: NoBody,
        },
      },
      async ({ params: { id }, identity }) => {
        const isGone = context.secrets.erase(staffSubject(known(id)), identity!.id)
        await context.audit()
        return { erased: isGone }
      },
    )
  }
}
