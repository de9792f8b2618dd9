import t from 'tap'
import type { Role } from '#gateway/role.ts'
import { openEstate } from './estate.ts'

const DAY = 24 * 3_600_000
const STAFF = `  - { id: CE, role: chief, regions: [site], skills: [], duty: ['08:00-18:00'] }
  - { id: A, role: agent, regions: [site], skills: [], duty: ['08:00-18:00'] }
`
type Line = {
  figure: string
  value: number | null
  of: number | null
  now: { value: number | null; of: number | null } | null
  name: Record<string, string>
  means: Record<string, string>
}
type View = {
  frozen: { at: string; hash: string; version: number; isSame: boolean | null } | null
  freezesAt: string
  lines: Line[]
  sources: { source: string; counted: number }[]
  corrections: { type: string; subject: string; by: string | null }[]
}

t.test('a month is counted as it goes, freezes, and shows what was corrected since', { timeout: 90_000 }, async (t) => {
  const contacts = { T1: { phone: '13900001111', wecom: 't1' } }
  const estate = await openEstate({ staff: STAFF, contacts })
  t.teardown(() => estate.close())
  const get = async (path: string, role: Role = 'quality') =>
    (await (await estate.as(role, `/api/v1/months/${path}`)).json()) as View
  const line = ({ lines }: View, figure: string) => lines.find((each) => each.figure === figure)!
  await estate.say('P1', { outlet_pressure: 0.05 }, 24)
  await estate.order('field', '/api/v1/orders/W5/accept', 'accept-1', { by: 'T1' })
  const running = await get('2026-01')
  t.match(running, { frozen: null, freezesAt: '2026-02-05T00:00:00.000+08:00', corrections: [] })
  t.match(line(running, 'opened'), { value: 1, of: null, now: null, name: { 'zh-CN': '工单总数' } })
  t.match(line(running, 'closure'), { value: 0, of: 1, unit: 'share', means: { 'zh-CN': /已验证 ÷ 计入工单/ } })
  const praise = { by: 'A', person: 'T1', forOrder: 'W5', text: '半夜上门' }
  t.equal((await estate.order('agent', '/api/v1/praise', 'praise-1', praise)).status, 200)
  t.equal((await estate.order('field', '/api/v1/praise', 'praise-2', praise)).status, 403)
  t.match(line(await get('2026-01'), 'praise'), { value: 1 })

  estate.pass(40 * DAY)
  await estate.say('P1', { outlet_pressure: 0.05 }, 2)
  const frozen = await get('2026-01')
  t.match(frozen.frozen, { at: /^2026-02-05T00:00:00/, version: 1, hash: /^[0-9a-f]{64}$/, isSame: true })
  t.strictSame(frozen.corrections, [])
  await estate.order('field', '/api/v1/orders/W5/arrive', 'arrive-1', { by: 'T1' })
  await estate.order('field', '/api/v1/orders/W5/finish', 'finish-1', { by: 'T1' })
  await estate.say('P1', { outlet_pressure: 0.65 }, 30)
  const corrected = await get('2026-01')
  t.strictSame({ ...corrected.frozen }, frozen.frozen, 'what is frozen stands, and is counted to the same hash')
  t.match(line(corrected, 'arrive'), { value: null, of: 0, now: { value: 40 * DAY + 9_000, of: 1 } })
  t.match(line(corrected, 'opened'), { value: 2, now: null }, 'pressure, and the silence of a device')
  t.match(corrected.corrections, [
    { type: 'order.finished', subject: 'W5', by: 'T1' },
    { type: 'order.arrived', subject: 'W5', by: 'T1' },
  ])

  const csv = await estate.as('quality', '/api/v1/months/2026-01?format=csv')
  t.match(csv.headers.get('content-disposition'), 'month-2026-01.csv')
  const bytes = Buffer.from(await csv.arrayBuffer())
  t.strictSame([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf], 'a byte order mark')
  const text = bytes.toString('utf8')
  t.match(text, '闭单率,0.0%,0,2,,已验证')
  t.match(text, /到场用时,,,0,40 天 0 小时,/)
  t.match(text, frozen.frozen!.hash)
  t.match(text, /更正时间,事件,工单或通知,操作人\r\n2026-02-/)
  t.notMatch(text + JSON.stringify(corrected), /1\d{10}/, 'Q reads no phone number')
  t.notMatch(text, /半夜上门/, 'nor what somebody said')
  const english = await (await estate.as('manager', '/api/v1/months/2026-01?format=csv&language=en')).text()
  t.match(english, 'Closure,0.0%,0,2,,"Verified')
  for (const role of ['field', 'agent', 'steward', 'monitor', 'contractor', 'resident'] as const)
    t.equal((await estate.as(role, '/api/v1/months/2026-01')).status, 403, role)
  t.equal((await estate.as('quality', '/api/v1/months/2126-01')).status, 400, 'not yet')
  t.equal((await estate.as('quality', '/api/v1/months/2026-13')).status, 400)
})
