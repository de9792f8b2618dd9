import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startEstate } from '../flow/estate.ts'
import { openBrowser, visitorOf, withoutBrowser } from './browser.ts'

const SITE = `
site: { id: small, name: { zh-CN: 小区, en: Small }, timezone: Asia/Shanghai }
assets:
  - { id: PR1-H, kind: pump-set, room: PR1 }
connections:
  plc: { protocol: modbus-tcp, host: 127.0.0.1, port: 502, timeout: 2s }
devices:
  - { id: PR1-H, profile: booster-pump-set, connection: plc, unit_id: 1 }
staff:
  - { id: T1, role: technician, regions: [site], skills: [water, electric], duty: ['00:00-24:00'] }
fallback: T1
`
const PASSWORD = 'seven quiet pumps in a row'

t.test(
  'from an empty gateway to the first page, and out again',
  { skip: withoutBrowser(), timeout: 90_000 },
  async (t) => {
    const estate = await startEstate(t, SITE)
    const { host, port } = estate.gateway.http
    const origin = `http://${host}:${port}`
    const browser = await openBrowser(t)
    const visitor = await visitorOf(browser, origin)
    const { page } = visitor
    const secret = readFileSync(join(estate.folder, 'data', 'setup-secret'), 'utf8').trim()

    await page.goto(`${origin}/orders`)
    await page.waitForURL('**/setup')
    t.strictSame(await visitor.barriers(), [], 'axe: setup')
    await visitor.picture('setup')
    await page.getByLabel('Setup secret').fill('guessed')
    await page.getByLabel('Name').fill('anna')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Make the account' }).click()
    await page.getByText('this is not the setup secret', { exact: false }).waitFor()
    await page.getByLabel('Setup secret').fill(secret)
    await page.getByLabel('Password').fill('password')
    await page.getByRole('button', { name: 'Make the account' }).click()
    await page.getByText('that nobody guesses first', { exact: false }).waitFor()
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Make the account' }).click()
    await page.waitForURL('**/overview')
    t.pass('the first account is made, and signed in')

    await page.getByRole('button', { name: 'Account' }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL('**/sign-in')
    await page.goto(`${origin}/alarms?state=ended`)
    await page.waitForURL(/sign-in\?next=/)
    t.strictSame(await visitor.barriers(), [], 'axe: sign-in')
    await visitor.picture('sign-in')
    await page.getByLabel('Name').fill('anna')
    await page.getByLabel('Password').fill('not this one at all')
    await page.keyboard.press('Enter')
    await page.getByText('the name or the password is wrong').waitFor()
    await page.getByLabel('Password').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/alarms?state=ended')
    t.pass('back to where the reader wanted to go')

    await page.goto(`${origin}/sign-in?next=//elsewhere.example/x`)
    await page.getByLabel('Name').fill('anna')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/overview')
    t.pass('an address from outside does not lead away')

    // The session ends elsewhere: what is asked next, if only by the page's own stream, brings the sign-in page.
    await page.evaluate(`fetch('/api/v1/session', { method: 'DELETE' })`)
    await page.goto(`${origin}/orders`)
    await page.waitForURL(/sign-in\?next=%2Forders/)

    await page.goto(`${origin}/enter/no-such-link`)
    await page.waitForURL('**/sign-in?link=expired')
    await page.getByText('no longer valid', { exact: false }).waitFor()
    t.strictSame(visitor.wrong, [])
  },
)
