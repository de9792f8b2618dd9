import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { openBrowser, visitorOf, withoutBrowser } from './browser.ts'
import { openDemo } from './demo.ts'
import { firstMinutes, STILL } from './first-minute.ts'

const dist = fileURLToPath(new URL('../../web/dist', import.meta.url))

t.test('the first page is light: at most 60 kB of script and style', async (t) => {
  const index = readFileSync(join(dist, 'index.html'), 'utf8')
  const first = [...index.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css))"/g)].map((match) => match[1]!)
  const languages = readdirSync(join(dist, 'built')).filter((name) => /^(en|zh-CN)-/.test(name))
  // Residents' pages are made by the gateway, and have no script.
  const folders = readdirSync(join(dist, '../../texts'), { withFileTypes: true }).filter(
    (each) => each.isDirectory() && each.name !== 'residents',
  )
  t.equal(languages.length, 2 + 2 * folders.length, 'two, and what screens that are opened later say apart')
  const sizeOf = (path: string) => gzipSync(readFileSync(join(dist, path)), { level: 9 }).length
  const largest = Math.max(...languages.map((name) => sizeOf(`built/${name}`)))
  const bytes = first.map(sizeOf).reduce((sum, size) => sum + size, largest)
  t.ok(first.length >= 3, first.join(' '))
  t.ok(bytes <= 60_000, `${bytes} bytes`)
  t.comment(`first load: ${(bytes / 1_000).toFixed(1)} kB of script and style, compressed`)
  t.notMatch(first.join(' '), /draw-chart/, 'without the chart engine')
  t.notMatch(index, /<script>|<style|style=|onload=/, 'S12 nothing inline')
})

t.test(
  'a visitor and those who look after the equipment: first page, phone and desk, both languages, nothing in the way',
  { skip: withoutBrowser(), timeout: 380_000 },
  async (t) => {
    const demo = await openDemo(t)
    const browser = await openBrowser(t)

    t.test('a visitor', async (t) => {
      const visitor = await visitorOf(browser, demo.url)
      const { page } = visitor
      const start = performance.now()
      await page.goto(demo.url)
      await page.locator('[data-tile]').first().waitFor()
      t.comment(`usable after ${Math.round(performance.now() - start)} ms`)
      await page.waitForURL('**/overview')
      t.equal(
        await page.locator('[data-tile]').count(),
        19,
        'six buildings, two pump rooms, ten bin points, the gateway',
      )
      await page.locator('[data-step="reading"]').waitFor({ timeout: 120_000 })
      t.ok((await visitor.shifted()) <= STILL, `what is there stays where it is: ${await visitor.shifted()}`)
      t.strictSame(await visitor.barriers(), [], 'axe')
      await visitor.picture('overview-visitor')
      t.strictSame(visitor.wrong, [])
      await visitor.context.close()
    })

    firstMinutes(t, browser, demo, ['admin', 'engineer', 'field'])
  },
)
