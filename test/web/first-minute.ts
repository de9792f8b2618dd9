import type { Browser, Page } from 'playwright-core'
import type { Test } from 'tap'
import { type Role, ROLES } from '#gateway/role.ts'
import { homeOf, screensOf } from '../../web/roles.ts'
import { type Look, type Visitor, visitorOf } from './browser.ts'
import { type Demo, settled } from './demo.ts'

/** Phone and desk, light and dark, Chinese and English: the even roles the one way, the odd ones the other. */
const LOOKS: readonly (readonly [Look, Look])[] = [
  [
    { width: 390, scheme: 'light', language: 'zh-CN' },
    { width: 1280, scheme: 'dark', language: 'en' },
  ],
  [
    { width: 1280, scheme: 'light', language: 'zh-CN' },
    { width: 390, scheme: 'dark', language: 'en' },
  ],
]

/** `npm run soak screens`: every screen of every role in both of its looks. */
const isEverything = process.env['CARETAKER_SCREENS'] === 'all'

/**
 * Each of these roles on its first page in two looks, and through the screens that it is offered in the first of them. What
 * two roles see both, the one sees on a phone and the other at a desk.
 */
export function firstMinutes(t: Test, browser: Browser, demo: Demo, roles: readonly Role[]): void {
  /** What axe has judged in one look; the same screen of another role shows less, or the same. */
  const judged = new Set<string>()
  for (const role of roles) {
    t.test(`the first minute: ${role}`, async (t) => {
      for (const [index, look] of LOOKS[ROLES.indexOf(role) % 2]!.entries()) {
        const visitor = await visitorOf(browser, demo.url, look)
        const { page } = visitor
        await page.goto(demo.linkOf(role))
        await page.waitForURL(demo.url + homeOf(role))
        await settled(page, role)
        // A busy machine may paint between two answers: what moves by design moves at every visit.
        if ((await visitor.shifted()) > STILL) {
          await page.reload()
          await settled(page, role)
        }
        t.ok((await visitor.shifted()) <= STILL, `what is there stays where it is: ${await visitor.shifted()}`)
        await seen(t, visitor, `first-${role}`)
        if (index === 0 || isEverything)
          await walk(role, page, async (name) => {
            const isJudged = judged.has(`${name} ${JSON.stringify(look)}`)
            judged.add(`${name} ${JSON.stringify(look)}`)
            await seen(t, visitor, `${role}-${name}`, !isJudged)
          })
        t.strictSame(visitor.wrong, [], 'no errors, nothing asked of elsewhere')
        await visitor.context.close()
      }
    })
  }
}

/**
 * By the browser's own measure, where 0.1 still counts as good. The demonstration lives: an alarm that begins while the
 * page opens adds its line, and that is news, not restlessness.
 */
export const STILL = 0.01

/** Fits, has no barriers, and a picture of it is kept for people to look at. */
async function seen(t: Test, visitor: Visitor, name: string, isToBeJudged = true): Promise<void> {
  await visitor.picture(name)
  const isWide = await visitor.page.evaluate('document.documentElement.scrollWidth > innerWidth')
  t.notOk(isWide, `${name} fits`)
  if (isToBeJudged) t.strictSame(await visitor.barriers(), [], `axe: ${name}`)
}

/** Through the screens that the role is offered, and into the first thing of each. */
async function walk(role: Role, page: Page, look: (name: string) => Promise<void>): Promise<void> {
  for (const name of screensOf(role)) {
    await page.locator(`nav a[href="/${name}"]`).first().click()
    await page.waitForURL(`**/${name}`)
    await settled(page, role)
    await look(name)
    // In all four looks, and by somebody who may only look; the others see the same.
    if (name === 'alarms' && ['admin', 'engineer', 'field'].includes(role))
      for (const beside of ['silences', 'alarm-health']) {
        await page.locator(`main nav a[href="/${beside}"]`).click()
        await page.waitForURL(`**/${beside}`)
        await settled(page, role)
        await look(beside)
        await page.goBack()
        await settled(page, role)
      }
    const thing = page.locator(`main a[href^="/${name === 'overview' ? 'assets' : name}/"]`).first()
    if (name === 'health' || (await thing.count()) === 0) continue
    await thing.click()
    await page.waitForURL((url) => url.pathname.split('/').length === 3)
    await settled(page, role)
    await look(`${name}-page`)
    if (name !== 'orders') continue
    await page.goto(new URL('/orders?state=ended', page.url()).href)
    await settled(page, role)
    await look('orders-ended')
  }
}
