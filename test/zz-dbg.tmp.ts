import { chromium } from 'playwright-core'
import { readFileSync } from 'node:fs'
const log = readFileSync('/tmp/webwork/demo.log','utf8')
const base = /on (http:\S+)/.exec(log)![1]!
const link = (r: string) => new RegExp(`^  ${r} +(\\S+)`,'m').exec(log)![1]!
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
const p = await (await b.newContext({ viewport: {width:390,height:844} })).newPage()
const t0=Date.now()
p.on('request', r => console.log(Date.now()-t0, r.method(), r.url().replace(base,'')))
p.on('response', r => { if (r.status()>=300) console.log(Date.now()-t0, r.status(), r.url().replace(base,'')) })
p.on('console', m=>console.log('C',m.text()))
await p.goto(link('field'))
await p.waitForTimeout(3000)
console.log('----- click'); await p.locator('a[href="/alarms"]').click(); await p.waitForTimeout(2500)
console.log(await p.locator('[data-line]').getAttribute('data-line'))
await b.close()
