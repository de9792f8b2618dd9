import type { AlarmDefinition } from '#devices/alarm-definition.ts'
import type { Device } from '#devices/device.ts'
import { detectorFor } from '#rules/detectors/kinds.ts'
import type { Plan } from '#rules/plan.ts'
import { rulesOf } from '../site/rules.ts'
import type { Site } from '../site/site.ts'

/** Which rules are tried, as plain data: it may go to another thread. */
export type Trial = Readonly<{
  plan: Omit<Plan, 'rules'>
  devices: readonly Readonly<{ device: Device; alarms: readonly AlarmDefinition[] }>[]
  /** `device/alarm`; null for every rule of the devices, loss of data as well. */
  wanted: readonly string[] | null
}>

/** The rules of a site that are to be tried, with a staff that does everything at once. */
export function trialOf(
  { plan, devices, alarms }: Pick<Site, 'plan' | 'devices' | 'alarms'>,
  wanted: readonly string[] | null,
): Trial {
  // Nobody switches anything in a trial; and conditions of controls are no plain data.
  const { rules, supervisors: _, controls: __, ...rest } = plan
  const names = wanted && new Set(wanted.map((alarm) => alarm.slice(0, alarm.indexOf('/'))))
  const staff = {
    id: 'staff',
    role: 'manager',
    regions: [...new Set(plan.assets.values().map(({ region }) => region))],
    skills: [...new Set(rules.map(({ skill }) => skill))],
    duty: [{ from: 0, to: 1_440 }],
  }
  return {
    plan: { ...rest, staff: [staff], fallback: staff.id },
    devices: devices
      .filter(({ id }) => names === null || names.has(id))
      .map((device) => ({ device, alarms: alarms.get(device.id) ?? [] })),
    wanted,
  }
}

/** Compiled, as the running gateway would. */
export function planOf({ plan, devices, wanted }: Trial): Plan {
  const known = wanted && new Set(wanted)
  const rules = devices
    .flatMap(({ device, alarms }) =>
      rulesOf(
        { ...device, profile: { ...device.profile, alarms: [] } },
        alarms,
        plan.timeZone,
        plan.assets.get(device.asset),
      ),
    )
    .filter(({ id }) => known === null || known.has(id) || known.has(id.replace(/(\.[a-z]+)+$/, '')))
  return { ...plan, rules }
}

/** The points that these rules look at, and no others: of each device, or null for all of it. */
export function pointsOf({ rules }: Plan): ReadonlyMap<string, ReadonlySet<string> | null> {
  const points = new Map<string, Set<string> | null>()
  const add = (device: string, watched: readonly string[] | null) => {
    const known = points.get(device)
    if (watched === null || known === null) points.set(device, null)
    else points.set(device, new Set([...(known ?? []), ...watched]))
  }
  for (const rule of rules) {
    const { points: watched, others } = detectorFor(rule)
    add(rule.device, watched)
    for (const { device, point } of others) add(device, [point])
  }
  return points
}
