import t from 'tap'
import { startEstate } from '../flow/estate.ts'
import { openBrowser, visitorOf, withoutBrowser } from './browser.ts'

/** S15: text of the site file that would run, were it ever taken for markup. */
const HOSTILE = '<img src=x onerror=window.taken=1>'

const SITE = `
site: { id: small, name: { zh-CN: 小区, en: 'Small ${HOSTILE}' }, timezone: Asia/Shanghai }
settings: { all_clear_hold: 5s, publish_after: 1h }
buildings:
  - { id: B1, floors: 4, homes_per_floor: 2 }
assets:
  - { id: PR1-H, name: 'Pumps ${HOSTILE}', kind: pump-set, room: PR1, serves: { buildings: [B1] } }
connections:
  plc: { protocol: modbus-tcp, host: 127.0.0.1, port: 502, timeout: 200ms }
devices:
  - { id: PR1-H, profile: booster-pump-set, connection: plc, unit_id: 1 }
staff:
  - { id: CE, role: chief, regions: [site], skills: [lift], duty: ['00:00-24:00'] }
  - { id: T1, role: technician, regions: [site], skills: [water, electric], duty: ['00:00-24:00'] }
  - { id: S1, role: steward, regions: [site], skills: [notices], duty: ['00:00-24:00'] }
fallback: S1
channels:
  - { id: screen, type: screen }
`

t.test(
  'three people follow one fault from the tile to the all-clear, each on their own screens',
  { skip: withoutBrowser(), timeout: 200_000 },
  async (t) => {
    const estate = await startEstate(t, SITE, { speed: 8 })
    const { host, port } = estate.gateway.http
    const origin = `http://${host}:${port}`
    const browser = await openBrowser(t)
    const as = async (role: 'engineer' | 'field' | 'steward', person: string, look = {}) => {
      const visitor = await visitorOf(browser, origin, look)
      await visitor.page.goto(origin + estate.gateway.createLink({ role, person, ttlMs: null, uses: null }))
      return visitor
    }
    const engineer = await as('engineer', 'CE')
    const technician = await as('field', 'T1', { width: 390, language: 'zh-CN' })
    const steward = await as('steward', 'S1', { width: 390, scheme: 'dark' })
    const desk = engineer.page
    const phone = technician.page

    await desk.waitForURL('**/overview')
    await phone.waitForURL('**/orders')
    await steward.page.waitForURL('**/notices')
    await desk.locator('[data-tile="B1"][data-state="ok"]').waitFor()
    await desk.getByText('Quiet: nothing is wrong', { exact: false }).waitFor()
    for (const { page } of [engineer, technician, steward]) await page.locator('[data-line="live"]').waitFor()

    estate.plant.send({ type: 'provoke', fault: 'pump_trip', device: 'PR1-H' })
    await desk.locator('[data-tile="B1"][data-state="high"]').waitFor()
    await desk.locator('[data-step="alarm"][data-state="now"]').waitFor()
    t.pass('the tile turns, and the chain begins')

    // The engineer acknowledges by keyboard.
    await desk.getByRole('link', { name: 'Alarms' }).click()
    await desk.locator('[data-row]').waitFor()
    await desk.keyboard.press('j')
    await desk.keyboard.press('a')
    await desk.getByLabel('Comment').fill(`seen ${HOSTILE}`)
    await desk.keyboard.press('Tab')
    await desk.keyboard.press('Enter')
    await desk.getByText('acknowledged by CE').waitFor()
    t.strictSame(await engineer.barriers(), [], 'axe: alarms')
    await desk.keyboard.press('j')
    await desk.keyboard.press('Enter')
    await desk.getByText('Likely cause').waitFor()
    t.strictSame(await engineer.barriers(), [], 'axe: alarm')
    await engineer.picture('alarm')

    // The technician works through the order on a phone, in Chinese, with a refusal on the way.
    await phone.locator('[data-order]').click()
    await phone.getByRole('button', { name: '接单' }).click()
    await phone.getByRole('button', { name: '到场' }).click()
    await phone.getByRole('button', { name: '闭单' }).click()
    await phone.getByRole('dialog').getByRole('button', { name: '闭单' }).click()
    await phone.getByText('不能闭单', { exact: false }).waitFor()
    t.strictSame(await technician.barriers(), [], 'axe: order with a refusal')
    await technician.picture('order-refused')
    await phone.keyboard.press('Escape')

    // The steward confirms the draft.
    await steward.page.locator('[data-notice]').click()
    await steward.page.getByRole('button', { name: 'Confirm and publish' }).click()
    await steward.page.getByRole('dialog').getByRole('button', { name: 'Confirm and publish' }).click()
    await steward.page.getByText('8 of 8 messages delivered').waitFor()
    await steward.page.getByText('B1-0402').waitFor()
    await steward.page.getByLabel('Home').fill('B1-01')
    await steward.page.getByText('B1-0402').waitFor({ state: 'detached' })
    t.equal(await steward.page.getByText(/B1-0\d+/).count(), 2, 'the ledger is searched')
    t.strictSame(await steward.barriers(), [], 'axe: notice')
    await steward.picture('notice')

    estate.plant.send({ type: 'heal', device: 'PR1-H' })
    await phone.getByRole('button', { name: '完成' }).click()
    await phone.getByRole('dialog').getByRole('textbox').fill(`换了接触器 ${HOSTILE}`)
    await phone.getByRole('dialog').getByRole('button', { name: '完成' }).click()
    await phone.getByText('读数验证已恢复').waitFor({ timeout: 120_000 })
    await phone.getByRole('button', { name: '闭单' }).click()
    await phone.getByRole('dialog').getByRole('button', { name: '闭单' }).click()
    await phone.getByText('由 T1 闭单', { exact: false }).waitFor()
    await technician.picture('order-closed')

    await desk.getByRole('link', { name: 'Overview' }).first().click()
    await desk.locator('[data-over="true"] [data-step="clear"][data-state="done"]').waitFor({ timeout: 120_000 })
    t.strictSame(
      await desk.locator('[data-step]').evaluateAll((steps) => steps.map((step) => step.getAttribute('data-state'))),
      ['done', 'done', 'done', 'done', 'done'],
    )
    await desk.getByText(`换了接触器 ${HOSTILE}`, { exact: false }).waitFor()
    t.ok(
      (await desk.locator('header').textContent())?.includes(HOSTILE),
      'S15: the name stands there as it was written',
    )
    for (const [name, { page, wrong }] of Object.entries({ engineer, technician, steward })) {
      t.equal(await page.evaluate('window.taken'), undefined, `S15: nothing of it ran for the ${name}`)
      t.strictSame(wrong, [], `no errors and no request to elsewhere: ${name}`)
    }

    t.test('the chart is loaded when it is looked at, and its address keeps what it shows', async (t) => {
      await desk.goto(`${origin}/assets/PR1-H?point=PR1-H.outlet_pressure&range=6h`)
      await desk.locator('[data-chart="drawn"] canvas').waitFor()
      t.equal(await desk.getByRole('button', { name: '6h' }).getAttribute('aria-pressed'), 'true')
      await desk.getByRole('button', { name: '1h' }).click()
      await desk.waitForURL(/range=1h/)
      await desk.getByLabel('What to draw').selectOption('PR1-H.tank_level')
      await desk.waitForURL(/tank_level/)
      await desk.getByText('Tank level: ', { exact: false }).waitFor()
      t.strictSame(await engineer.barriers(), [], 'axe: asset')
      t.strictSame(engineer.wrong, [])
    })

    t.test('the palette goes anywhere by typing', async (t) => {
      await desk.keyboard.press('Control+k')
      await desk.getByRole('combobox', { name: 'Go to…' }).fill('pumps pr1')
      t.strictSame(await engineer.barriers(), [], 'axe: palette')
      await engineer.picture('palette')
      await desk.keyboard.press('Enter')
      await desk.waitForURL('**/assets/PR1-H')
      await desk.keyboard.press('Control+k')
      await desk.getByRole('combobox', { name: 'Go to…' }).fill('gateway')
      await desk.keyboard.press('Enter')
      await desk.waitForURL('**/health')
    })

    t.test('language and light are one press each, and are kept', async (t) => {
      await desk.getByRole('button', { name: '中文' }).click()
      await desk.getByRole('heading', { name: '网关状态', level: 1 }).waitFor()
      await desk.getByRole('button', { name: '深色页面' }).click()
      await desk.reload()
      await desk.getByRole('heading', { name: '网关状态', level: 1 }).waitFor()
      t.equal(await desk.evaluate('document.documentElement.dataset.theme'), 'dark')
      t.equal(await desk.evaluate('document.documentElement.lang'), 'zh-CN')
    })

    t.test('a line that drops is seen', async (t) => {
      await estate.stop()
      await desk.locator('[data-line="reconnecting"]').waitFor({ timeout: 30_000 })
      t.pass('it says that it is connecting again')
    })
  },
)
