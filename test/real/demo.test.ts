import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import t from 'tap'
import { inventedList } from '#gateway/households/invented.ts'
import { loadSite } from '#gateway/site/load.ts'
import { startGatewayProcess } from '../fakes/gateway-process.ts'
import { until } from '../fakes/until.ts'

type Told = { home: string; phase: string; part: string; state: string; channel: string; contact: string }
type Errand = { homes: string[]; part: string; kind: string; why: string; state: string }
type Reach = { homes: number; reached: number; lines: Told[]; tasks: Errand[]; counts: Record<string, number> }
type Handed = { id: string; to: string; text: string }
type Listed = {
  items: {
    id: string
    kind: string
    asset: string
    state: string
    alarmId: string
    alarmIds: string[]
    homes: number
    assignee: string | null
  }[]
}

/** What the list of households says of the numbers of one building: whose, and in which language. */
function numbersOf(building: string): Map<string, { home: string; language: string }> {
  const { site } = loadSite('sites/demo/site.yaml', { env: {}, cwd: process.cwd() })
  const rows = parse(inventedList(site!), { columns: true }) as Record<'home' | 'phone' | 'language', string>[]
  const own = rows.filter(({ home }) => home.startsWith(`${building}-`))
  return new Map(own.map(({ home, phone, language }) => [phone, { home, language }]))
}

t.test('the demonstration tells its whole story to a visitor of the page', { timeout: 380_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-demo-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  // Six times faster than a newcomer sees it: what takes a minute there takes ten seconds here.
  const demo = await startGatewayProcess(['demo', '--data', folder, '--http', '127.0.0.1:0', '--speed', '6'])
  t.teardown(() => demo.child.kill('SIGKILL'))
  await until('all links', () => /^ +resident +http/m.test(demo.output()), 20_000)
  const page = await fetch(`${demo.url}/`)
  t.equal(page.status, 200)
  t.match(await page.text(), /<!doctype html>/i)
  const cookie = page.headers.getSetCookie()[0]!.split(';')[0]!
  const list = async (path: string) => {
    const response = await fetch(`${demo.url}/api/v1/${path}`, { headers: { cookie } })
    if (!response.ok) throw new Error(`${path}: ${response.status}`)
    return ((await response.json()) as Listed).items
  }
  // Both lifts of one building stop while the story goes its way: its homes have no lift at all.
  const engineer = await signedIn(demo.url, demo.output(), 'engineer')
  for (const device of ['B6-L1', 'B6-L2']) {
    const provoked = await fetch(`${demo.url}/api/v1/plant/faults`, {
      method: 'POST',
      headers: { ...engineer, 'content-type': 'application/json' },
      body: JSON.stringify({ device, fault: 'stopped' }),
    })
    t.equal(provoked.status, 200, device)
  }
  const told = await until(
    'an alarm with its order and its notice',
    async () => (await list('notices')).find(({ kind, state }) => kind === 'water-off' && state === 'published'),
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
  await t.test('both lifts of a building: its homes and nobody else, each in its language, to the end', async (t) => {
    const reachOf = async (id: string) =>
      (await (await fetch(`${demo.url}/api/v1/notices/${id}/reach`, { headers: { cookie } })).json()) as Reach
    const ended = async () => {
      const all = await list('notices')
      const of = (lift: string) => all.find(({ asset, state }) => asset === lift && state === 'all_clear')
      const lifts = [of('B6-L1'), of('B6-L2')].filter((each) => each !== undefined)
      return lifts.length === 2 ? lifts : null
    }
    const lifts = await until('both all-clears', ended, 150_000)
    const own = numbersOf('B6')
    for (const { id, asset } of lifts) {
      const isClosed = ({ lines, tasks }: Reach) =>
        tasks.every(({ state }) => state !== 'open') &&
        lines.every(({ state }) => state === 'delivered' || state === 'failed')
      const closed = async () => {
        const reach = await reachOf(id)
        return isClosed(reach) && reach.lines.some(({ part }) => part === 'ends') ? reach : null
      }
      const { homes, reached, lines, tasks } = await until(`the ledger of ${asset} closes`, closed, 60_000)
      t.equal(homes, 100)
      t.ok(reached > 85, `${reached} of 100 homes reached`)
      const tellingOf = (part: string) => lines.filter((line) => line.part === part && line.state === 'delivered')
      const wayOf = ({ home, contact, channel }: Told) => `${home} ${contact} ${channel}`
      t.same(
        new Set(tellingOf('ends').map(wayOf)),
        new Set(tellingOf('begins').map(wayOf)),
        'the end by what the beginning came, and by nothing else',
      )
      const visited = (part: string) =>
        tasks.filter((task) => task.part === part && task.state === 'told').flatMap((task) => task.homes)
      const atTheDoorOnly = visited('begins').filter((home) => !tellingOf('begins').some((line) => line.home === home))
      const endedFor = (whys: readonly string[]) =>
        tasks.filter(({ part, why }) => part === 'ends' && whys.includes(why)).flatMap((task) => task.homes)
      t.same(
        atTheDoorOnly.filter((home) => !endedFor(['end_at_door']).includes(home)),
        [],
        'told at the door: a sheet, or a call',
      )
      // A receipt may come after the door was knocked at: then both ways end.
      const begun = visited('begins')
      t.same(
        endedFor(['end_at_door']).filter((home) => !begun.includes(home)),
        [],
        'and for nobody else',
      )
      // A telephone that is off when it ends is found out by the message of the end: then somebody rings up.
      const unheard = lines.filter(({ part, state }) => part === 'ends' && state === 'failed').map(({ home }) => home)
      t.same(
        endedFor(['no_answer']).filter((home) => !unheard.includes(home)),
        [],
        'who did not get the end is rung up',
      )
      for (const why of ['no_contact', 'no_answer'])
        t.ok(
          tasks.some((task) => task.why === why),
          why,
        )

      const messages = await handedOf(demo.output(), id)
      const [numbers, known] = [messages.map(({ to }) => to), [...own.keys()]]
      t.same(
        numbers.filter((to) => !known.includes(to)),
        [],
        'nobody outside the building',
      )
      const isChinese = ({ text }: Handed) => /停梯|恢复|停止|电梯/.test(text) && !/[a-z]{4}/i.test(text)
      const isEnglish = ({ text }: Handed) => /lift/i.test(text) && !/[\u4e00-\u9fff]{3}/.test(text)
      const inWrong = messages.filter((message) => {
        const { language } = own.get(message.to)!
        return language === 'en' ? !isEnglish(message) : !isChinese(message)
      })
      t.same(inWrong.slice(0, 2), [], 'each in the language of the household')
      t.ok(messages.some(isEnglish) && messages.some(isChinese), 'both languages were handed over')
    }
  })
  const forged = await fetch(`${demo.url}/api/v1/notices/${told.id}/confirm`, {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/json', 'idempotency-key': 'a-visitor-tries' },
    body: '{"by":"S1"}',
  })
  t.ok([401, 403].includes(forged.status), 'a visitor may look, not touch')
  t.strictSame(await demo.end('SIGTERM'), { code: 0, signal: null })
})

async function signedIn(url: string, output: string, role: string): Promise<{ cookie: string; origin: string }> {
  const link = new RegExp(`^ +${role} +(\\S+)`, 'm').exec(output)![1]!
  const entered = await fetch(link, { redirect: 'manual' })
  return { cookie: entered.headers.getSetCookie()[0]!.split(';')[0]!, origin: url }
}

/** What the played provider of text messages was handed of one notice. */
async function handedOf(output: string, notice: string): Promise<Handed[]> {
  const provider = /residents show: (\S+)/.exec(output)![1]!
  const { items } = (await (await fetch(`${provider}/messages`)).json()) as { items: Handed[] }
  return items.filter(({ id }) => id.startsWith(`${notice}-`))
}
