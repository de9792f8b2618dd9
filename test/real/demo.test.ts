import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startGatewayProcess } from '../fakes/gateway-process.ts'
import { until } from '../fakes/until.ts'

type Listed = {
  items: { id: string; state: string; alarmId: string; alarmIds: string[]; homes: number; assignee: string | null }[]
}

t.test('the demonstration tells its whole story to a visitor of the page', { timeout: 120_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-demo-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  // Six times faster than a newcomer sees it: what takes a minute there takes ten seconds here.
  const demo = await startGatewayProcess(['demo', '--data', folder, '--http', '127.0.0.1:0', '--speed', '6'])
  t.teardown(() => demo.child.kill('SIGKILL'))
  const page = await fetch(`${demo.url}/`)
  t.equal(page.status, 200)
  t.match(await page.text(), /<!doctype html>/i)
  const cookie = page.headers.getSetCookie()[0]!.split(';')[0]!
  const list = async (path: string) => {
    const response = await fetch(`${demo.url}/api/v1/${path}`, { headers: { cookie } })
    if (!response.ok) throw new Error(`${path}: ${response.status}`)
    return ((await response.json()) as Listed).items
  }
  const told = await until(
    'an alarm with its order and its notice',
    async () => (await list('notices')).find((notice) => notice.state === 'published'),
    40_000,
  )
  t.equal(told.homes, 156, 'the high zone and nobody else')
  const order = (await list('orders')).find((item) => item.alarmIds.includes(told.alarmId))
  t.ok(order?.assignee, 'somebody has it')
  await until(
    'the all-clear',
    async () => (await list('notices')).find((notice) => notice.id === told.id)?.state === 'all_clear',
    60_000,
  )
  const forged = await fetch(`${demo.url}/api/v1/notices/${told.id}/confirm`, {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/json', 'idempotency-key': 'a-visitor-tries' },
    body: '{"by":"S1"}',
  })
  t.ok([401, 403].includes(forged.status), 'a visitor may look, not touch')
  t.strictSame(await demo.end('SIGTERM'), { code: 0, signal: null })
})
