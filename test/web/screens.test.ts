import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { ROLES } from '#gateway/role.ts'
import { homeOf } from '../../web/roles.ts'
import { startGatewayProcess } from '../fakes/gateway-process.ts'
import { until } from '../fakes/until.ts'
import { type Look, openBrowser, visitorOf, withoutBrowser } from './browser.ts'

const dist = fileURLToPath(new URL('../../web/dist', import.meta.url))

t.test('the first page is light: at most 60 kB of script and style', async (t) => {
  const index = readFileSync(join(dist, 'index.html'), 'utf8')
  const first = [...index.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css))"/g)].map((match) => match[1]!)
  const languages = readdirSync(join(dist, 'built')).filter((name) => /^(en|zh-CN)-/.test(name))
  t.equal(languages.length, 2)
  const sizeOf = (path: string) => gzipSync(readFileSync(join(dist, path)), { level: 9 }).length
  const largest = Math.max(...languages.map((name) => sizeOf(`built/${name}`)))
  const bytes = first.map(sizeOf).reduce((sum, size) => sum + size, largest)
  t.ok(first.length >= 3, first.join(' '))
  t.ok(bytes <= 60_000, `${bytes} bytes`)
  t.notMatch(first.join(' '), /draw-chart/, 'without the chart engine')
  t.notMatch(index, /<script>|<style|style=|onload=/, 'S12 nothing inline')
})

/** Each pair of looks is seen somewhere; not each with each. */
const LOOKS: readonly Look[] = [
  { width: 390, scheme: 'light', language: 'zh-CN' },
  { width: 1280, scheme: 'dark', language: 'en' },
]
const ALL_LOOKS: readonly Look[] = [
  ...LOOKS,
  { width: 1280, scheme: 'light', language: 'zh-CN' },
  { width: 390, scheme: 'dark', language: 'en' },
]

t.test(
  'each role sees its first page, on a phone and a desk, in both languages, and nothing stands in the way',
  { skip: withoutBrowser(), timeout: 230_000 },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'caretaker-web-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const demo = await startGatewayProcess(['demo', '--data', folder, '--http', '127.0.0.1:0', '--speed', '2'])
    t.teardown(() => demo.child.kill('SIGKILL'))
    await until('all links', () => /^ +resident +http/m.test(demo.output()), 10_000)
    const linkOf = (role: string) => new RegExp(`^ +${role} +(\\S+)`, 'm').exec(demo.output())![1]!
    const browser = await openBrowser(t)

    t.test('a visitor', async (t) => {
      const visitor = await visitorOf(browser, demo.url)
      const { page } = visitor
      const start = performance.now()
      await page.goto(demo.url)
      await page.locator('[data-tile]').first().waitFor()
      t.comment(`usable after ${Math.round(performance.now() - start)} ms`)
      await page.waitForURL('**/overview')
      t.equal(await page.locator('[data-tile]').count(), 18, 'six buildings, two pump rooms, ten bin points')
      await page.locator('[data-step="reading"]').waitFor({ timeout: 120_000 })
      t.ok((await visitor.shifted()) < 0.05, `what is there stays where it is: ${await visitor.shifted()}`)
      t.strictSame(await visitor.barriers(), [], 'axe')
      await visitor.picture('overview-visitor')
      t.strictSame(visitor.wrong, [])
      await visitor.context.close()
    })

    for (const [index, role] of ROLES.entries()) {
      t.test(role, async (t) => {
        for (const look of [ALL_LOOKS[index % 4]!, ALL_LOOKS[(index + 1) % 4]!]) {
          const visitor = await visitorOf(browser, demo.url, look)
          const { page } = visitor
          await page.goto(linkOf(role))
          await page.waitForURL(demo.url + homeOf(role))
          await page.locator('h1').waitFor()
          if (homeOf(role) === '/') await page.getByText(/Nothing here for your role|暂无可用页面/).waitFor()
          else await page.locator('[data-line="live"]').waitFor()
          await page.locator('[aria-busy]').waitFor({ state: 'detached' })
          // A busy machine may paint between two answers: what moves by design moves at every visit.
          if ((await visitor.shifted()) >= 0.05) {
            await page.reload()
            await page.locator('h1').waitFor()
            await page.locator('[aria-busy]').waitFor({ state: 'detached' })
          }
          t.ok((await visitor.shifted()) < 0.05, `what is there stays where it is: ${await visitor.shifted()}`)
          if (look === ALL_LOOKS[index % 4]) t.strictSame(await visitor.barriers(), [], 'axe')
          await visitor.picture(`first-${role}`)
          t.strictSame(visitor.wrong, [], 'no errors, nothing asked of elsewhere')
          await visitor.context.close()
        }
      })
    }

    t.test('every screen in every look', async (t) => {
      for (const look of LOOKS) {
        const visitor = await visitorOf(browser, demo.url, look)
        const { page } = visitor
        await page.goto(linkOf('engineer'))
        await page.locator('[data-line="live"]').waitFor()
        const newest = (list: string) =>
          page.evaluate(
            async (name) =>
              ((await (await fetch(`/api/v1/${name}`)).json()) as { items: { id: string }[] }).items[0]?.id,
            list,
          )
        const things = await Promise.all(
          ['alarms', 'orders', 'notices'].map(async (list) => `${list}/${await newest(list)}`),
        )
        for (const path of ['alarms', 'orders', 'orders?state=ended', 'notices', 'health', 'assets/PR1-H', ...things]) {
          await page.goto(`${demo.url}/${path}`)
          await page.locator('h1').waitFor()
          await page.locator('[data-line="live"]').waitFor()
          await page.locator('[aria-busy]').waitFor({ state: 'detached' })
          const isWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth')
          t.notOk(isWide, `${path} fits`)
          t.strictSame(await visitor.barriers(), [], `axe: ${path}`)
          await visitor.picture(path.replace(/\/[ANW]\d+$/, '-page').replace(/\W/g, '-'))
        }
        t.strictSame(visitor.wrong, [], 'no errors, nothing asked of elsewhere')
        await visitor.context.close()
      }
    })

    t.test('an engineer breaks something on the page, follows it, and mends it', async (t) => {
      const { page, wrong } = await visitorOf(browser, demo.url)
      await page.goto(linkOf('engineer'))
      await page.goto(`${demo.url}/assets/PR2-L`)
      await page.locator('[data-provoke="sensor_absent"]').click()
      await page.getByText('Broken on purpose: Sensor comes off').waitFor()
      const pressure = page.locator('[data-point="outlet_pressure"]')
      await pressure.locator('[data-quality="bad"] s').waitFor()
      t.match(await pressure.textContent(), 'no sensor', 'a bad value is crossed, with its reason')
      await page.getByRole('button', { name: 'Mend it' }).click()
      await pressure.locator('[data-quality="good"]').waitFor()
      t.strictSame(wrong, [])
    })

    t.test('a visitor may look and not touch, and is told so', async (t) => {
      const { page, wrong } = await visitorOf(browser, demo.url)
      await page.goto(demo.url)
      await page.goto(`${demo.url}/assets/PR2-L`)
      await page.getByText('An engineer can break this on purpose', { exact: false }).waitFor()
      t.equal(await page.locator('[data-provoke]').count(), 0)
      await page.goto(`${demo.url}/sign-in?link=expired`)
      await page.getByText('no longer valid', { exact: false }).waitFor()
      const nowhere = await page.goto(`${demo.url}/no-such-place`)
      t.equal(nowhere?.status(), 404)
      t.strictSame(wrong, [])
    })
  },
)
