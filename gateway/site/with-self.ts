import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Device } from '#devices/device.ts'
import { type Profile, readProfile } from '#devices/profile.ts'
import { inAllLanguages } from '../texts.ts'
import { rulesOf } from './rules.ts'
import type { Site } from './site.ts'

const PROFILE = fileURLToPath(new URL('../../devices/profiles/gateway/caretaker-gateway.yaml', import.meta.url))

/** The gateway as a device of its own site; as its asset, of which no home depends. */
export const SELF = 'gateway'
const SELF_PROFILE = 'caretaker-gateway'
/** Point and alarm of the profile that stand for each Modbus connection of the site. */
const BUS_ERRORS = { point: 'bus_errors', alarm: 'bus-errors' } as const

const CERTIFICATE_POINTS: ReadonlySet<string> = new Set(['opcua_certificate_days', 'opcua_server_days'])

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
  const device: Device = { id: SELF, profile: withBuses(withCertificates(profile, site), site), asset: SELF }
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

/** Certificates are watched where there are any; elsewhere nobody reads of OPC UA. */
function withCertificates(profile: Profile, { opcua, opcuaServer }: Pick<Site, 'opcua' | 'opcuaServer'>): Profile {
  if (opcua.length > 0 || opcuaServer) return profile
  const points = Object.entries(profile.points).filter(([name]) => !CERTIFICATE_POINTS.has(name))
  const alarms = (profile.alarms ?? []).filter(({ point }) => point === undefined || !CERTIFICATE_POINTS.has(point))
  return { ...profile, points: Object.fromEntries(points), alarms }
}

/** The point that says how many frames of a connection come broken. */
export function busErrorsOf(connection: string): string {
  return `${BUS_ERRORS.point}_${connection}`
}

/** F25: each line has a point and an alarm of its own, so that a noisy one neither hides another nor waits for it. */
function withBuses(profile: Profile, { connections }: Pick<Site, 'connections'>): Profile {
  const { [BUS_ERRORS.point]: point, ...points } = profile.points
  const alarms = profile.alarms ?? []
  const alarm = alarms.find(({ id }) => id === BUS_ERRORS.alarm)
  if (!point || !alarm) throw new Error(`${PROFILE}: no ${BUS_ERRORS.alarm}`)
  const named = ({ name }: Pick<typeof point, 'name'>, id: string) =>
    typeof name === 'object' ? { 'zh-CN': `${name['zh-CN']}：${id}`, en: `${name.en}: ${id}` } : `${name}: ${id}`
  return {
    ...profile,
    points: {
      ...points,
      ...Object.fromEntries(connections.map(({ id }) => [busErrorsOf(id), { ...point, name: named(point, id) }])),
    },
    alarms: [
      ...alarms.filter(({ id }) => id !== BUS_ERRORS.alarm),
      ...connections.map(({ id }) => ({
        ...alarm,
        id: `${BUS_ERRORS.alarm}-${id}`,
        name: named(alarm, id),
        point: busErrorsOf(id),
      })),
    ],
  }
}
