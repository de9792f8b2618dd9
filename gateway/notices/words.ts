import { Temporal } from 'temporal-polyfill'
import type { Site } from '../site/site.ts'
import type { MessagePhase, NoticeDocument } from '../store/documents.ts'
import { inLanguage, isTextKey, type Language, say } from '../texts.ts'
import type { NoticeWords, Phase } from './phases.ts'

const OVER: ReadonlySet<Phase> = new Set(['completed', 'all_clear'])
const UNDER_WAY: ReadonlySet<string> = new Set(['in_progress', 'overrun', 'verifying'])
const PHASE_OF_MESSAGE: Partial<Record<MessagePhase, Phase>> = { extended: 'published' }

/** What became of a notice is what its page says; a message says what it was sent for. */
export function phaseOf(notice: NoticeDocument, message?: MessagePhase): Phase {
  if (message) return PHASE_OF_MESSAGE[message] ?? (message as Phase)
  if (notice.state === 'in_progress' && notice.planned?.isLate) return 'prolonged'
  return notice.state
}

/** The facts of a notice in the reader's language. Times carry their day unless it is the day of `sentAt`. */
export function wordsOf(
  notice: NoticeDocument,
  site: Site,
  language: Language,
  { phase, plain = false, short = false, link = '' }: { phase: Phase; plain?: boolean; short?: boolean; link?: string },
): NoticeWords {
  const { planned } = notice
  const begunAt = planned && UNDER_WAY.has(notice.state) ? planned.from : null
  const sentAt = notice.endedAt ?? notice.monitoringSince ?? begunAt ?? notice.publishedAt ?? notice.draftedAt
  const time = (at: number | null | undefined) => (at == null ? '' : timeText(at, sentAt, site, language))
  const rule = site.plan.rules.find(({ id }) => id === notice.rule)
  const latest = notice.updates?.at(-1)
  return {
    phase,
    plain,
    short,
    planned: planned !== undefined,
    verifying: notice.verifying,
    late: planned?.isLate ?? false,
    kind: notice.kind,
    where: wherein(notice, site, language),
    from: time(planned?.from ?? notice.draftedAt),
    until:
      planned && !OVER.has(phase) ? timeText(planned.to, planned.from, site, language) : untilOf(notice, phase, time),
    next: time(notice.nextUpdateAt ?? (notice.publishedAt ?? notice.draftedAt) + 3_600_000),
    eta: time(notice.eta),
    clear: time(notice.clearAt),
    why: rule?.cause === undefined ? '' : withoutStop(inLanguage(rule.cause, language)),
    spare: sparesIn(notice, site, language),
    work: planned ? workText(planned.work, language) : '',
    reason: withoutStop(notice.endReason ?? planned?.reason ?? ''),
    text: latest?.text ?? '',
    call: site.notices.call ?? '',
    link,
    site: inLanguage(site.name, language),
  }
}

/** What serves them meanwhile, by name; empty where nothing does, or nobody said. */
function sparesIn({ spares = [] }: NoticeDocument, { plan }: Site, language: Language): string {
  const names = spares.map((id) => inLanguage(plan.assets.get(id)?.name ?? id, language))
  return names.join(language === 'en' ? ', ' : '、')
}

function untilOf(notice: NoticeDocument, phase: Phase, time: (at: number | null | undefined) => string): string {
  if (OVER.has(phase)) return time(notice.monitoringSince ?? notice.endedAt)
  return time(notice.monitoringSince ?? notice.endedAt ?? notice.draftedAt)
}

/** Whoever reads of twelve lifts reads the first three, and how many there are. */
const MOST_PLACES = 4

function wherein({ assets }: NoticeDocument, site: Site, language: Language): string {
  const places = assets.map((id) => {
    const asset = site.plan.assets.get(id)
    return inLanguage(asset?.place ?? asset?.name ?? id, language)
  })
  const names = [...new Set(places)]
  const said = (names.length > MOST_PLACES ? names.slice(0, MOST_PLACES - 1) : names).join(
    language === 'zh-CN' ? '、' : ', ',
  )
  return names.length > MOST_PLACES ? say(language, 'notice.places', { said, n: names.length }) : said
}

/** Several works in one notice are said one after the other; one that we have no word for as it was written. */
function workText(work: string, language: Language): string {
  const words = work.split(',').map((each) => {
    const key = `notice.work.${each}`
    return isTextKey(key) ? say(language, key) : each
  })
  return words.join(language === 'zh-CN' ? '、' : ', ')
}

function withoutStop(text: string): string {
  return text.replace(/[。.]\s*$/, '')
}

/** `09:30`, and with its day where that is another than the day of `near`. */
export function timeText(at: number, near: number, { plan }: Pick<Site, 'plan'>, language: Language): string {
  const [local, today] = [at, near].map((each) =>
    Temporal.Instant.fromEpochMilliseconds(each).toZonedDateTimeISO(plan.timeZone),
  )
  const time = `${String(local!.hour).padStart(2, '0')}:${String(local!.minute).padStart(2, '0')}`
  if (local!.toPlainDate().equals(today!.toPlainDate())) return time
  if (language === 'zh-CN') return `${local!.month}月${local!.day}日 ${time}`
  return `${local!.toLocaleString('en-GB', { weekday: 'short', day: 'numeric', month: 'short' })} ${time}`
}
