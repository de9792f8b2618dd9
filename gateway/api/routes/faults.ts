import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { LANGUAGES, sayFault } from '../../texts.ts'
import { NoQuery } from './collection.ts'

/** What is wrong with the site file and its profiles, in words, each with its place. */
export function faults({ site }: ApiContext): FastifyPluginAsyncTypebox {
  const items = site.faults.map((fault) => ({
    ...fault,
    where: `${fault.file}:${fault.line}:${fault.column}`,
    text: Object.fromEntries(LANGUAGES.map((language) => [language, sayFault(language, fault)])),
  }))
  return async (app) => {
    app.get(
      '/api/v1/faults',
      {
        config: { access: { roles: PERMISSIONS.readGateway } },
        schema: { summary: 'What is wrong with the site file, by file, line and column', querystring: NoQuery },
      },
      async () => ({ items, next: null }),
    )
  }
}
