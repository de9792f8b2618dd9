import { Temporal } from 'temporal-polyfill'
import type { Site } from './site/site.ts'
import type { MessagePhase, NoticeDocument } from './store/documents.ts'
import { inLanguage, isTextKey, type Language, LANGUAGES, say, type TextKey } from './texts.ts'

export type NoticeText = Readonly<{ title: string; body: string }>

const UPDATE_EVERY_MS = 60 * 60_000

/** What residents read, in every language: what, where, since when, when they hear again. No end is promised. */
export function noticeTexts(notice: NoticeDocument, site: Site, phase?: MessagePhase): Record<Language, NoticeText> {
  const state = phase === 'extended' ? 'published' : (phase ?? (notice.state === 'withdrawn' ? 'draft' : notice.state))
  const entries = LANGUAGES.map((language) => {
    const params = {
      asset: notice.assets
        .map((id) => inLanguage(site.plan.assets.get(id)?.name ?? id, language))
        .join(language === 'zh-CN' ? '、' : ', '),
      from: timeOfDay(notice.draftedAt, site),
      next: timeOfDay((notice.publishedAt ?? notice.draftedAt) + UPDATE_EVERY_MS, site),
      until: timeOfDay(notice.monitoringSince ?? notice.endedAt ?? notice.draftedAt, site),
    }
    return [
      language,
      { title: say(language, keyOf(notice.kind, 'title')), body: say(language, keyOf(notice.kind, state), params) },
    ]
  })
  return Object.fromEntries(entries) as Record<Language, NoticeText>
}

/** A kind without texts of its own is told in the general ones. */
function keyOf(kind: string, part: string): TextKey {
  const key = `notice.${kind}.${part}`
  return isTextKey(key) ? key : (`notice.other.${part}` as TextKey)
}

function timeOfDay(at: number, site: Site): string {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(site.plan.timeZone)
  return `${String(local.hour).padStart(2, '0')}:${String(local.minute).padStart(2, '0')}`
}
