import type { Role } from './api/types.ts'

/** All roles, as the gateway knows them. */
export const ROLES = [
  'admin',
  'engineer',
  'field',
  'agent',
  'steward',
  'monitor',
  'manager',
  'quality',
  'contractor',
  'resident',
] as const satisfies readonly Role[]

const OVERSEERS = ['admin', 'manager', 'engineer', 'monitor', 'quality'] as const satisfies readonly Role[]

/** What each role is offered here. The gateway decides; a test holds this table against the gateway's own. */
export const OFFERED = {
  readGateway: OVERSEERS,
  readOwnSite: [...OVERSEERS, 'field', 'steward', 'agent', 'contractor'],
  readPlant: [...OVERSEERS, 'field'],
  readAlarms: [...OVERSEERS, 'field', 'steward'],
  readOrders: [...OVERSEERS, 'field', 'steward', 'agent'],
  readNotices: [...OVERSEERS, 'steward', 'agent'],
  readOwnAlarms: [...OVERSEERS, 'field', 'steward', 'contractor'],
  readOwnOrders: [...OVERSEERS, 'field', 'steward', 'agent', 'contractor'],
  readCases: ['admin', 'manager', 'engineer', 'quality'],
  explain: ['admin', 'manager', 'engineer'],
  judge: ['admin', 'quality'],
  handOver: ['admin', 'manager', 'engineer', 'field', 'monitor', 'agent', 'steward'],
  commission: ['admin', 'engineer'],
  acknowledge: ['admin', 'manager', 'engineer', 'field'],
  reset: ['admin', 'manager', 'engineer'],
  shelve: ['admin', 'manager', 'engineer'],
  takeOutOfService: ['admin', 'manager', 'engineer'],
  planMaintenance: ['admin', 'manager', 'engineer'],
  work: ['admin', 'manager', 'engineer', 'field'],
  workOwn: ['admin', 'manager', 'engineer', 'field', 'agent', 'steward', 'contractor'],
  openOrders: ['admin', 'manager', 'engineer', 'field', 'monitor', 'agent', 'steward'],
  findFalse: ['admin', 'manager', 'engineer', 'field', 'monitor'],
  decideOrders: ['admin', 'manager', 'engineer'],
  callBack: ['admin', 'manager', 'engineer', 'agent', 'steward', 'monitor'],
  rescue: ['admin', 'manager', 'engineer', 'field', 'monitor', 'contractor'],
  sendPhotos: ['admin', 'manager', 'engineer', 'field', 'steward', 'contractor'],
  printTags: ['admin', 'manager', 'engineer'],
  control: ['admin', 'manager', 'engineer', 'field'],
  safeguard: ['admin', 'manager', 'engineer', 'field'],
  confirm: ['admin', 'manager', 'engineer', 'steward', 'agent', 'monitor'],
  speak: ['admin', 'manager', 'engineer', 'steward', 'agent'],
  planWork: ['admin', 'manager', 'engineer', 'steward'],
  linkResidents: ['admin', 'manager', 'steward', 'agent'],
  readHouseholds: ['admin', 'manager', 'agent', 'steward'],
  correctHouseholds: ['admin', 'manager', 'agent', 'steward'],
  visit: ['admin', 'manager', 'field', 'agent', 'steward'],
  testChannels: ['admin', 'engineer'],
  requeue: ['admin', 'engineer'],
  manageUsers: ['admin'],
  readRoster: [...OVERSEERS, 'field', 'steward', 'agent'],
  planRoster: ['admin', 'manager', 'engineer'],
  managePeople: ['admin', 'manager'],
} as const satisfies Record<string, readonly Role[]>

export type Permission = keyof typeof OFFERED

export function may(role: Role, permission: Permission): boolean {
  return (OFFERED[permission] as readonly Role[]).includes(role)
}

/** Faults of the simulated plant are provoked by whoever could repair a real one. */
export function mayProvoke(role: Role): boolean {
  return role === 'admin' || role === 'engineer'
}

export type ScreenName = 'overview' | 'orders' | 'alarms' | 'notices' | 'health' | 'buses' | 'households' | 'errands'

const SCREENS: readonly Readonly<{ name: ScreenName; permission: Permission }>[] = [
  { name: 'overview', permission: 'readPlant' },
  { name: 'alarms', permission: 'readAlarms' },
  { name: 'orders', permission: 'readOwnOrders' },
  { name: 'notices', permission: 'readNotices' },
  { name: 'households', permission: 'readHouseholds' },
  { name: 'health', permission: 'readGateway' },
  { name: 'buses', permission: 'commission' },
]
const FIRST: Partial<Record<Role, readonly ScreenName[]>> = {
  field: ['orders', 'errands'],
  steward: ['notices', 'orders'],
  agent: ['notices', 'orders', 'households'],
}

/** Where a screen stands that not everybody sees; its things stand below it. */
const PLACES: Readonly<Record<string, Permission>> = {
  ...Object.fromEntries(SCREENS.map(({ name, permission }) => [name, permission])),
  assets: 'readPlant',
  silences: 'readAlarms',
  'alarm-health': 'readAlarms',
  users: 'manageUsers',
  cases: 'readCases',
  scores: 'readCases',
  months: 'readCases',
  handovers: 'handOver',
  roster: 'readRoster',
  errands: 'visit',
  'asset-tags': 'printTags',
}

/** Whether a role is shown what stands at this address. */
export function maySee(role: Role, path: string): boolean {
  const place = path.split('/')[1] ?? ''
  const permission = Object.hasOwn(PLACES, place) ? PLACES[place] : undefined
  return permission === undefined || may(role, permission)
}

/** The screens of a role, the one it lands on first. */
export function screensOf(role: Role): ScreenName[] {
  const first = FIRST[role] ?? []
  const rest = SCREENS.filter(({ name, permission }) => may(role, permission) && !first.includes(name))
  return [...first, ...rest.map(({ name }) => name)]
}

/** The first screen of a role; `/` for one that has none yet. */
export function homeOf(role: Role): string {
  const [first] = screensOf(role)
  return first === undefined ? '/' : `/${first}`
}
