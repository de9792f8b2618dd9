import { noticeText } from '../notice-text.ts'
import { timeText } from '../notices/words.ts'
import type { Site } from '../site/site.ts'
import type { NoticeDocument } from '../store/documents.ts'
import { inLanguage, isTextKey, type Language, say, type TextKey } from '../texts.ts'
import { type Markup, markup } from './markup.ts'
import { type NoticesOfHome, toneOf } from './notices-of-home.ts'

/** A report of this home on its way, as far as its author may follow it. */
export type OwnReport = Readonly<{ id: string; state: string; what: string; at: number }>
type Reader = Readonly<{ site: Site; language: Language; path: string; now: number }>

const OTHER: Readonly<Record<Language, Language>> = { 'zh-CN': 'en', en: 'zh-CN' }

/** Everything that concerns one home: what is off now, what is planned, what is over. Works without a script. */
export function homePage(
  home: string,
  { current, planned, ended }: NoticesOfHome,
  reports: readonly OwnReport[] | null,
  reader: Reader,
): string {
  const { language, path } = reader
  const t = (key: TextKey, params = {}) => say(language, key, params)
  const calm = markup`<p class="calm">${t('resident.calm')}</p>`
  const body = markup`
<p class="home">${t('resident.home', { home })}</p>
<section aria-label="${t('resident.current')}">${current.length === 0 ? calm : current.map((each) => banner(each, reader))}</section>
${planned.length === 0 ? null : markup`<h2>${t('resident.planned')}</h2>${planned.map((each) => banner(each, reader))}`}
${reports === null ? null : reportList(reports, reader)}
${ended.length === 0 ? null : markup`<h2>${t('resident.ended')}</h2><ul class="ended">${ended.map((each) => endedLine(each, reader))}</ul>`}
<h2>${t('resident.follow')}</h2>
<p class="feeds"><a href="${path}/notices.ics">${t('resident.calendar')}</a> <a href="${path}/notices.rss">${t('resident.feed')}</a></p>`
  return document(body, reader)
}

/** One notice, for whoever has its link: its state changes in place. */
export function noticePage(notice: NoticeDocument, reader: Reader): string {
  return document(banner(notice, reader), reader)
}

export function notFoundPage(reader: Reader): string {
  return document(markup`<p class="calm">${say(reader.language, 'resident.unknown')}</p>`, reader)
}

function banner(notice: NoticeDocument, { site, language, now }: Reader): Markup {
  const { title, body } = noticeText(notice, site, language, { plain: true })
  const state = say(language, stateKey(notice.state))
  const updates = (notice.updates ?? [])
    .toReversed()
    .map(({ at, text }) => markup`<li><time>${timeText(at, now, site, language)}</time> ${text}</li>`)
  return markup`<article class="notice ${toneOf(notice)}">
<p class="state">${state}</p>
<h3>${title}</h3>
${body.split('\n').map((line) => markup`<p>${line}</p>`)}
${updates.length === 0 ? null : markup`<ul class="updates">${updates}</ul>`}
</article>`
}

function endedLine(notice: NoticeDocument, { site, language, now }: Reader): Markup {
  const { title, body } = noticeText(notice, site, language, {})
  return markup`<li><strong>${title}</strong> <time>${timeText(notice.endedAt ?? now, now, site, language)}</time><br>${body}</li>`
}

function reportList(reports: readonly OwnReport[], { site, language, now }: Reader): Markup {
  const lines = reports.map(
    ({ id, state, what, at }) =>
      markup`<li><strong>${what}</strong> ${id} · ${say(language, orderKey(state))} <time>${timeText(at, now, site, language)}</time></li>`,
  )
  const none = markup`<p>${say(language, 'resident.reports.none')}</p>`
  return markup`<h2>${say(language, 'resident.reports')}</h2>${lines.length === 0 ? none : markup`<ul>${lines}</ul>`}`
}

function stateKey(state: NoticeDocument['state']): TextKey {
  return `resident.state.${state}` as TextKey
}

function orderKey(state: string): TextKey {
  const key = `web.order.state.${state}`
  return isTextKey(key) ? key : 'web.order.state.new'
}

function document(body: Markup, { site, language, path, now }: Reader): string {
  const t = (key: TextKey, params = {}) => say(language, key, params)
  const { call } = site.notices
  const name = inLanguage(site.name, language)
  const other = OTHER[language]
  return markup`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${t('resident.title')} · ${name}</title>
<link rel="stylesheet" href="/r/style.css">
<script src="/r/live.js" defer></script>
</head>
<body>
<header><h1>${t('resident.title')}</h1><p>${name}</p>
<nav><a href="${path}?lang=${other}" lang="${other}" hreflang="${other}">${say(other, 'resident.language')}</a></nav></header>
<main aria-live="polite">${body}</main>
<footer>${call === null ? null : markup`<p>${t('resident.call')} <a class="call" href="tel:${call.replace(/[^+\d]/g, '')}">${call}</a></p>`}
<p>${t('resident.as_of', { time: timeText(now, 0, site, language) })} <a class="call" href="${path}?lang=${language}">${t('resident.renew')}</a></p></footer>
</body>
</html>
`.text
}

/** Renews what stands there once a minute, where a browser runs scripts; without them there is a link. */
export const LIVE = `setInterval(async()=>{
  try{
    const answer=await fetch(location.href,{credentials:'omit'})
    if(!answer.ok)return
    const next=new DOMParser().parseFromString(await answer.text(),'text/html')
    for(const part of ['main','footer']){
      const [old,fresh]=[document.querySelector(part),next.querySelector(part)]
      if(old&&fresh&&old.textContent!==fresh.textContent)old.replaceWith(document.adoptNode(fresh))
    }
  }catch{}
},60000)
`

/** Large print, strong contrast, light and dark; no script and nothing from elsewhere. */
export const STYLE = `:root{color-scheme:light dark;--ink:#1a1a1a;--paper:#fff;--soft:#f2f4f7;--line:#c3c8d0;--off:#a40e26;--back:#0a5c36;--soon:#0b4a8f}
@media (prefers-color-scheme:dark){:root{--ink:#f3f4f6;--paper:#14171c;--soft:#1f242c;--line:#4a5260;--off:#ff9aa5;--back:#7fe0ad;--soon:#9cc9ff}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:42rem;padding:1rem;font:1.25rem/1.6 system-ui,-apple-system,"PingFang SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif;color:var(--ink);background:var(--paper);overflow-wrap:anywhere}
h1{font-size:1.5rem;margin:0}h2{font-size:1.3rem;margin:1.6rem 0 .4rem}h3{font-size:1.4rem;margin:.2rem 0}
header p{margin:.1rem 0}p{margin:.4rem 0}
a{color:var(--soon)}nav a,.feeds a,.call{display:inline-block;min-height:44px;padding:.5rem .8rem;border:1px solid var(--line);border-radius:.5rem;margin:.2rem .4rem .2rem 0}
.home{font-weight:600}
.notice{border:2px solid var(--line);border-left-width:.6rem;border-radius:.6rem;padding:.8rem 1rem;margin:.8rem 0;background:var(--soft)}
.off{border-color:var(--off)}.back{border-color:var(--back)}.soon{border-color:var(--soon)}
.state{font-weight:700;margin:0}.off .state{color:var(--off)}.back .state,.over .state{color:var(--back)}.soon .state{color:var(--soon)}
.calm{padding:1rem;border:2px solid var(--back);border-radius:.6rem;background:var(--soft)}
ul{padding-left:1.2rem}li{margin:.6rem 0}time{color:inherit;font-variant-numeric:tabular-nums}
footer{margin-top:2rem;border-top:1px solid var(--line);padding-top:.6rem}
@media print{nav,.feeds{display:none}}
`
