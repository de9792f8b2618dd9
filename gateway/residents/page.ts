import { noticeText } from '../notice-text.ts'
import { timeText } from '../notices/words.ts'
import type { NoticeDocument } from '../store/documents.ts'
import { say, type TextKey } from '../texts.ts'
import { document, type Reader } from './frame.ts'
import { type Markup, markup } from './markup.ts'
import { reportList } from './report-page.ts'
import type { OwnReport } from './reports.ts'
import { leaveForm } from './sign-in-page.ts'
import { type NoticesOfHome, toneOf } from './notices-of-home.ts'

/** Everything that concerns one home: what is off now, what is planned, what is over. Works without a script. */
export function homePage(
  home: string,
  { current, planned, ended }: NoticesOfHome,
  reports: readonly OwnReport[],
  reader: Reader,
): string {
  const { language, path } = reader
  const t = (key: TextKey, params = {}) => say(language, key, params)
  const calm = markup`<p class="calm">${t('resident.calm')}</p>`
  const feeds = markup`<h2>${t('resident.follow')}</h2>
<p class="feeds"><a href="${path}/notices.ics">${t('resident.calendar')}</a> <a href="${path}/notices.rss">${t('resident.feed')}</a> <a href="${path}/ledger.csv?lang=${language}">${t('resident.ledger')}</a></p>`
  const body = markup`
<p class="home">${t('resident.home', { home })}</p>
<section><h2>${t('resident.current')}</h2>${current.length === 0 ? calm : current.map((each) => banner(each, reader))}</section>
${planned.length === 0 ? null : markup`<h2>${t('resident.planned')}</h2>${planned.map((each) => banner(each, reader))}`}
${reportList(reports, reader)}
${ended.length === 0 ? null : markup`<h2>${t('resident.ended')}</h2><ul class="ended">${ended.map((each) => endedLine(each, reader))}</ul>`}
${isByVisit(reader) ? leaveForm(reader) : feeds}`
  return document(body, reader)
}

/** One notice, for whoever has its link: its state changes in place. */
export function noticePage(notice: NoticeDocument, reader: Reader): string {
  return document(banner(notice, reader, true), reader)
}

export function notFoundPage(reader: Reader): string {
  return document(markup`<p class="calm">${say(reader.language, 'resident.unknown')}</p>`, reader)
}

/** Signed in by a code: what follows by itself brings no cookie along, but who came in may leave. */
function isByVisit({ path }: Reader): boolean {
  return path.startsWith('/r/~')
}

function banner(notice: NoticeDocument, { site, language, now }: Reader, isAlone = false): Markup {
  const { title, body } = noticeText(notice, site, language, { plain: true })
  const state = say(language, stateKey(notice.state))
  const updates = (notice.updates ?? [])
    .toReversed()
    .map(({ at, text }) => markup`<li><time>${timeText(at, now, site, language)}</time> ${text}</li>`)
  return markup`<article class="notice ${toneOf(notice)}">
<p class="state">${state}</p>
${isAlone ? markup`<h2>${title}</h2>` : markup`<h3>${title}</h3>`}
${body.split('\n').map((line) => markup`<p>${line}</p>`)}
${updates.length === 0 ? null : markup`<ul class="updates">${updates}</ul>`}
</article>`
}

function endedLine(notice: NoticeDocument, { site, language, now }: Reader): Markup {
  const { title, body } = noticeText(notice, site, language, {})
  return markup`<li><strong>${title}</strong> <time>${timeText(notice.endedAt ?? now, now, site, language)}</time><br>${body}</li>`
}

function stateKey(state: NoticeDocument['state']): TextKey {
  return `resident.state.${state}` as TextKey
}
