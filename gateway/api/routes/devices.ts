import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { deviceView } from '../views/device-view.ts'
import { NoQuery } from './collection.ts'

export function devices({ site, latest, clock }: ApiContext): FastifyPluginAsyncTypebox {
  const view = deviceView(site)
  return async (app) => {
    app.get(
      '/api/v1/devices',
      {
        config: { access: { roles: PERMISSIONS.readPlant } },
        schema: { summary: 'Devices with their newest values, quality and age', querystring: NoQuery },
      },
      async () => {
        const now = clock.now()
        return { items: site.devices.map((device) => view(device, latest.of(device.id), now)), next: null }
      },
    )
  }
}
