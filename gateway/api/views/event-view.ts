import type { Event, EventType } from '#rules/event.ts'
import type { Role } from '../../role.ts'
import { may, type Permission } from '../permissions.ts'
import { isoAt } from '../site-time.ts'

/** Which permission opens which family of events; a family that is not named is nobody's. */
const FAMILIES: Readonly<Record<EventFamily, Permission>> = {
  gateway: 'readGateway',
  site: 'readGateway',
  clock: 'readGateway',
  input: 'readGateway',
  token: 'readAudit',
  access: 'readAudit',
  private: 'readAudit',
  bus: 'readAudit',
  opcua: 'readAudit',
  channel: 'readAudit',
  condition: 'readPlant',
  point: 'readPlant',
  alarm: 'readAlarms',
  incident: 'readAlarms',
  service: 'readAlarms',
  maintenance: 'readAlarms',
  order: 'readOrders',
  task: 'readOrders',
  roster: 'readOrders',
  notice: 'readNotices',
  reach: 'readNotices',
  message: 'readNotices',
  page: 'readOrders',
  case: 'readCases',
  handover: 'readOrders',
  month: 'readCases',
  praise: 'readCases',
  sounder: 'readOrders',
  control: 'readPlant',
  lockout: 'readPlant',
  permit: 'readPlant',
  presence: 'readPlant',
}
type EventFamily = EventType extends `${infer Family}.${string}` ? Family : never

export function isVisible(event: Event, role: Role): boolean {
  return may(role, FAMILIES[event.type.split('.')[0] as EventFamily])
}

/** Why somebody is away decides who has their work, so the journal knows it; it is nobody's business who reads along. */
const UNSAID: Partial<Record<EventType, readonly string[]>> = { 'roster.leave_granted': ['reason'] }

const COUNTED = ['homes', 'lines', 'tasks'] as const

/** An event without what is no business of a screen: the sender's command id, and of long lists only their length. */
export function eventView(event: Event, timeZone: string): object {
  const { v: _v, command: _command, actor: _actor, at, ...rest } = event
  const lists: Partial<Record<string, unknown>> = rest
  const counts = COUNTED.flatMap((key) => {
    const list = lists[key]
    return Array.isArray(list) ? [[key, list.length] as const] : []
  })
  const said = { ...rest, ...Object.fromEntries(counts), at: isoAt(at, timeZone) }
  const unsaid = UNSAID[event.type]
  return unsaid ? Object.fromEntries(Object.entries(said).filter(([key]) => !unsaid.includes(key))) : said
}
