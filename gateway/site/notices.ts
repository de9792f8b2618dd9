import type { Device } from '#devices/device.ts'
import { parseDuration } from '#devices/duration.ts'
import { offlineAfterMs } from '#devices/profile.ts'
import { NOTICE_SETTINGS, type NoticeSettings, UNFIT, ZONE_LEVELS, type ZoneLevel } from '#rules/notices/settings.ts'
import type { Asset, ChannelKind, Plan, Rule } from '#rules/plan.ts'
import { inAllLanguages, inLanguage } from '../texts.ts'
import type { NoticesWritten } from './notices-schema.ts'
import type { ChannelConfig } from '../channels/schema.ts'
import type { SiteFile } from './schema.ts'

/** What residents are told beside the words: whom to call, where to look; and what it may cost. */
export type NoticeSite = Readonly<{
  call: string | null
  publicUrl: string | null
  smsPart: number
  /** So many codes for signing in are sent in 24 hours, whoever asks. */
  codesPerDay: number
}>

const CODES_PER_DAY = 200

export function noticeSiteOf(written: NoticesWritten, smsPart = 0.1): NoticeSite {
  const { call = null, public_url: url, codes_per_day: codesPerDay = CODES_PER_DAY } = written
  return { call, publicUrl: url?.replace(/\/+$/, '') ?? null, smsPart, codesPerDay }
}

/** What the site says other than the defaults. */
export function noticeSettingsOf(written: NoticesWritten): Partial<NoticeSettings> {
  const ms = (texts: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, parseDuration(text) ?? 0]))
  const { zoneDelayMs, leadMs } = NOTICE_SETTINGS
  return {
    ...(written.zone_delay ? { zoneDelayMs: { ...zoneDelayMs, ...ms(written.zone_delay) } } : {}),
    ...(written.lead ? { leadMs: { ...leadMs, ...ms(written.lead) } } : {}),
    ...(written.minimum_outage ? { minimumOutageMs: ms(written.minimum_outage) } : {}),
  }
}

const KIND_OF: Readonly<Record<string, ChannelKind>> = {
  screen: 'page',
  webhook: 'data',
  'aliyun-sms': 'paid',
  'http-sms': 'paid',
}

/** What each channel means to residents: a bot of a group chat rings, and costs nothing. */
export function channelKindsOf(channels: readonly ChannelConfig[]): NonNullable<Plan['channelKinds']> {
  return Object.fromEntries(channels.map(({ id, type }) => [id, KIND_OF[type] ?? 'chat']))
}

/** The zones that an asset serves: their names, and the highest of their levels, the last to have water again. */
export function zonesOf(
  serves: SiteFile['assets'][number]['serves'],
  zones: SiteFile['zones'],
): Pick<Asset, 'zoneLevel' | 'place'> {
  const served = (serves?.zones ?? []).flatMap((id) => zones?.find((zone) => zone.id === id) ?? [])
  const highest = Math.max(...served.map(({ level }) => (level === undefined ? -1 : ZONE_LEVELS.indexOf(level))))
  const level = highest < 0 ? {} : { zoneLevel: ZONE_LEVELS[highest] as ZoneLevel }
  const isNamed = served.length > 0 && served.every(({ name }) => name !== undefined)
  if (!isNamed) return level
  const nameIn = (language: 'zh-CN' | 'en', between: string) =>
    served.map(({ id, name }) => inLanguage(name ?? id, language)).join(between)
  return { ...level, place: { 'zh-CN': nameIn('zh-CN', '、'), en: nameIn('en', ', ') } }
}

const WATER_KINDS: readonly string[] = ['pump-set', 'tank', 'water-tank']

/** Drinking water is measured by hand after work on it: what is unfit is an alarm of the asset. */
export function waterRules(devices: readonly Device[], assets: ReadonlyMap<string, Asset>): Rule[] {
  return [...assets.values()].flatMap((asset): Rule[] => {
    const device = devices.find((each) => each.asset === asset.id)
    if (!device || !WATER_KINDS.includes(asset.kind) || asset.homes.length === 0) return []
    return [
      {
        id: `${device.id}/${UNFIT}`,
        device: device.id,
        asset: asset.id,
        name: inAllLanguages('alarm.water_unfit'),
        watch: { kind: 'measured' },
        onDelayMs: 0,
        offDelayMs: 0,
        latch: false,
        safety: false,
        priority: 'critical',
        class: 'P1',
        skill: 'water',
        notice: UNFIT,
        closesItself: false,
        validityMs: offlineAfterMs(device.profile),
        cause: inAllLanguages('alarm.water_unfit.cause'),
        consequence: inAllLanguages('alarm.water_unfit.consequence'),
        response: inAllLanguages('alarm.water_unfit.response'),
      },
    ]
  })
}
