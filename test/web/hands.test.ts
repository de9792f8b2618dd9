import t from 'tap'
import { openBrowser, visitorOf, withoutBrowser } from './browser.ts'
import { until } from '../fakes/until.ts'
import { openDemo, settled } from './demo.ts'

const PUMPS = ['PR1-L', 'PR2-L']

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
      // A long list is drawn as far as it is seen.
      const alarms = page.locator('.opblock-summary', { hasText: '/api/v1/alarms' }).first()
      const isInSight = async () => {
        if (!(await alarms.isVisible())) await page.mouse.wheel(0, 400)
        return alarms.isVisible()
      }
      await page.locator('.opblock-summary').first().waitFor()
      await until('the alarms of the description', isInSight, 60_000)
      await alarms.click()
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

  t.test('an engineer changes a setpoint from afar, and a lock keeps everybody from it', async (t) => {
    const visitor = await visitorOf(browser, demo.url, { width: 390, language: 'zh-CN' })
    const { page } = visitor
    await page.goto(demo.linkOf('engineer'))
    await page.goto(`${demo.url}/assets/PR1-L`)
    await page.getByRole('button', { name: '取得控制权' }).click()
    const change = page.locator('[data-write="pressure_setpoint"]')
    await change.click()
    await page.getByLabel('新值', { exact: false }).fill('0.72')
    await page.getByLabel('原因').fill('晚高峰加压')
    await page.getByRole('button', { name: '下一步' }).click()
    t.match(await page.locator('[data-confirm]').textContent(), /0\.65 MPa → 0\.72 MPa/, 'old and new side by side')
    await page.getByRole('button', { name: '确认写入 0.72 MPa' }).click()
    await page.locator('[data-outcome="verified"]').waitFor()
    t.match(await page.locator('[data-outcome]').textContent(), '设备当前值 0.72 MPa')
    t.strictSame(await visitor.barriers(), [], 'axe: what came of it')
    await page.getByRole('button', { name: '关闭', exact: true }).click()
    await page.locator('[data-point="pressure_setpoint"]', { hasText: '0.72 MPa' }).waitFor()

    await page.getByRole('button', { name: '挂牌上锁' }).click()
    await page.getByLabel('原因').fill('更换机封')
    await page.locator('dialog button[type="submit"]').click()
    await page.locator('[data-block="locked_out"]').waitFor()
    t.ok(await change.isDisabled(), 'nothing can be changed past a lock')
    t.match(await page.locator('[data-lockout]').textContent(), '更换机封')
    await visitor.picture('control-locked')
    t.strictSame(await visitor.barriers(), [], 'axe: locked')
    await page.getByRole('button', { name: '摘牌' }).click()
    await page.locator('[data-block="locked_out"]').waitFor({ state: 'detached' })

    const monitor = await visitorOf(browser, demo.url)
    await monitor.page.goto(demo.linkOf('monitor'))
    await monitor.page.goto(`${demo.url}/assets/PR1-L`)
    await monitor.page.locator('[data-point="pressure_setpoint"]').waitFor()
    t.equal(await monitor.page.locator('[data-control]').count(), 0, 'who may not is not offered it')
    t.strictSame([...visitor.wrong, ...monitor.wrong], [])
  })

  t.test('an engineer sees the unit that does not answer, why that may be, and reads a register by hand', async (t) => {
    const { page, wrong, barriers, picture } = await visitorOf(browser, demo.url, { width: 390, language: 'en' })
    await page.goto(demo.linkOf('engineer'))
    await page.goto(`${demo.url}/assets/PR2-H`)
    await page.locator('[data-provoke="silent"]').click()
    await page.getByText('Broken on purpose', { exact: false }).waitFor()
    await page.goto(`${demo.url}/buses`)
    const dead = page.locator('[data-state="held"]', { hasText: 'PR2-H' })
    await dead.waitFor()
    t.match(await page.locator('[data-bus]').first().textContent(), 'PR2-H', 'the worst stands first')
    await dead.locator('summary').click()
    await dead.getByText('Connected, and no answer for this unit').waitFor()
    await dead.getByRole('button', { name: 'Test read of this unit' }).click()
    t.equal(await page.locator('[name="unit"]').inputValue(), '2')
    const read = async (unit: string) => {
      await page.locator('[name="unit"]').fill(unit)
      await page.getByRole('button', { name: 'Read', exact: true }).click()
    }
    // On a busy machine the read may not get its turn on the line at once, and says that.
    const silence = page.locator('[data-answer="failed"] [data-finding="silent_tcp"]')
    await until(
      'the unit says nothing',
      async () => {
        await read('2')
        return silence.waitFor({ timeout: 10_000 }).then(
          () => true,
          () => false,
        )
      },
      60_000,
    )
    await read('1')
    const orders = page.locator('[data-answer="values"] [data-type="float32"] td')
    await orders.first().waitFor()
    t.equal(await orders.count(), 4, 'all four orders side by side')
    await page.getByText('outlet_pressure', { exact: false }).waitFor()
    t.strictSame(await barriers(), [], 'axe, a unit opened and an answer there')
    await picture('buses-test-read')
    t.strictSame(wrong, [])
  })

  t.test(
    'an engineer plans maintenance; what it keeps silent is acknowledged together; ended, it is told',
    { skip: 'not understood: no answer to an acknowledgement after 17:30 of the demonstration' },
    async (t) => {
      const visitor = await visitorOf(browser, demo.url)
      const { page, barriers, picture } = visitor
      const dialog = page.locator('dialog')
      const submit = () => dialog.locator('button[type="submit"]').click()
      await page.goto(demo.linkOf('engineer'))
      await page.goto(`${demo.url}/silences`)
      await page.getByRole('button', { name: 'Plan maintenance' }).click()
      await page.getByLabel('Reason').fill('new pressure sensors')
      await submit()
      await dialog.getByText('Choose at least one asset').waitFor()
      for (const asset of PUMPS) {
        await page.getByLabel('Find an asset').fill(asset)
        await page.locator(`[name="asset"][value="${asset}"]`).check()
      }
      t.strictSame(await barriers(), [], 'axe: the form')
      await submit()
      const window = page.locator('[data-silence][data-state="running"]', { hasText: 'new pressure sensors' })
      await window.waitFor()

      const field = await visitorOf(browser, demo.url, { width: 390, language: 'zh-CN' })
      await field.page.goto(demo.linkOf('field'))
      await field.page.goto(`${demo.url}/silences`)
      await field.page.locator('[data-silence]', { hasText: 'new pressure sensors' }).waitFor()
      t.equal(await field.page.locator('main button').count(), 0, 'who may not is not offered it')
      await field.context.close()

      for (const asset of PUMPS) {
        await page.goto(`${demo.url}/assets/${asset}`)
        await page.locator('[data-provoke="sensor_absent"]').click()
        await page.getByText('Broken on purpose', { exact: false }).waitFor()
      }
      await page.goto(`${demo.url}/alarms?state=silent&q=sensor`)
      const silent = page.locator('[data-row]', { has: page.locator('[data-why-not="maintenance"]') })
      await silent.nth(1).waitFor()
      for (const _ of PUMPS) {
        await page.keyboard.press('j')
        await page.keyboard.press('x')
      }
      await page.locator('[data-bulk="ack"]').waitFor()
      await picture('alarms-marked')
      t.strictSame(await barriers(), [], 'axe: marked')
      await page.keyboard.press('a')
      await submit()
      // Whoever accepts an order acknowledges its alarm: one of them may have been quicker.
      await page.locator('[data-answer]').first().waitFor()
      t.strictSame(await barriers(), [], 'axe: an answer for each')
      await page.keyboard.press('Escape')

      await page.goto(`${demo.url}/silences`)
      await window.getByRole('button', { name: 'Extend' }).click()
      await page.locator('[name="to"]').fill('2090-01-01T08:00')
      await submit()
      await page.locator('[data-silence]', { hasText: '1 Jan, 08:00' }).waitFor()
      await window.getByRole('button', { name: 'End now' }).click()
      await submit()
      await window.waitFor({ state: 'detached' })
      await page.goto(`${demo.url}/alarms?q=sensor`)
      await page.locator('[data-row] a').first().click()
      await page.locator('[data-event="alarm.acknowledged"]').waitFor()
      await page.locator('[data-event="alarm.announced"]', { hasText: 'still holds' }).waitFor()
      t.strictSame(visitor.wrong, [])
      await visitor.context.close()
    },
  )

  t.test(
    'an engineer shelves an alarm, sees why nobody is told, and ends that',
    { skip: 'not understood: no answer to an acknowledgement after 17:30 of the demonstration' },
    async (t) => {
      const visitor = await visitorOf(browser, demo.url, { width: 390, language: 'zh-CN' })
      const { page, barriers, picture } = visitor
      await page.goto(demo.linkOf('engineer'))
      await page.goto(`${demo.url}/alarms?q=PR1-L`)
      await page.locator('[data-row] a').first().click()
      await page.getByRole('button', { name: '搁置' }).click()
      await page.getByLabel('原因').fill('等待备件')
      await page.locator('dialog button[type="submit"]').click()
      await page.locator('[data-told="no"]', { hasText: '等待备件' }).waitFor()
      await page.locator('[data-event="alarm.shelved"]').waitFor()
      await picture('alarm-shelved')
      t.strictSame(await barriers(), [], 'axe: an alarm nobody is told of')
      await page.getByRole('button', { name: '解除搁置' }).click()
      await page.locator('dialog button[type="submit"]').click()
      await page.locator('[data-event="alarm.unshelved"]').waitFor()
      t.equal(await page.locator('[data-told="no"]').count(), 0)
      t.strictSame(visitor.wrong, [])
      await visitor.context.close()
    },
  )

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
