const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** Floors fed by one pump set, by how late the water comes back to them. */
export const ZONE_LEVELS = ['low', 'mid', 'high'] as const
export type ZoneLevel = (typeof ZONE_LEVELS)[number]

/** Figures of notices. A site may say others; these are those of the trade. */
export type NoticeSettings = Readonly<{
  /** High zones refill later: added to the hold of a water notice. */
  zoneDelayMs: Readonly<Record<ZoneLevel, number>>
  /** Planned work of a kind is told so long before; later only with a reason and a second person. */
  leadMs: Readonly<Record<string, number>>
  /** An outage of a kind that is shorter is not told by itself. */
  minimumOutageMs: Readonly<Record<string, number>>
  /** Those who were told hear again after so long. */
  updateEveryMs: number
  /** Whoever promised an end is warned so long before it passes. */
  etaWarningMs: number
  /** Before planned work ends, somebody is asked whether it will. */
  askBeforeMs: number
  /** Work that passed its end waits so long for a new one. */
  overrunMs: number
}>

export const NOTICE_SETTINGS: NoticeSettings = {
  zoneDelayMs: { low: 0, mid: 10 * MINUTE_MS, high: 20 * MINUTE_MS },
  leadMs: { 'water-off': DAY_MS, 'power-off': 7 * DAY_MS, 'lift-stopped': DAY_MS },
  minimumOutageMs: {},
  updateEveryMs: HOUR_MS,
  etaWarningMs: 15 * MINUTE_MS,
  askBeforeMs: 15 * MINUTE_MS,
  overrunMs: 10 * MINUTE_MS,
}

/** Of a kind that the site does not name. */
export const LEAD_MS = DAY_MS

/** Planned work is recalled so long before it begins. */
export const REMINDERS = [
  { before: '24h', ms: DAY_MS },
  { before: '2h', ms: 2 * HOUR_MS },
] as const
export type Reminder = (typeof REMINDERS)[number]['before']

/** Who is told of these must act at once, also at night. */
export const ACT_NOW: ReadonlySet<string> = new Set(['water-unfit', 'power-off', 'home-flooded'])

/** What a notice about water that is unfit to drink is called. */
export const UNFIT = 'water-unfit'

/** Off, or not fit to drink. */
export function isWaterKind(kind: string): boolean {
  return kind.startsWith('water')
}

/** Drinking water after work on a tank (GB 5749): at most so cloudy, and so much free chlorine. */
export const DRINKABLE = { turbidityMostNtu: 1, chlorineLeastMgL: 0.05, chlorineMostMgL: 2 } as const

export function isDrinkable(turbidityNtu: number, freeChlorineMgL: number): boolean {
  const { turbidityMostNtu, chlorineLeastMgL, chlorineMostMgL } = DRINKABLE
  return turbidityNtu <= turbidityMostNtu && freeChlorineMgL >= chlorineLeastMgL && freeChlorineMgL <= chlorineMostMgL
}
