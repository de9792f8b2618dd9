import t from 'tap'
import { jpeg } from '#test/fakes/pictures.ts'
import { openEstate } from '../api/estate.ts'
import { until } from '../fakes/until.ts'
import { openBrowser, visitorOf, withoutBrowser } from './browser.ts'

t.test(
  'a technician in a basement: accepts, arrives, takes a photo and finishes without a connection; each is there once',
  { skip: withoutBrowser(), timeout: 200_000 },
  async (t) => {
    const estate = await openEstate()
    t.teardown(() => estate.close())
    await estate.say('P1', { outlet_pressure: 0.05 }, 24)
    const { items } = (await (await estate.as('manager', '/api/v1/orders')).json()) as { items: { id: string }[] }
    const { id } = items[0]!
    const link = estate.access.links.create({ role: 'field', person: 'T1', ttlMs: null, uses: null })
    const browser = await openBrowser(t)
    const { page, context, barriers, picture } = await visitorOf(browser, estate.url, { width: 390 })
    await page.goto(`${estate.url}/enter/${link}`)
    await page.goto(`${estate.url}/orders/${id}`)
    await page.locator('[data-step="accept"]').waitFor()
    // The gateway goes away; the page stays open. In this build a closed page opens again only with a connection.
    await page.route('**/api/**', (route) => route.abort())
    await page.locator('[data-step="accept"]').click()
    await page.locator('[data-outbox]').waitFor()
    await page.locator('[data-step="arrive"]').click()
    await page.locator('[data-photo="before"]').setInputFiles({ name: 'a.jpg', mimeType: 'image/jpeg', buffer: jpeg() })
    await page.locator('[data-step="finish"]').click()
    await page.locator('dialog textarea[name="finding"]').fill('seal replaced')
    await page.locator('dialog button[type="submit"]').click()
    await until('four wait', async () => (await page.locator('[data-outbox] li').count()) === 4, 30_000)
    t.match(await page.locator('[data-outbox]').textContent(), /No connection/)
    t.strictSame(await barriers(), [], 'axe')
    await picture('order-offline')
    const before = estate.queries.get('orders', id)
    t.equal(before?.state, 'dispatched', 'the gateway knows nothing yet')

    await page.unroute('**/api/**')
    await page.reload()
    await page.locator('[data-outbox]').waitFor({ state: 'detached' })
    await until('all of it is there', () => estate.queries.get('orders', id)?.state === 'restored', 30_000)
    const order = estate.queries.get('orders', id)!
    t.match(order, { assignee: 'T1', finding: 'seal replaced', photos: [{ kind: 'before', by: 'T1' }] })
    t.equal(order.photos?.length, 1)
    const own = estate.queries
      .eventsAfter(0, 1_000)
      .filter((event) => 'order' in event && event.order === id && event.deviceAt !== undefined)
    t.strictSame(
      own.map(({ type }) => type),
      ['order.accepted', 'order.arrived', 'order.photo_added', 'order.finished'],
      'each once, in the order in which it was done',
    )
    const image = page.locator(`img[src*="${order.photos![0]!.photo}"]`)
    await image.scrollIntoViewIfNeeded()
    const width = () => image.evaluate((it) => (it as unknown as { naturalWidth: number }).naturalWidth)
    await until('the picture can be seen', async () => (await width()) === 8, 30_000)
    await context.close()
  },
)
