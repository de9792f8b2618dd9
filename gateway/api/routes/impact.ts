import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import { impactModel, type Left, outageOf } from '#rules/impact/impact.ts'
import { perPlan } from '../../site/live.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { IdParams } from './collection.ts'

const AssetId = IdParams.properties.id
const Query = Type.Object(
  {
    /** Others that fail at the same time, separated by commas. */
    with: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}(,[A-Za-z0-9_-]{1,64}){0,49}$' })),
  },
  { additionalProperties: false },
)

/** Who is affected if an asset fails: a look before anything happens. */
export function impact({ site }: ApiContext): FastifyPluginAsyncTypebox {
  const impactOf = perPlan(site, (plan) => impactModel(plan.assets))
  return async (app) => {
    app.get(
      '/api/v1/assets/:id/impact',
      {
        config: { access: { roles: PERMISSIONS.readSite } },
        schema: {
          summary: 'Who is affected if this asset fails, alone or with others',
          params: Type.Object({ id: AssetId }, { additionalProperties: false }),
          querystring: Query,
        },
      },
      async ({ params: { id }, query }) => {
        const assets = [...new Set([id, ...(query.with?.split(',') ?? [])])]
        const { assets: known } = site.plan
        for (const asset of assets) if (!known.has(asset)) throw new Fault('unknown_asset', { asset })
        const found = impactOf()(new Map<string, Left>(assets.map((asset) => [asset, 'down'])))
        const { services, needs } = outageOf(found, found)
        return { assets, ...found, told: services.size, toldIfNeeded: needs.size }
      },
    )
  }
}
