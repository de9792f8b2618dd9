import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { perPlan } from '../../site/live.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { scopeOf } from '../scope.ts'
import { isoAt } from '../site-time.ts'
import { both } from '../views/said.ts'
import { NoQuery } from './collection.ts'

/** What the site is, and who is asking. Contacts of people are not here. */
export function site({ site, version, epoch, clock, demo }: ApiContext): FastifyPluginAsyncTypebox {
  const buildings = site.buildings.map(({ id, name, floors, homes_per_floor: homesPerFloor, region }) => ({
    id,
    name: both(name ?? id),
    region: region ?? null,
    floors,
    homes: floors * homesPerFloor,
  }))
  const rooms = site.rooms.map(({ id, name }) => ({ id, name: both(name) }))
  const assets = perPlan(site, (plan) =>
    [...plan.assets.values()].map(({ id, name, kind, room, region, homes, category = null, route = null }) => ({
      id,
      name: both(name),
      kind,
      room,
      region,
      building: buildingOf(homes),
      homes: homes.length,
      category,
      route,
    })),
  )
  const staff = perPlan(site, (plan) => plan.staff.map(({ id, role }) => ({ id, role })))

  return async (app) => {
    app.get(
      '/api/v1/site',
      {
        config: { access: { roles: PERMISSIONS.readOwnSite } },
        schema: { summary: 'The site: buildings, assets, staff', querystring: NoQuery },
      },
      async ({ identity }) => {
        const scope = scopeOf(site, identity!)
        const isMine = (person: string) => scope.isAll || person === identity!.person
        return {
          id: site.id,
          name: both(site.name),
          languages: site.languages,
          timeZone: site.plan.timeZone,
          version,
          epoch,
          demo,
          speed: clock.speed,
          now: isoAt(clock.now(), site.plan.timeZone),
          you: identity && { id: identity.id, role: identity.role },
          buildings,
          rooms,
          assets: assets().filter(({ id }) => scope.has(id)),
          staff: staff().filter(({ id }) => isMine(id)),
        }
      },
    )
  }
}

/** The building whose homes it serves; null when it serves several, or none. */
function buildingOf(homes: readonly string[]): string | null {
  const found = new Set(homes.map((home) => home.slice(0, home.lastIndexOf('-'))))
  return found.size === 1 ? [...found][0]! : null
}
