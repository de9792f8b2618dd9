import { timeText } from '../notices/words.ts'
import type { Site } from '../site/site.ts'
import { inLanguage, type Language, say, type TextKey } from '../texts.ts'
import { type Markup, markup } from './markup.ts'

export type Reader = Readonly<{ site: Site; language: Language; path: string; now: number }>
/** `form`: somebody writes there; nothing is renewed under the hands. */
type Kind = 'live' | 'form'

const OTHER: Readonly<Record<Language, Language>> = { 'zh-CN': 'en', en: 'zh-CN' }

/** What stands around every page of residents. */
export function document(body: Markup, { site, language, path, now }: Reader, kind: Kind = 'live'): string {
  const t = (key: TextKey, params = {}) => say(language, key, params)
  const { call } = site.notices
  const name = inLanguage(site.name, language)
  const other = OTHER[language]
  const renewal = markup`<p>${t('resident.as_of', { time: timeText(now, 0, site, language) })} <a class="call" href="${path}?lang=${language}">${t('resident.renew')}</a></p>`
  return markup`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="referrer" content="same-origin">
<title>${t('resident.title')} · ${name}</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/r/style.css">
${kind === 'live' ? markup`<script src="/r/live.js" defer></script>` : null}
</head>
<body>
<header><h1>${t('resident.title')}</h1><p>${name}</p>
<nav><a href="${path}?lang=${other}" lang="${other}" hreflang="${other}">${say(other, 'resident.language')}</a></nav></header>
<main${kind === 'live' ? markup` aria-live="polite"` : null}>${body}</main>
<footer>${call === null ? null : markup`<p>${t('resident.call')} <a class="call" href="tel:${call.replace(/[^+\d]/g, '')}">${call}</a></p>`}
${kind === 'live' ? renewal : null}</footer>
</body>
</html>
`.text
}

/** Renews what stands there once a minute, where a browser runs scripts; without them there is a link. */
export const LIVE = `setInterval(async()=>{
  try{
    const answer=await fetch(location.href,{credentials:'same-origin'})
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
h1{font-size:1.5rem;margin:0}h2{font-size:1.3rem;margin:1.6rem 0 .4rem}.notice h2,h3{font-size:1.4rem;margin:.2rem 0}
header p{margin:.1rem 0}p{margin:.4rem 0}
a{color:var(--soon)}nav a,.feeds a,.call{display:inline-block;min-height:44px;padding:.5rem .8rem;border:1px solid var(--line);border-radius:.5rem;margin:.2rem .4rem .2rem 0}
.home{font-weight:600}
.notice{border:2px solid var(--line);border-left-width:.6rem;border-radius:.6rem;padding:.8rem 1rem;margin:.8rem 0;background:var(--soft)}
.off{border-color:var(--off)}.back{border-color:var(--back)}.soon{border-color:var(--soon)}
.state{font-weight:700;margin:0}.off .state{color:var(--off)}.back .state,.over .state{color:var(--back)}.soon .state{color:var(--soon)}
form{margin:1rem 0}label{display:block;font-weight:600;margin:.8rem 0 .2rem}
input,textarea,select,button{font:inherit;color:inherit;background:var(--paper);border:2px solid var(--line);border-radius:.5rem;min-height:48px;padding:.4rem .8rem}
input[type=text],input[type=tel],textarea,select{width:100%;max-width:24rem}textarea{max-width:100%;min-height:9rem}
button{font-weight:600;border-color:var(--soon);color:var(--soon);cursor:pointer;margin-top:1rem}
button.plain{font-weight:400;border-width:1px;border-color:var(--line);color:inherit}
:focus-visible{outline:3px solid var(--soon);outline-offset:2px}
.steps{list-style:none;padding:0}.steps li{border-left:.4rem solid var(--line);padding:.2rem .8rem;margin:0}.steps .past{border-color:var(--back);font-weight:600}
blockquote{margin:.8rem 0;padding:.4rem 1rem;border-left:.4rem solid var(--line);white-space:pre-wrap}
fieldset{border:2px solid var(--line);border-radius:.6rem;padding:.4rem 1rem}legend{font-weight:600}.star{font-weight:400;min-height:44px;padding:.3rem 0}.star input{min-height:1.4rem;width:1.4rem}.star span{color:var(--soon)}
.wrong{border:2px solid var(--off);border-radius:.6rem;padding:.6rem 1rem;color:var(--off);font-weight:600}
.calm{padding:1rem;border:2px solid var(--back);border-radius:.6rem;background:var(--soft)}
ul{padding-left:1.2rem}li{margin:.6rem 0}time{color:inherit;font-variant-numeric:tabular-nums}
footer{margin-top:2rem;border-top:1px solid var(--line);padding-top:.6rem}
@media print{nav,.feeds,form{display:none}}
`
