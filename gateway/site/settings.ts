import { parseDuration } from '#devices/duration.ts'
import type { Settings } from '#rules/plan.ts'
import { HISTORY_POLICY, type HistoryPolicy, HOURS, MINUTES } from '../store/history/policy.ts'
import { noticeSettingsOf } from './notices.ts'
import type { SiteFile } from './schema.ts'

const DEFAULTS = {
  incident_window: '10m',
  publish_after: '10m',
  publish_confirmed_after: '5m',
  all_clear_hold: '10m',
  accept_within: '5m',
} as const

/** How long the history is kept, where the site file says other than the defaults. */
export function historyOf(written: NonNullable<SiteFile['history']>): HistoryPolicy {
  const { readingsKeptMs, rollupsKeptMs, ...rest } = HISTORY_POLICY
  const ms = (duration: string | undefined, otherwise: number) => (duration && parseDuration(duration)) || otherwise
  return {
    ...rest,
    readingsKeptMs: ms(written.readings, readingsKeptMs),
    rollupsKeptMs: [ms(written.minutes, rollupsKeptMs[MINUTES]!), ms(written.hours, rollupsKeptMs[HOURS]!)],
  }
}

/** The figures of the core: what the site says, and the defaults where it says nothing. */
export function settingsOf({ settings: written = {}, notices = {} }: Pick<SiteFile, 'settings' | 'notices'>): Settings {
  const ms = (key: keyof typeof DEFAULTS) => parseDuration(written[key] ?? DEFAULTS[key])!
  return {
    incidentWindowMs: ms('incident_window'),
    publishAfterMs: ms('publish_after'),
    publishConfirmedAfterMs: ms('publish_confirmed_after'),
    allClearHoldMs: ms('all_clear_hold'),
    acceptWithinMs: ms('accept_within'),
    ...(written.operators === undefined ? {} : { alarms: { operators: written.operators } }),
    ...(written.orders === undefined ? {} : { orders: written.orders }),
    notices: noticeSettingsOf(notices),
    reach: reachOf(written),
  }
}

/** Money in hundredths of a yuan, times in minutes since midnight. */
function reachOf(written: NonNullable<SiteFile['settings']>): NonNullable<Settings['reach']> {
  const { quiet_hours: quiet, sms_price: price, sms_cap: cap } = written
  const [from = '', to = ''] = quiet?.split('-') ?? []
  const minute = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
  return {
    ...(quiet === undefined ? {} : { quietFrom: minute(from), quietTo: minute(to) }),
    ...(price === undefined ? {} : { partPrice: Math.round(price * 100) }),
    ...(cap === undefined ? {} : { cap: Math.round(cap * 100) }),
  }
}
