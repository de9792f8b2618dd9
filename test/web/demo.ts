import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { Role } from '#gateway/role.ts'
import { homeOf } from '../../web/roles.ts'
import { startGatewayProcess } from '../fakes/gateway-process.ts'
import { until } from '../fakes/until.ts'

/** The demonstration as a newcomer starts it, at twice the speed; with the link that it prints for each role. */
export type Demo = Awaited<ReturnType<typeof openDemo>>

export async function openDemo(t: { teardown(run: () => unknown): void }) {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-web-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const demo = await startGatewayProcess(['demo', '--data', folder, '--http', '127.0.0.1:0', '--speed', '2'])
  t.teardown(() => demo.child.kill('SIGKILL'))
  await until('all links', () => /^ +resident +http/m.test(demo.output()), 10_000)
  const linkOf = (role: string) => new RegExp(`^ +${role} +(\\S+)`, 'm').exec(demo.output())![1]!
  return { url: demo.url, linkOf }
}

/** What the role sees first is there, live, and still. */
export async function settled(page: Page, role: Role): Promise<void> {
  await page.locator('h1').waitFor()
  if (homeOf(role) === '/') await page.getByText(/Nothing here for your role|暂无可用页面/).waitFor()
  else await page.locator('[data-line="live"]').waitFor()
  await until('nothing is waited for', async () => (await page.locator('[aria-busy]').count()) === 0, 60_000)
  // What may be done with a chart is known when its figures are. The chart of the page before may still go meanwhile.
  const waiting = page.locator('[data-chart]:not([data-from])')
  await until('every chart has its figures', async () => (await waiting.count()) === 0, 60_000)
}
