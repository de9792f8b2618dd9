import type { Role } from '../role.ts'

/** Those who see the whole site. */
const OVERSEERS = ['admin', 'manager', 'engineer', 'monitor', 'quality'] as const satisfies readonly Role[]

/**
 * What each role may do: the one table. A role that is not named may not; contractors see what they are listed for, and
 * residents nothing here until they have pages of their own.
 */
export const PERMISSIONS = {
  readGateway: OVERSEERS,
  readMetrics: ['admin', 'engineer', 'monitor'],
  readSite: [...OVERSEERS, 'field', 'steward', 'agent'],
  readPlant: [...OVERSEERS, 'field'],
  readAlarms: [...OVERSEERS, 'field', 'steward'],
  readOrders: [...OVERSEERS, 'field', 'steward', 'agent'],
  /** … and contractors, of the assets they are listed for. */
  readOwnAlarms: [...OVERSEERS, 'field', 'steward', 'contractor'],
  /** A contractor sees the orders that are his, and no other. */
  readOwnOrders: [...OVERSEERS, 'field', 'steward', 'agent', 'contractor'],
  readOwnSite: [...OVERSEERS, 'field', 'steward', 'agent', 'contractor'],
  /** Explanations and verdicts: nobody's business but theirs. */
  readCases: ['admin', 'manager', 'engineer', 'quality'],
  readNotices: [...OVERSEERS, 'steward', 'agent'],
  acknowledge: ['admin', 'manager', 'engineer', 'field'],
  reset: ['admin', 'manager', 'engineer'],
  /** To keep an alarm from being told is to answer for it. */
  shelve: ['admin', 'manager', 'engineer'],
  takeOutOfService: ['admin', 'manager', 'engineer'],
  planMaintenance: ['admin', 'manager', 'engineer'],
  work: ['admin', 'manager', 'engineer', 'field'],
  /** Whoever is asked, or sees it: a repair, a complaint, planned work. */
  openOrders: ['admin', 'manager', 'engineer', 'field', 'monitor', 'agent', 'steward'],
  /** Contractors, agents and stewards only at their own orders. */
  workOwn: ['admin', 'manager', 'engineer', 'field', 'agent', 'steward', 'contractor'],
  /** Whoever is on the spot. */
  sendPhotos: ['admin', 'manager', 'engineer', 'field', 'steward', 'contractor'],
  /** The tasks of a rescue: on site, at the intercom, and for a contractor what he is asked. */
  rescue: ['admin', 'manager', 'engineer', 'field', 'monitor', 'contractor'],
  /** Who looked, or spoke with the car: nothing was wrong. It takes a second one who decides. */
  findFalse: ['admin', 'manager', 'engineer', 'field', 'monitor'],
  /** To end an order otherwise than by mending it, or to answer for an arrival without a scan. */
  decideOrders: ['admin', 'manager', 'engineer'],
  /** To ask whether it is solved, and to open it again. */
  callBack: ['admin', 'manager', 'engineer', 'agent', 'steward', 'monitor'],
  /** Tags open the way to `arrive`: who prints them answers for where they hang. */
  printTags: ['admin', 'manager', 'engineer'],
  /** What reached level 3: the head and the manager explain, quality judges. */
  explain: ['admin', 'manager', 'engineer'],
  judge: ['admin', 'quality'],
  /** Whoever leaves a shift, or comes to one. */
  handOver: ['admin', 'manager', 'engineer', 'field', 'monitor', 'agent', 'steward'],
  /** Switching from afar; the profile of the device says which of them, and what. */
  control: ['admin', 'manager', 'engineer', 'field'],
  /** Locks and tags, permits, who is in which plant room. */
  safeguard: ['admin', 'manager', 'engineer', 'field'],
  seeProvoked: ['admin', 'manager', 'engineer', 'monitor'],
  provoke: ['admin', 'engineer'],
  resend: ['admin', 'engineer'],
  /** The bus doctor and test reads. */
  commission: ['admin', 'engineer'],
  /** Rules and people of the site file, while it runs. */
  reload: ['admin', 'engineer'],
  /** What a rule would have done. */
  tryRules: ['admin', 'engineer', 'quality'],
  /** Who lives where, by name and with the number hidden. */
  readHouseholds: ['admin', 'manager', 'agent', 'steward'],
  /** Whoever may ring people up sees their numbers. */
  callHouseholds: ['manager', 'agent', 'steward'],
  correctHouseholds: ['admin', 'manager', 'agent', 'steward'],
  /** All of them at once: in, out, and gone for good. */
  keepHouseholds: ['admin'],
  /** Doors and calls that a notice asks for. */
  visit: ['admin', 'manager', 'field', 'agent', 'steward'],
  /** To tell residents, or to decide that they are not told: the monitoring room, too, which is there at night. */
  confirm: ['admin', 'manager', 'engineer', 'steward', 'agent', 'monitor'],
  /** In words of one's own, and that it is over. */
  speak: ['admin', 'manager', 'engineer', 'steward', 'agent'],
  /** A notice that costs more than the cap. */
  approveCost: ['admin', 'manager', 'steward'],
  /** Planned work: who is told when, and which alarms are silent meanwhile. */
  planWork: ['admin', 'manager', 'engineer', 'steward'],
  /** Links that open the page of one home. */
  linkResidents: ['admin', 'manager', 'steward', 'agent'],
  /** How people are told: whether it works, and what did not get through. */
  readChannels: OVERSEERS,
  testChannels: ['admin', 'engineer'],
  requeue: ['admin', 'engineer'],
  /** Who came in, who was refused, which tokens and accounts were made. */
  readAudit: ['admin', 'manager'],
  /** Who is there when; names and numbers, the latter in part, are for fewer. */
  readRoster: [...OVERSEERS, 'field', 'steward', 'agent'],
  readContacts: ['admin', 'manager', 'engineer', 'monitor'],
  /** Leave, swaps, extra duty, certificates. */
  planRoster: ['admin', 'manager', 'engineer'],
  /** Who comes and goes. */
  managePeople: ['admin', 'manager'],
  erasePeople: ['admin'],
  manageUsers: ['admin'],
  /** Who decides over people and equipment has a second factor, if they wish. */
  enrolTotp: ['admin', 'manager', 'agent'],
  readApi: ['admin', 'manager', 'engineer'],
} as const satisfies Record<string, readonly Role[]>

export type Permission = keyof typeof PERMISSIONS

export function may(role: Role, permission: Permission): boolean {
  return (PERMISSIONS[permission] as readonly Role[]).includes(role)
}
