import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { caretaker, startGatewayProcess } from '../fakes/gateway-process.ts'
import { until } from '../fakes/until.ts'

type Item = {
  id: string
  rule: string
  assignee: string | null
  finding: string | null
  clearedAt: string | null
  closedAt: string | null
  endedAt: string | null
  orderId: string | null
}

/** What the story provokes, and one fault by hand that latches. */
const TOLD = [
  'PR1-H/outlet-pressure.lo',
  'K4-kitchen/overflow.hi',
  'B3-L2/entrapment',
  'B5-L1/stopped-by-fault',
  'PR2-L/communication',
  'PR1-L/water-on-floor',
]

t.test(
  'whatever befalls the demonstration is repaired, closed and told to be over',
  { timeout: 350_000 },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'caretaker-day-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const demo = await startGatewayProcess(['demo', '--data', folder, '--http', '127.0.0.1:0', '--speed', '30'])
    t.teardown(() => demo.child.kill('SIGKILL'))
    const here = ['--data', folder]
    const token = (await caretaker(['token', 'create', '--role', 'engineer', ...here])).out.trim()
    const list = async (path: string) => {
      const response = await fetch(`${demo.url}/api/v1/${path}`, { headers: { authorization: `Bearer ${token}` } })
      if (!response.ok) throw new Error(`${path}: ${response.status}`)
      return ((await response.json()) as { items: Item[] }).items
    }

    const provoked = await caretaker(['provoke', 'burst_pipe', 'PR1-L', ...here])
    t.match(provoked, { code: 0, out: 'PR1-L: burst_pipe' })
    t.match(await caretaker(['provoke', 'flood', 'PR1-L', ...here]), {
      code: 1,
      error: /cannot have.*"flood"; known: pump_trip/,
    })
    t.match(await caretaker(['heal', 'PR1-LL', ...here]), {
      code: 1,
      error: /no device "PR1-LL"; known: .*B6-L2.*mean "PR1-L"/,
    })

    const alarms = await until(
      'everything that the story tells is over',
      async () => {
        const all = await list('alarms?limit=200')
        // At thirty times the speed a busy machine loses devices together: such an alarm is another's child, and has no order.
        const told = TOLD.map((rule) => all.find((alarm) => alarm.rule === rule && alarm.closedAt && alarm.orderId))
        return told.every((alarm) => alarm !== undefined) && (told as Item[])
      },
      200_000,
    )
    const orderOf = async (alarm: Item) => (await list('orders?limit=200')).find(({ id }) => id === alarm.orderId)!
    for (const alarm of alarms) {
      await until(`${alarm.rule}: its order is closed`, async () => (await orderOf(alarm)).closedAt, 60_000)
      t.not((await orderOf(alarm)).assignee, 'PM', `${alarm.rule} went to somebody who can do it`)
    }
    t.equal((await orderOf(alarms[0]!)).finding, '变频器已复位，泵组恢复运行 / Drive reset, pumps running again')
    const begun = (await list('notices?limit=200')).map(({ id }) => id)
    t.ok(begun.length >= 3, 'no water, and two lifts out of service')
    await until(
      'each of their notices has its all-clear',
      async () => {
        const notices = await list('notices?limit=200')
        return begun.every((id) => notices.find((notice) => notice.id === id)?.endedAt)
      },
      60_000,
    )
    // The rhythm of small faults goes on meanwhile: a few may be open, and nothing piles up.
    await until('few orders are open', async () => (await list('orders?state=open')).length <= 3, 60_000)
    const standing = async () => (await list('alarms?state=open')).filter(({ clearedAt }) => clearedAt === null)
    await until('few alarms stand', async () => (await standing()).length <= 6, 60_000)
    t.strictSame(await demo.end('SIGTERM'), { code: 0, signal: null })
    t.match(await caretaker(['provoke', 'silent', 'PR1-L', ...here]), { code: 1, error: /no demonstration runs on/ })
  },
)
