import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Device } from '#devices/device.ts'
import { readProfile } from '#devices/profile.ts'
import { inAllLanguages } from '../texts.ts'
import { rulesOf } from './rules.ts'
import type { Site } from './site.ts'

const PROFILE = fileURLToPath(new URL('../../devices/profiles/gateway/caretaker-gateway.yaml', import.meta.url))

/** The gateway as a device of its own site; as its asset, of which no home depends. */
export const SELF = 'gateway'
const SELF_PROFILE = 'caretaker-gateway'

/** Whether a device is the gateway, and not something of the site that has its name. */
export function isSelf({ id, profile }: Device): boolean {
  return id === SELF && profile.profile === SELF_PROFILE
}

/** The site with the gateway in it, watched like any device; as it is where the name is taken. */
export function withSelf(site: Site): Site {
  const { plan, devices } = site
  if (plan.assets.has(SELF) || devices.some(({ id }) => id === SELF)) return site
  const { profile, faults } = readProfile(readFileSync(PROFILE, 'utf8'), PROFILE)
  if (!profile) throw new Error(`${PROFILE}: ${JSON.stringify(faults)}`)
  const device: Device = { id: SELF, profile, asset: SELF }
  const asset = {
    id: SELF,
    name: inAllLanguages('asset.gateway'),
    kind: profile.kind,
    room: SELF,
    region: 'site',
    homes: [],
  }
  return {
    ...site,
    devices: [...devices, device],
    rooms: [...site.rooms, { id: SELF, name: asset.name }],
    plan: {
      ...plan,
      assets: new Map([...plan.assets, [SELF, asset]]),
      rules: [...plan.rules, ...rulesOf(device, [], plan.timeZone)],
    },
  }
}
