import { noticeTexts } from '../../notice-text.ts'
import type { Site } from '../../site/site.ts'
import type { MessageDocument, MessagePhase, NoticeDocument } from '../../store/documents.ts'
import { LANGUAGES } from '../../texts.ts'
import { timesOf } from '../site-time.ts'
import { both } from './said.ts'

/** What tells the beginning, and what the end; what comes between changes neither. */
const STARTS: ReadonlySet<MessagePhase> = new Set(['published', 'extended', 'scheduled', 'rescheduled'])
const ENDS: ReadonlySet<MessagePhase> = new Set(['all_clear', 'completed', 'cancelled'])
type Fate = MessageDocument['state']
/** What one home was told on one channel; null means not at all. */
export type LedgerLine = Readonly<{ home: string; channel: string; told: Fate | null; allClear: Fate | null }>

/** A notice as people read it. `ledger` is one line per home and channel; `reached` counts them by fate. */
export function noticeView(site: Site): (notice: NoticeDocument, ledger: 'full' | 'counts') => object {
  const time = timesOf(site.plan.timeZone)
  return (notice, ledger) => {
    const lines = ledgerOf(notice)
    const texts = noticeTexts(notice, site)
    const inAll = (part: 'title' | 'body') =>
      Object.fromEntries(LANGUAGES.map((language) => [language, texts[language][part]]))
    return {
      id: notice.id,
      kind: notice.kind,
      state: notice.state,
      title: inAll('title'),
      text: inAll('body'),
      asset: notice.asset,
      assets: notice.assets,
      assetName: both(site.plan.assets.get(notice.asset)?.name ?? notice.asset),
      orderId: notice.order,
      alarmId: notice.alarmId,
      alarmIds: notice.alarmIds,
      homes: homesOf(notice, site),
      verifying: notice.verifying,
      draftedAt: time(notice.draftedAt),
      publishedAt: time(notice.publishedAt),
      publishedBy: notice.publishedBy,
      monitoringSince: time(notice.monitoringSince),
      endedAt: time(notice.endedAt),
      reached: { told: countsOf(lines, 'told'), allClear: countsOf(lines, 'allClear') },
      ...(ledger === 'full' ? { ledger: lines } : {}),
      ...lifeOf(notice, time),
      trace: notice.trace,
    }
  }
}

/** How it goes: promises, words, decisions, planned work. Times of planned work are the wall's. */
function lifeOf(notice: NoticeDocument, time: ReturnType<typeof timesOf>): object {
  const { planned, rejected } = notice
  return {
    class: notice.class ?? null,
    dueAt: time(notice.state === 'draft' ? (notice.dueAt ?? null) : null),
    pageOnly: notice.pageOnly ?? false,
    eta: time(notice.eta ?? null),
    nextUpdateAt: time(notice.nextUpdateAt ?? null),
    clearAt: time(notice.clearAt ?? null),
    restoredAt: time(notice.restoredAt ?? null),
    endedBy: notice.endedBy ?? null,
    updates: (notice.updates ?? []).map(({ at, by, text }) => ({ at: time(at), by, text })),
    rejected: rejected ? { ...rejected, at: time(rejected.at) } : null,
    planned: planned
      ? {
          ...planned,
          from: time(planned.from),
          to: time(planned.to),
          askedAt: time(planned.askedAt),
          overranAt: time(planned.overranAt),
          graceUntil: time(planned.graceUntil),
          reminded: planned.reminded.map(({ before, at }) => ({ before, at: time(at) })),
          quality: planned.quality ? { ...planned.quality, at: time(planned.quality.at) } : null,
        }
      : null,
  }
}

/** A draft names the homes that it would reach now. */
function homesOf(notice: NoticeDocument, site: Site): number {
  if (notice.state !== 'draft') return notice.homeIds.length
  return new Set(notice.assets.flatMap((asset) => site.plan.assets.get(asset)?.homes ?? [])).size
}

/** The newest message to a home decides; the start and the end are told apart. */
export function ledgerOf({ messages }: Pick<NoticeDocument, 'messages'>): LedgerLine[] {
  const lines = new Map<string, { home: string; channel: string; told: Fate | null; allClear: Fate | null }>()
  for (const { homes, channel, phase, state } of messages) {
    for (const home of homes) {
      const key = `${home}\0${channel}`
      let line = lines.get(key)
      if (!line) lines.set(key, (line = { home, channel, told: null, allClear: null }))
      if (ENDS.has(phase)) line.allClear = state
      else if (STARTS.has(phase)) line.told = state
    }
  }
  return [...lines.values()]
}

function countsOf(lines: readonly LedgerLine[], phase: 'told' | 'allClear'): Record<Fate, number> {
  const counts: Record<Fate, number> = { queued: 0, accepted: 0, delivered: 0, failed: 0, cancelled: 0 }
  for (const line of lines) {
    const fate = line[phase]
    if (fate) counts[fate]++
  }
  return counts
}
