import type { Site } from '../site/site.ts'
import type { MessagePhase, NoticeDocument } from '../store/documents.ts'
import type { Language } from '../texts.ts'
import { phaseOf, wordsOf } from './words.ts'

/** What an approved template of a provider may speak of; no name and no home of anybody (S35). */
export const NOTICE_VALUES = ['site', 'asset', 'from', 'next', 'until', 'eta', 'why', 'work', 'call', 'link'] as const
type NoticeValue = (typeof NOTICE_VALUES)[number]

/** In Chinese unless said: so templates are approved. */
export function noticeValues(
  notice: NoticeDocument,
  site: Site,
  {
    phase,
    link,
    language = 'zh-CN',
  }: Readonly<{ phase: MessagePhase; link: string | null; language?: Language | undefined }>,
): Readonly<Record<NoticeValue, string>> {
  const words = wordsOf(notice, site, language, { phase: phaseOf(notice, phase), short: true, link: link ?? '' })
  const { from, next, until, eta, why, work, call } = words
  return { site: words.site, asset: words.where, from, next, until, eta, why, work, call, link: words.link }
}
