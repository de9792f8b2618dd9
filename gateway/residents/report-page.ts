import { timeText } from '../notices/words.ts'
import { isTextKey, say, type TextKey } from '../texts.ts'
import { document, type Reader } from './frame.ts'
import { type Markup, markup } from './markup.ts'
import { type OwnReport, TOPICS } from './reports.ts'
import type { Complaint } from './sign-in-page.ts'

/** `base`: the address of the page of the home. */
type Said = Reader & Readonly<{ base: string; complaint?: Complaint | null }>

/** On the page of the home: each with its state; a report leads to its own page. */
export function reportList(reports: readonly OwnReport[], reader: Reader): Markup {
  const { site, language, path, now } = reader
  const t = (key: TextKey) => say(language, key)
  const lines = reports.map(
    (report) =>
      markup`<li><a href="${path}/reports/${report.id}?lang=${language}"><strong>${nameOf(report, reader)}</strong></a> ${report.id} · ${stateOf(report, reader)} <time>${timeText(report.at, now, site, language)}</time></li>`,
  )
  return markup`<h2>${t('resident.reports')}</h2>
${lines.length === 0 ? markup`<p>${t('resident.reports.none')}</p>` : markup`<ul>${lines}</ul>`}
<p><a class="call" href="${path}/report?lang=${language}">${t('resident.report.new')}</a></p>`
}

/** One report on its way, like a parcel; rated when it is done. `key` is random: sent twice it counts once. */
export function reportPage(report: OwnReport, said: Said): string {
  const { site, language, base, now } = said
  const t = (key: TextKey, params = {}) => say(language, key, params)
  const { id, text, steps, updates, comesAt, stars, mayRate, mayReopen } = report
  const at = (time: number) => timeText(time, now, site, language)
  const stepLines = steps.map(
    ({ step, at: time }) =>
      markup`<li class="${time === null ? 'ahead' : 'past'}">${t(`resident.step.${step}`)} ${time === null ? null : markup`<time>${at(time)}</time>`}</li>`,
  )
  const rated = stars === null ? null : markup`<p>${t('resident.report.rated', { stars: '★'.repeat(stars) })}</p>`
  const words = updates.toReversed().map((update) => markup`<li><time>${at(update.at)}</time> ${update.text}</li>`)
  const body = markup`<h2>${nameOf(report, said)} ${id}</h2>${complaintOf(said)}
<p class="state">${stateOf(report, said)}</p>
${text === null ? null : markup`<blockquote>${text}</blockquote>`}
<ol class="steps">${stepLines}</ol>
${comesAt === null ? null : markup`<p>${t('resident.report.comes', { time: at(comesAt) })}</p>`}
${words.length === 0 ? null : markup`<ul class="updates">${words}</ul>`}
${rated}${mayRate ? rateForm(report, said) : null}
${mayReopen ? markup`<form method="post" action="${base}/reports/${id}/reopen?lang=${language}"><button class="plain" type="submit">${t('resident.report.not_solved')}</button></form>` : null}
<p><a class="call" href="${base}?lang=${language}">${t('resident.report.back')}</a></p>`
  return document(body, said, mayRate || mayReopen ? 'form' : 'live')
}

function rateForm({ id }: OwnReport, { base, language }: Said): Markup {
  const t = (key: TextKey) => say(language, key)
  const choices = [5, 4, 3, 2, 1].map(
    (stars) =>
      markup`<label class="star"><input type="radio" name="stars" value="${stars}" required> <span aria-hidden="true">${'★'.repeat(stars)}</span> ${t(`resident.stars.${stars}` as TextKey)}</label>`,
  )
  return markup`<form method="post" action="${base}/reports/${id}/rate?lang=${language}">
<fieldset><legend>${t('resident.report.rate')}</legend>${choices}</fieldset>
<button type="submit">${t('resident.report.send_stars')}</button></form>`
}

/** Where a fault is told, a question asked; `text` is what was written before it was refused. */
export function newReportPage({ key, text = '' }: Readonly<{ key: string; text?: string }>, said: Said): string {
  const { language, base, site } = said
  const t = (word: TextKey, params = {}) => say(language, word, params)
  const { call } = site.notices
  const topics = TOPICS.map((topic) => markup`<option value="${topic}">${t(`resident.topic.${topic}`)}</option>`)
  const body = markup`<h2>${t('resident.report.new')}</h2>${complaintOf(said)}
<p>${call === null ? t('resident.report.urgent') : t('resident.report.urgent_call', { call })}</p>
<form method="post" action="${base}/report?lang=${language}">
<input type="hidden" name="key" value="${key}">
<label for="topic">${t('resident.report.topic')}</label>
<select id="topic" name="topic" required>${topics}</select>
<label for="text">${t('resident.report.text')}</label>
<textarea id="text" name="text" maxlength="1000" required>${text}</textarea>
<p><button type="submit">${t('resident.report.send')}</button></p>
</form>
<p><a class="call" href="${base}?lang=${language}">${t('resident.report.back')}</a></p>`
  return document(body, said, 'form')
}

function complaintOf({ complaint, language }: Said): Markup | null {
  return complaint ? markup`<p class="wrong" role="alert">${say(language, complaint.key, complaint.params)}</p>` : null
}

function nameOf({ class: ofClass }: OwnReport, { language }: Reader): string {
  const key = `resident.class.${ofClass}`
  return say(language, isTextKey(key) ? key : 'resident.class.P4b')
}

function stateOf({ state }: OwnReport, { language }: Reader): string {
  const key = `resident.order.${state}`
  return say(language, isTextKey(key) ? key : 'resident.order.new')
}
