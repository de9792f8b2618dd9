import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { both } from '../views/said.ts'
import { NoQuery } from './collection.ts'

/** What is printed and hung on the equipment. */
export function tagsOfAssets({ site, tags }: ApiContext): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/v1/asset-tags',
      {
        config: { access: { roles: PERMISSIONS.printTags } },
        schema: {
          summary: 'A tag for each asset: scanned on site, it says that somebody is there',
          querystring: NoQuery,
        },
      },
      async () => ({
        items: [...site.plan.assets.values()].map(({ id, name, room }) => ({
          asset: id,
          name: both(name),
          room,
          tag: tags.of(id),
        })),
        next: null,
      }),
    )
  }
}
