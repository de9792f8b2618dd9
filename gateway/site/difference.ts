import type { Plan } from '#rules/plan.ts'
import type { Site } from './site.ts'

type Kind =
  | 'site'
  | 'connection'
  | 'mqtt'
  | 'broker'
  | 'outward'
  | 'device'
  | 'channel'
  | 'influx'
  | 'opcua'
  | 'history'
  | 'rule'
  | 'asset'
  | 'person'
  | 'setting'

export type Difference = Readonly<{
  kind: Kind
  id: string
  change: 'added' | 'removed' | 'changed'
  /** What of it changed, from what to what. Nothing of a part that may hold a secret. */
  values?: readonly Readonly<{ name: string; before: string | null; after: string | null }>[]
  /** Why the person who wrote it says so. */
  reason?: string
}>

/** What takes effect in the running core; all else stands in connections, doors and files that are open. */
const HOT: ReadonlySet<Kind> = new Set(['rule', 'asset', 'person', 'setting'])

export function needsRestart({ kind }: Difference): boolean {
  return !HOT.has(kind)
}

/** What a new configuration would change, part by part. */
export function differenceOf(before: Site, after: Site): readonly Difference[] {
  const parts: readonly [Kind, (site: Site) => Iterable<readonly [string, unknown]>][] = [
    ['site', (site) => [[site.id, otherPartsOf(site)]]],
    [
      'connection',
      ({ connections, opcua }) => [...connections, ...opcua].map((connection) => [connection.id, connection]),
    ],
    ['mqtt', ({ mqtt }) => (mqtt ? [[`${mqtt.host}:${mqtt.port}`, { ...mqtt, secrets: [...mqtt.secrets] }]] : [])],
    ['broker', (site) => site.brokers.map((broker) => [broker.id, broker])],
    ['outward', ({ outward }) => (outward ? [['outward', outward]] : [])],
    ['device', (site) => site.devices.map((device) => [device.id, wireOf(device)])],
    ['channel', (site) => site.channels.map((channel) => [channel.id, channel])],
    ['influx', (site) => site.influx.map((target, i) => [String(i + 1), target])],
    [
      'opcua',
      ({ opcuaServer }) => (opcuaServer ? [['server', { ...opcuaServer, users: [...opcuaServer.users] }]] : []),
    ],
    ['history', (site) => [['history', [site.history, site.charts]]]],
    ['rule', (site) => site.plan.rules.map((rule) => [rule.id, rule])],
    ['asset', (site) => site.plan.assets],
    ['person', (site) => site.plan.staff.map((person) => [person.id, person])],
    ['setting', ({ plan }) => Object.entries(settingsOf(plan))],
  ]
  return parts.flatMap(([kind, entriesOf]) =>
    compare(kind, new Map(entriesOf(before)), new Map(entriesOf(after))).map((difference) => {
      const reason = kind === 'rule' && difference.change === 'removed' ? reasonFor(difference.id, after) : undefined
      return reason === undefined ? difference : { ...difference, reason }
    }),
  )
}

/** What has a part of its own above, or follows from one. */
const SAID_ELSEWHERE: ReadonlySet<keyof Site> = new Set([
  'file',
  'hash',
  'plan',
  'devices',
  'connections',
  'opcua',
  'opcuaServer',
  'mqtt',
  'brokers',
  'outward',
  'channels',
  'influx',
  'charts',
  'history',
  'ruleFiles',
  'alarms',
  'disabled',
  'faults',
])
const NOT_A_SETTING: ReadonlySet<keyof Plan> = new Set(['site', 'timeZone', 'rules', 'assets', 'staff', 'channels'])

/** All that no other part speaks of: what somebody adds to a site one day counts as well. */
function otherPartsOf(site: Site): unknown {
  const others = Object.entries(site).filter(([key]) => !SAID_ELSEWHERE.has(key as keyof Site))
  return { ...Object.fromEntries(others), timeZone: site.plan.timeZone }
}

function settingsOf({ settings, ...plan }: Plan): object {
  const others = Object.entries(plan).filter(([key]) => !NOT_A_SETTING.has(key as keyof Plan))
  return { ...settings, ...Object.fromEntries(others) }
}

/** A device without what only the rules need of it. */
function wireOf({ profile: { alarms: _, examples: __, ...profile }, ...device }: Site['devices'][number]): unknown {
  return { ...device, profile }
}

function reasonFor(rule: string, { disabled }: Site): string | undefined {
  return disabled.find(({ device, alarm }) => rule === `${device}/${alarm}` || rule.startsWith(`${device}/${alarm}.`))
    ?.reason
}

function compare(kind: Kind, before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): Difference[] {
  const removed = [...before.keys()]
    .filter((id) => !after.has(id))
    .map((id) => ({ kind, id, change: 'removed' }) as const)
  const others = [...after].flatMap(([id, value]): Difference[] => {
    if (!before.has(id)) return [{ kind, id, change: 'added' }]
    const old = before.get(id)
    if (JSON.stringify(old) === JSON.stringify(value)) return []
    return [{ kind, id, change: 'changed', ...(HOT.has(kind) ? { values: changesIn(old, value, '') } : {}) }]
  })
  return [...removed, ...others]
}

type Values = NonNullable<Difference['values']>

function changesIn(before: unknown, after: unknown, name: string): Values {
  if (isPlain(before) && isPlain(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return keys.flatMap((key) => changesIn(before[key], after[key], name ? `${name}.${key}` : key))
  }
  const [was, is] = [written(before), written(after)]
  return was === is ? [] : [{ name: name || 'value', before: was, after: is }]
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function written(value: unknown): string | null {
  if (value === undefined) return null
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 200 ? `${text.slice(0, 199)}…` : text
}

/** One line for a person: `rule PR1-H/outlet-pressure.lo changed: watch.limit 0.3 → 0.35`. */
export function sayDifference({ kind, id, change, values, reason }: Difference): string {
  const what = (values ?? []).map(({ name, before, after }) => `${name} ${before ?? '–'} → ${after ?? '–'}`).join(', ')
  return `${kind} ${id} ${change}${what ? `: ${what}` : ''}${reason === undefined ? '' : `: ${reason}`}`
}
