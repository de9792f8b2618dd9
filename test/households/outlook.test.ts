import t from 'tap'
import { Fault } from '#devices/fault.ts'
import { outlookOf } from '#gateway/audience/outlook.ts'
import { plannedPreview } from '#gateway/notices/preview.ts'
import type { HomeWays } from '#rules/reach/events.ts'

type Site = Parameters<typeof outlookOf>[0]
type Residents = Parameters<typeof outlookOf>[1]
const HOUR = 3_600_000
/** The eighth of December 2026 in Shanghai. */
const at = (hour: number, minute = 0) => Date.UTC(2026, 11, 8, hour - 8, minute)
const site = (cap: number, channels = [{ id: 'sms', type: 'http-sms' }]) =>
  ({ channels, plan: { timeZone: 'Asia/Shanghai', settings: { reach: { cap } } } }) as unknown as Site
const homes: readonly HomeWays[] = [
  { home: 'B1-0101', ways: [['c1', 'sms']] },
  { home: 'B1-0102', ways: [['c2', 'sms']], now: true },
  { home: 'B1-0103', ways: [] },
]
const residents = (roll: () => unknown = () => ({ size: 3 })): Residents =>
  ({
    register: { roll },
    resolve: () => ({
      homes,
      informed: ['B1-0104'],
      ownerOnly: [],
      price: { messages: 2, parts: 4, cost: 40 },
    }),
  }) as unknown as Residents
const planned = (from: number) =>
  plannedPreview(
    { kind: 'water-off', work: 'x', assets: ['A'], homes: homes.map(({ home }) => home), from, to: from + HOUR },
    0,
  )

t.test('when it rings and what it costs, by the clock on the wall', async (t) => {
  const from = at(12) + 72 * HOUR
  // Sent; who waits, until when; reminders so many hours before it begins.
  for (const [wall, waiting, ringAt, reminders] of [
    [at(12), 0, null, [24, 2]],
    [at(22), 2, at(30, 30), [24, 2]],
    [at(6, 29), 2, at(6, 30), [24, 2]],
    [at(6, 30), 0, null, [24, 2]],
    [from - 3 * HOUR, 0, null, [2]],
  ] as const)
    t.match(
      outlookOf(site(100), residents(), planned(from), { open: [], wall }),
      {
        told: 3,
        informed: 1,
        noContact: 1,
        messages: 2,
        parts: 4,
        yuan: 0.4,
        isOverCap: false,
        waiting,
        ringAt,
        remindAt: reminders.map((hours) => from - hours * HOUR),
      },
      new Date(wall).toISOString(),
    )
  t.match(outlookOf(site(39), residents(), planned(from), { open: [], wall: at(12) }), { isOverCap: true })
})

t.test('nobody is told home by home where nobody is known, can be read, or can be written to', async (t) => {
  const wall = at(23)
  const locked = () => {
    throw new Fault('private_key_missing')
  }
  for (const [own, who] of [
    [site(100, [{ id: 'board', type: 'screen' }]), residents()],
    [site(100), residents(() => ({ size: 0 }))],
    [site(100), residents(locked)],
  ] as const)
    t.match(outlookOf(own, who, planned(at(12) + 72 * HOUR), { open: [], wall }), { told: null, yuan: 0, ringAt: null })
})
