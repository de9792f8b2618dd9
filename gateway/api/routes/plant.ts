import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { NoQuery } from './collection.ts'

const Name = Type.String({ minLength: 1, maxLength: 64 })
const exact = { additionalProperties: false } as const

/** The simulated plant of a demonstration: what fails, and making it fail. Where the devices are real, nothing is here. */
export function plant(context: ApiContext): FastifyPluginAsyncTypebox {
  const door = () => {
    if (!context.plant) throw new Fault('not_found')
    return context.plant
  }
  const disturb = { access: { roles: PERMISSIONS.provoke } }

  return async (app) => {
    // Before the body is looked at: a real site does not even say what a right request would be.
    app.addHook('preValidation', async () => void door())
    app.get(
      '/api/v1/plant',
      {
        config: { access: { roles: PERMISSIONS.seeProvoked } },
        schema: { summary: 'What fails in the simulated plant', querystring: NoQuery },
      },
      async () => ({ devices: await door().devices() }),
    )
    app.post(
      '/api/v1/plant/faults',
      {
        config: disturb,
        schema: {
          summary: 'Let something fail',
          querystring: NoQuery,
          body: Type.Object({ device: Name, fault: Name }, exact),
        },
      },
      ({ body: { device, fault } }) => door().provoke(device, fault),
    )
    app.post(
      '/api/v1/plant/heal',
      {
        config: disturb,
        schema: { summary: 'Mend it', querystring: NoQuery, body: Type.Object({ device: Name }, exact) },
      },
      ({ body: { device } }) => door().heal(device),
    )
  }
}
