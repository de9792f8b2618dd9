import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { LANGUAGES, sayFault } from '../../texts.ts'
import { NoQuery } from './collection.ts'

const Wish = Type.Object({ dryRun: Type.Boolean({ default: false }) }, { additionalProperties: false })

/** Reads the configuration again. Never starts the gateway again: whoever may do that stands at the machine. */
export function siteReload({ reload }: Pick<ApiContext, 'reload'>): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/api/v1/site/reload',
      {
        config: { access: { roles: PERMISSIONS.reload } },
        schema: {
          summary: 'Read the configuration again: what would change, or that it took effect',
          querystring: NoQuery,
          body: Wish,
        },
      },
      async ({ body: { dryRun } }) => {
        const { outcome, faults, changes } = await reload({ dryRun, mayRestart: false })
        return {
          outcome,
          faults: faults.map((fault) => ({
            ...fault,
            where: `${fault.file}:${fault.line}:${fault.column}`,
            text: Object.fromEntries(LANGUAGES.map((language) => [language, sayFault(language, fault)])),
          })),
          changes,
        }
      },
    )
  }
}
