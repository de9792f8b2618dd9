import { impactModel, type Left, outageOf } from '#rules/impact/impact.ts'
import { REACH_SETTINGS } from '#rules/reach/settings.ts'
import type { Register } from '../households/register.ts'
import { noticeTexts } from '../notice-text.ts'
import { perPlan } from '../site/live.ts'
import type { Site } from '../site/site.ts'
import type { MessagePhase, NoticeDocument } from '../store/documents.ts'
import { type Audience, audienceOf, failedIn, isUrgent, leftOf } from './audience.ts'
import { personalChannels } from './personal-channels.ts'
import { type Price, priceOf } from './cost.ts'

export type Resolved = Audience & Readonly<{ price: Price }>
export type Resolve = (
  notice: NoticeDocument,
  occasion: Readonly<{
    homes: readonly string[]
    open: readonly NoticeDocument[]
    phase: MessagePhase
    isNow?: boolean
  }>,
) => Resolved

/** Whom a notice would reach at this moment, by what and for how much: for its messages, and for a look before. */
export function resolving({
  site,
  register,
  wall,
}: Readonly<{ site: Site; register: Pick<Register, 'roll'>; wall(): number }>): Resolve {
  const impactOf = perPlan(site, (plan) => impactModel(plan.assets))
  return (notice, { homes, open, phase, isNow = false }) => {
    const channels = personalChannels(site)
    const own = new Map<string, Left>(notice.assets.map((asset) => [asset, leftOf(notice.kind)]))
    const all = new Map([...failedIn(open), ...own])
    const impact = impactOf()
    const roll = register.roll()
    const audience = audienceOf(roll, channels, {
      homes,
      outage: outageOf(impact(own), impact(all)),
      time: wall(),
      isUrgent: isNow || isUrgent(notice.kind),
    })
    const { partPrice } = { ...REACH_SETTINGS, ...site.plan.settings.reach }
    const languageOf = (contact: string) => roll.entry(contact)?.language ?? 'zh-CN'
    const texts = noticeTexts(notice, site, { phase, channel: 'sms' })
    return { ...audience, price: priceOf(audience.homes, channels, texts, { partPrice, languageOf }) }
  }
}
