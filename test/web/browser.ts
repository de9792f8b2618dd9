import { existsSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'

const CHROMIUM = '/usr/bin/chromium'
/** Looked at by people; kept by CI. */
const SCREENS = fileURLToPath(new URL('../../.screens', import.meta.url))

/** Why the browser's tests are left out here; false where they run. In CI they are required. */
export function withoutBrowser(): string | false {
  if (existsSync(CHROMIUM) || process.env.CARETAKER_REQUIRE_SERVERS === '1') return false
  return `${CHROMIUM} is not installed`
}

export async function openBrowser(t: Pick<Test, 'teardown'>): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  t.teardown(() => browser.close())
  return browser
}

export type Look = Readonly<{ width?: 390 | 1280; scheme?: 'light' | 'dark'; language?: 'zh-CN' | 'en' }>

/** Somebody at a browser, with what must never happen there: requests to elsewhere, and errors in the console. */
export type Visitor = Readonly<{
  page: Page
  context: BrowserContext
  wrong: readonly string[]
  /** What moved by itself, by the browser's own measure. */
  shifted(): Promise<number>
  /** What axe finds, in words. */
  barriers(): Promise<string[]>
  picture(name: string): Promise<void>
}>

export async function visitorOf(
  browser: Browser,
  origin: string,
  { width = 1280, scheme = 'light', language = 'en' }: Look = {},
): Promise<Visitor> {
  const context = await browser.newContext({
    viewport: { width, height: width === 390 ? 844 : 800 },
    colorScheme: scheme,
    locale: language,
    hasTouch: width === 390,
    // What fades in is half transparent when it is judged.
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  // A machine that tests beside other work is slow, which is no fault of a page's.
  page.setDefaultTimeout(60_000)
  const wrong = wrongOf(page, origin)
  await page.addInitScript(`
    window.shifted = 0
    new PerformanceObserver((list) => {
      // A tile whose device has just failed comes to the front: that is what the page is for.
      const isTile = ({ node }) => node?.nodeType === 1 && node.closest('[data-tile]') !== null
      for (const entry of list.getEntries())
        if (!entry.hadRecentInput && !entry.sources.every(isTile)) window.shifted += entry.value
    }).observe({ type: 'layout-shift', buffered: true })`)
  mkdirSync(SCREENS, { recursive: true })
  return {
    page,
    context,
    wrong,
    shifted: () => page.evaluate('window.shifted'),
    async barriers() {
      const { violations } = await new AxeBuilder({ page }).analyze()
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`)
    },
    async picture(name) {
      await page.screenshot({ path: `${SCREENS}/${name}-${width}-${scheme}-${language}.png` })
    },
  }
}

/** What must never happen on a page: requests to elsewhere, and errors or warnings in its console. It grows. */
function wrongOf(page: Page, origin: string): readonly string[] {
  const wrong: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(origin)) wrong.push(`asks elsewhere: ${request.url()}`)
  })
  page.on('pageerror', (error) => wrong.push(`throws: ${error.message}`))
  page.on('console', (message) => {
    // An answer of 4xx is news for the person, who is told in words; the browser notes it here as well.
    const isAnswer = /Failed to load resource.*status of 4\d\d/.test(message.text())
    if (['error', 'warning'].includes(message.type()) && !isAnswer) wrong.push(message.text())
  })
  return wrong
}
