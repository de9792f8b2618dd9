import { mostBytesOf, noticeText, type TextChannel } from '../notice-text.ts'
import type { Site } from '../site/site.ts'
import type { MessagePhase, NoticeDocument } from '../store/documents.ts'
import { type Language, LANGUAGES } from '../texts.ts'

export type PreviewText = Readonly<{
  channel: TextChannel
  language: Language
  title: string
  body: string
  bytes: number
  most: number
  /** Of a text message; null where nothing is paid by parts. */
  parts: number | null
}>

/** A text message holds 70 units of UCS-2, or 67 in each of several parts. */
const ONE_PART = 70
const OF_SEVERAL = 67

export function partsOf(text: string): number {
  return text.length <= ONE_PART ? 1 : Math.ceil(text.length / OF_SEVERAL)
}

/** What each channel would say, in each language; text messages always, for somebody asks what they would cost. */
export function previewOf(notice: NoticeDocument, site: Site, phase: MessagePhase): PreviewText[] {
  const channels = [...new Set<TextChannel>([...site.channels.map(({ type }) => type), 'sms'])]
  return channels.flatMap((channel) =>
    LANGUAGES.map((language) => {
      const { title, body } = noticeText(notice, site, language, { phase, channel })
      const bytes = Buffer.byteLength(title) + Buffer.byteLength(body)
      const parts = channel === 'sms' ? partsOf(`${title} ${body}`) : null
      return { channel, language, title, body, bytes, most: mostBytesOf(channel), parts }
    }),
  )
}

/** A notice of planned work as it would be. */
export function plannedPreview(
  plan: Readonly<{
    kind: string
    work: string
    assets: readonly string[]
    homes: readonly string[]
    from: number
    to: number
    reason?: string | undefined
  }>,
  now: number,
): NoticeDocument {
  const { kind, work, assets, homes, from, to, reason = null } = plan
  const nothing = { publishedBy: null, monitoringSince: null, endedAt: null, messages: [], trace: '' }
  return {
    id: '',
    kind,
    state: 'scheduled',
    order: '',
    asset: assets[0] ?? '',
    assets: [...assets],
    alarmId: '',
    alarmIds: [],
    homeIds: [...homes],
    verifying: false,
    draftedAt: now,
    publishedAt: now,
    ...nothing,
    planned: {
      work,
      rules: [],
      from,
      to,
      by: '',
      second: null,
      reason,
      workOrder: null,
      needsQuality: false,
      reminded: [],
      askedAt: null,
      overranAt: null,
      graceUntil: null,
      isLate: false,
      quality: null,
    },
  }
}
