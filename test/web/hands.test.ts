import t from 'tap'
import { openBrowser, visitorOf, withoutBrowser } from './browser.ts'
import { openDemo, settled } from './demo.ts'

t.test('what hands may do on the page, and what not', { skip: withoutBrowser(), timeout: 200_000 }, async (t) => {
  const demo = await openDemo(t)
  const browser = await openBrowser(t)

  t.test(
    'the description of the API opens, with nothing from elsewhere and nothing that its policy forbids',
    async (t) => {
      const visitor = await visitorOf(browser, demo.url)
      const { page } = visitor
      await page.goto(demo.linkOf('engineer'))
      await settled(page, 'engineer')
      await page.goto(`${demo.url}/health`)
      const link = page.getByRole('link', { name: 'API' })
      await page.goto(demo.url + (await link.getAttribute('href')))
      await page.locator('.opblock-summary', { hasText: '/api/v1/alarms' }).first().waitFor()
      await page.locator('.opblock-summary', { hasText: '/api/v1/site' }).first().click()
      await page.locator('.opblock-body').first().waitFor()
      await visitor.picture('api')
      t.strictSame(visitor.wrong, [])
      await visitor.context.close()
    },
  )

  t.test('an engineer breaks something on the page, follows it, and mends it', async (t) => {
    const { page, wrong } = await visitorOf(browser, demo.url)
    await page.goto(demo.linkOf('engineer'))
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
})
