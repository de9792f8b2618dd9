import { chromium } from 'playwright-core'
import { readFileSync } from 'node:fs'
import { AxeBuilder } from '@axe-core/playwright'
const log = readFileSync('/tmp/webwork/demo.log','utf8')
const base = /on (http:\S+)/.exec(log)![1]!
const link = (r: string) => new RegExp(`^  ${r} +(\\S+)`,'m').exec(log)![1]!
const [,, role='engineer', pathsArg='/overview', width='1280', theme='light', lang='en', wait='1500', tag=''] = process.argv
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox','--disable-gpu','--disable-quic','--no-first-run','--disable-background-networking','--disable-component-update','--disable-sync'] })
const c = await b.newContext({ viewport: { width: +width, height: +width < 600 ? 844 : 800 }, colorScheme: theme as 'dark', locale: lang, hasTouch: +width<600 })
const p = await c.newPage()
p.on('console', m => { if (m.type()==='error'||m.type()==='warning') console.log('CONSOLE', m.text()) })
p.on('pageerror', e => console.log('PAGEERROR', e.message))
p.on('request', r => { if (!r.url().startsWith(base)) console.log('OUT', r.url()) })
await p.addInitScript(`window.__cls=0; window.__sh=[]; new PerformanceObserver(l=>{for(const e of l.getEntries()) if(!e.hadRecentInput){window.__cls+=e.value; window.__sh.push(...e.sources.map(s=>(s.node?.outerHTML??'').slice(0,90)))}}).observe({type:'layout-shift',buffered:true})`)
await p.goto(role==='visitor' ? base : link(role))
for (let path of pathsArg.split(',')) {
  const m = /^\/(\w+)\/@$/.exec(path)
  if (m) path = `/${m[1]}/` + await p.evaluate(async (n) => (await (await fetch('/api/v1/'+n)).json()).items[0]?.id, m[1])
  await p.goto(base+path); await p.waitForTimeout(+wait)
  const name = `/tmp/webwork/${tag}${role}-${path.replaceAll('/','_').replaceAll('?','_')}-${width}-${theme}-${lang}.png`
  await p.screenshot({ path: name, fullPage: process.env.FULL==='1' })
  const axe = await new AxeBuilder({page: p}).analyze()
  console.log(name, 'cls', await p.evaluate('window.__cls'), JSON.stringify(await p.evaluate('window.__sh.slice(0,4)')), axe.violations.map(v => v.id+': '+v.nodes.slice(0,3).map(n=>n.html.slice(0,160)+' | '+n.failureSummary?.slice(0,200)).join(' ## ')))
}
await b.close()
