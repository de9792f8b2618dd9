import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t from 'tap'
import { codeAt } from '#gateway/access/totp.ts'
import { startEstate } from '../flow/estate.ts'
import { openBrowser, visitorOf, withoutBrowser } from './browser.ts'

/** S15: names that would run, were they ever taken for markup. */
const HOSTILE = '<img src=x onerror=window.taken=1>'

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
const FIRST = 'seven quiet pumps in a row'
const SECOND = 'eight louder lifts on a hill'
const THIRD = 'nine green bins behind a wall'
const STEP_MS = 30_000

t.test(
  'an administrator looks after accounts, and each person after their own',
  { skip: withoutBrowser(), timeout: 170_000 },
  async (t) => {
    const estate = await startEstate(t, SITE)
    const { host, port } = estate.gateway.http
    const origin = `http://${host}:${port}`
    const browser = await openBrowser(t)
    const admin = await visitorOf(browser, origin)
    const desk = admin.page
    const other = await visitorOf(browser, origin, { width: 390, scheme: 'dark' })
    const phone = other.page

    await desk.goto(`${origin}/setup`)
    await desk.getByLabel('Setup secret').fill(readFileSync(join(estate.folder, 'data', 'setup-secret'), 'utf8').trim())
    await desk.getByLabel('Name', { exact: true }).fill('anna')
    await desk.getByLabel('Password', { exact: true }).fill(FIRST)
    await desk.getByRole('button', { name: 'Make the account' }).click()
    await desk.waitForURL('**/overview')

    await t.test('S15 an account is made, and its name is only ever a name', async (t) => {
      await desk.getByRole('button', { name: 'Account', exact: true }).click()
      await desk.getByRole('link', { name: 'Accounts' }).click()
      await desk.locator('[data-user="anna"]').waitFor()
      for (const [name, role] of [
        ['bob', 'engineer'],
        [`mallory ${HOSTILE}`, 'field'],
      ] as const) {
        await desk.getByRole('button', { name: 'New account' }).click()
        const dialog = desk.getByRole('dialog')
        await dialog.getByLabel('Name', { exact: true }).fill(name)
        await dialog.getByLabel('Role', { exact: true }).selectOption(role)
        await dialog.getByLabel('First password').fill('password')
        await dialog.getByRole('button', { name: 'Make the account' }).click()
        await dialog.getByText('that nobody guesses first', { exact: false }).waitFor()
        await dialog.getByLabel('First password').fill(FIRST)
        if (role === 'field') await dialog.getByLabel('Person on the staff list').selectOption('T1')
        t.strictSame(await admin.barriers(), [], 'axe: new account')
        if (role === 'engineer') await admin.picture('users-new')
        await dialog.getByRole('button', { name: 'Make the account' }).click()
        await dialog.waitFor({ state: 'detached' })
      }
      t.match(await desk.locator('[data-user^="mallory"]').textContent(), HOSTILE)
      t.match(await desk.locator('[data-user^="mallory"]').textContent(), 'Field staff · T1')
      t.equal(await desk.evaluate('window.taken'), undefined)
      t.strictSame(await admin.barriers(), [], 'axe: accounts')
      await admin.picture('users')
    })

    await t.test('who is made another role sees why, and is led on', async (t) => {
      await signIn(phone, origin, 'bob', FIRST)
      await phone.waitForURL('**/overview')
      await phone.goto(`${origin}/health`)
      await phone.locator('[data-line="live"]').waitFor()
      const dialog = await change(desk, 'bob')
      await dialog.getByLabel('Role', { exact: true }).selectOption('steward')
      await dialog.getByRole('button', { name: 'Change role' }).click()
      await phone.getByText('an administrator changed your account or its role', { exact: false }).waitFor()
      t.match(phone.url(), /sign-in\?ended=&next=%2Fhealth/, 'without a touch: the live line was closed')
      t.strictSame(await other.barriers(), [], 'axe: signed out')
      await other.picture('signed-out')
      await fillIn(phone, 'bob', FIRST)
      await phone.getByText('You are signed in as: Steward', { exact: false }).waitFor()
      t.strictSame(await other.barriers(), [], 'axe: not for this role')
      await other.picture('not-for-this-role')
      await phone.getByRole('link', { name: 'Back to the first page' }).click()
      await phone.waitForURL('**/notices')
      // An agent may have a second factor.
      await dialog.getByLabel('Role', { exact: true }).selectOption('agent')
      await dialog.getByRole('button', { name: 'Change role' }).click()
      await phone.waitForURL(/sign-in\?ended=/)
      await dialog.getByRole('button', { name: 'Cancel' }).click()
    })

    await t.test('S10 a second factor is set up, asked for, and given up', async (t) => {
      await signIn(phone, origin, 'bob', FIRST)
      await phone.waitForURL('**/notices')
      await phone.getByRole('button', { name: 'Account', exact: true }).click()
      await phone.getByRole('link', { name: 'My account' }).click()
      await phone.locator('[data-totp="off"]').waitFor()
      const panel = phone.getByRole('region', { name: 'Second factor' })
      await panel.getByLabel('Password', { exact: true }).fill(SECOND)
      await panel.getByRole('button', { name: 'Set up' }).click()
      await panel.getByText('the password is wrong').waitFor()
      await panel.getByLabel('Password', { exact: true }).fill(FIRST)
      await panel.getByRole('button', { name: 'Set up' }).click()
      await panel.getByRole('img', { name: 'QR code' }).waitFor()
      const bytes = fromBase32((await panel.locator('[data-secret]').textContent())!.replaceAll(' ', ''))
      t.equal(bytes.length, 20)
      t.strictSame(await other.barriers(), [], 'axe: enrolment')
      await panel.getByRole('img').scrollIntoViewIfNeeded()
      await other.picture('totp-enrolment')
      // A code is good once, and so is each older one: the last, this and the next stand for three moments.
      const now = Date.now()
      const [before, then, after] = [-1, 0, 1].map((off) => codeAt(bytes, now + off * STEP_MS)) as [
        string,
        string,
        string,
      ]
      await panel.getByLabel('Code', { exact: true }).fill('000000')
      await panel.getByRole('button', { name: 'Turn on' }).click()
      await panel.getByText('the code is wrong', { exact: false }).waitFor()
      await panel.getByLabel('Code', { exact: true }).fill(`${before.slice(0, 3)} ${before.slice(3)}`)
      await panel.getByRole('button', { name: 'Turn on' }).click()
      await phone.locator('[data-totp="on"]').waitFor()
      t.strictSame(await other.barriers(), [], 'axe: my account')
      await other.picture('account')

      await phone.evaluate(`fetch('/api/v1/session', { method: 'DELETE' })`)
      await signIn(phone, origin, 'bob', FIRST)
      await phone.getByLabel('Code', { exact: true }).waitFor()
      t.equal(await phone.evaluate('document.activeElement.autocomplete'), 'one-time-code', 'typing goes on there')
      t.strictSame(await other.barriers(), [], 'axe: code')
      await other.picture('sign-in-code')
      await phone.keyboard.type(before)
      await phone.keyboard.press('Enter')
      await phone.getByText('the code is wrong, or was used already', { exact: false }).waitFor()
      await phone.getByLabel('Code', { exact: true }).fill(then)
      await phone.keyboard.press('Enter')
      await phone.waitForURL('**/notices')

      await phone.goto(`${origin}/account`)
      await panel.getByText('Turn off').first().click()
      await panel.getByLabel('Password', { exact: true }).fill(FIRST)
      await panel.getByLabel('Code', { exact: true }).fill(after)
      await panel.getByRole('button', { name: 'Turn off' }).click()
      await phone.locator('[data-totp="off"]').waitFor()
      t.pass('off again')
    })

    await t.test('a password is changed; a forgotten one by a link that works once', async (t) => {
      const panel = phone.getByRole('region', { name: 'Change password' })
      await panel.getByLabel('Password until now').fill(SECOND)
      await panel.getByLabel('New password').fill(SECOND)
      await panel.getByRole('button', { name: 'Change password' }).click()
      await panel.getByText('the password is wrong').waitFor()
      await panel.getByLabel('Password until now').fill(FIRST)
      await panel.getByRole('button', { name: 'Change password' }).click()
      await panel.getByText('The password is changed.').waitFor()

      const dialog = await change(desk, 'bob')
      await dialog.getByRole('button', { name: 'Make a reset link' }).click()
      const link = await dialog.locator('[data-reset-link] input').inputValue()
      t.match(link, `${origin}/reset-password#`)
      t.strictSame(await admin.barriers(), [], 'axe: change an account')
      await admin.picture('users-change')
      await phone.goto(link)
      await phone.getByLabel('New password').fill(THIRD)
      t.strictSame(await other.barriers(), [], 'axe: reset')
      await other.picture('reset-password')
      await phone.getByRole('button', { name: 'Save the password' }).click()
      await phone.getByText('The new password is saved', { exact: false }).waitFor()
      await phone.goto(`${origin}/reset-password`)
      await phone.getByText('This link is not complete', { exact: false }).waitFor()
      await phone.goto(link)
      await phone.getByLabel('New password').fill(FIRST)
      await phone.getByRole('button', { name: 'Save the password' }).click()
      await phone.getByText('this link has been used', { exact: false }).waitFor()
      await signIn(phone, origin, 'bob', THIRD)
      await phone.waitForURL('**/notices')

      await dialog.getByRole('button', { name: 'Disable' }).click()
      await phone.waitForURL(/sign-in\?ended=/)
      await fillIn(phone, 'bob', THIRD)
      await phone.getByText('the name or the password is wrong').waitFor()
      await dialog.getByRole('button', { name: 'Enable' }).click()
      await dialog.getByRole('button', { name: 'Disable' }).waitFor()
      await dialog.getByRole('button', { name: 'Cancel' }).click()
      await fillIn(phone, 'bob', THIRD)
      await phone.waitForURL('**/notices')
    })

    await t.test('the last administrator stays one, and is told why', async () => {
      const dialog = await change(desk, 'anna')
      await dialog.getByRole('button', { name: 'Disable' }).click()
      await dialog.getByRole('alert').filter({ hasText: /\w/ }).waitFor()
      await dialog.getByRole('button', { name: 'Cancel' }).click()
    })

    await t.test('S07 whoever tries too often is told how long to wait', async (t) => {
      await phone.goto(`${origin}/sign-in`)
      const wait = phone.getByText(/^Too many attempts\. Try again in \d+s\.$/)
      for (let tries = 0; tries < 8 && !(await wait.isVisible()); tries++) {
        await fillIn(phone, 'carol', FIRST)
        await phone.locator('button[type=submit]:enabled').waitFor()
        await phone.getByRole('alert').filter({ hasText: /\w/ }).waitFor()
      }
      t.ok(await wait.isVisible())
      t.strictSame(await other.barriers(), [], 'axe: wait')
      await other.picture('sign-in-wait')
    })

    t.strictSame(admin.wrong, [])
    t.strictSame(other.wrong, [])
  },
)

async function signIn(page: Page, origin: string, name: string, password: string): Promise<void> {
  await page.goto(`${origin}/sign-in`)
  await fillIn(page, name, password)
}

async function fillIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.keyboard.press('Enter')
}

async function change(page: Page, name: string) {
  await page.getByRole('button', { name: `Change ${name}` }).click()
  return page.getByRole('dialog')
}

/** RFC 4648, the way back. */
function fromBase32(text: string): Buffer {
  const bits = Array.from(text, (sign) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(sign).toString(2).padStart(5, '0'),
  ).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}
