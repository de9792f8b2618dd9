import { coreOf } from '#rules/core.ts'
import type { Command, CommandBody, Refusal } from '#rules/command.ts'
import type { Event, EventOf } from '#rules/event.ts'
import type { Flow } from '#rules/flow.ts'
import type { Asset, Plan, Rule } from '#rules/plan.ts'
import type { MessageResult } from '#rules/notices/events.ts'
import { phaseOf } from '#rules/reach/book.ts'
import type { HomeWays } from '#rules/reach/events.ts'

export const S = 1_000
export const HOUR = 3_600_000
const asset = (id: string, homes: string[]): [string, Asset] => [
  id,
  { id, name: id, kind: 'pump-set', room: id, region: 'north', homes },
]
const rule = (id: string): Rule => ({
  id: `${id}/hi`,
  device: id,
  asset: id,
  name: id,
  watch: { kind: 'limit', point: 'v', side: 'hi', limit: 10, deadband: 0 },
  onDelayMs: 0,
  offDelayMs: 0,
  latch: false,
  safety: false,
  priority: 'high',
  class: 'P1',
  skill: 'water',
  notice: 'water-off',
  closesItself: false,
  validityMs: 1e12,
})
const always = [{ from: 0, to: 1_440 }]
/** Noon of the site, so that telephones may ring; `NIGHT` is 23:00. */
export const NOON = Date.UTC(2026, 11, 8, 4)
export const NIGHT = NOON + 11 * HOUR

export const plan: Plan = {
  site: 'x',
  timeZone: 'Asia/Shanghai',
  rules: [rule('A'), rule('B')],
  assets: new Map([
    asset('A', ['B1-0101', 'B1-0102', 'B1-0201', 'B1-0202']),
    asset('B', ['B1-0201', 'B1-0301', 'B1-0302']),
  ]),
  entrances: [{ id: 'B1', name: 'B1', building: 'B1', numbers: [1, 2] }],
  staff: [
    { id: 'T1', role: 'technician', regions: ['north'], skills: ['water'], duty: always },
    { id: 'S1', role: 'steward', regions: ['north'], skills: [], duty: always },
    { id: 'PM', role: 'manager', regions: ['north'], skills: [], duty: always },
  ],
  fallback: 'PM',
  channels: ['screen', 'sms', 'mail'],
  settings: {
    incidentWindowMs: 600 * S,
    publishAfterMs: 100 * S,
    publishConfirmedAfterMs: 50 * S,
    allClearHoldMs: 60 * S,
    acceptWithinMs: 86_400 * S,
  },
}

/** Whom the reader would find: two contacts, one, none; with and without somebody for whom a message is not enough. */
export const WAYS: Readonly<Record<string, Omit<HomeWays, 'home'>>> = {
  'B1-0101': {
    ways: [
      ['c1', 'sms'],
      ['c1', 'mail'],
      ['c2', 'sms'],
    ],
  },
  'B1-0102': { ways: [['c3', 'sms']] },
  'B1-0201': { ways: [] },
  'B1-0202': { ways: [['c4', 'sms']], action: 'door' },
  'B1-0301': {
    ways: [
      ['c5', 'sms'],
      ['c5', 'mail'],
    ],
    now: true,
  },
  'B1-0302': { ways: [], action: 'call' },
}

/** A core that is told values, commands and what became of messages; a reader that addresses; restarts from its events. */
export function reachSite(start = NOON, own: Plan = plan) {
  let flow: Flow = coreOf(own)
  let [at, wallOffsetMs, batches, commands] = [start, 0, 0, 0]
  const events: Event[] = []
  const take = (more: readonly Event[]) => {
    events.push(...more)
    return more
  }
  take(
    flow.record(
      { type: 'gateway.started', epoch: 'e', after: null, blindFrom: null, wallOffsetMs: 0, trace: 'G1' },
      at,
    ),
  )
  const of = <T extends Event['type']>(type: T) =>
    events.filter((event) => event.type === type) as unknown as EventOf<T>[]
  const site = {
    events,
    of,
    now: () => at,
    wall: () => at + wallOffsetMs,
    stage: (name: string) => flow.snapshot().stages[name]!.state as unknown as { notices: unknown[] },
    /** At the account of whoever it names, unless another one is said. */
    does(body: CommandBody, actor = 'by' in body ? body.by : 'test'): Refusal | null {
      const answer = flow.command({ ...body, id: `c${++commands}`, actor } as Command, at)
      take(answer.events)
      return answer.refusal
    },
    says(device: string, value: number) {
      const readings = [{ device, point: 'v', value, quality: 'good', at } as const]
      take(flow.judge({ source: 's', receivedAt: at, readings }, ++batches))
    },
    /** Somebody sets the clock on the wall. */
    steps(byMs: number) {
      wallOffsetMs += byMs
      take(flow.record({ type: 'clock.stepped', byMs, trace: 'clock' }, at))
    },
    wait(ms: number) {
      at += ms
      take(flow.advance(at))
    },
    /** What the reader does after each event that begins something for homes. */
    address(cost = 0, ways = WAYS) {
      const known = new Set(of('notice.addressed').map(({ cause }) => cause))
      const scheduled = [...of('notice.scheduled'), ...of('notice.merged')]
      for (const event of [...of('notice.published'), ...of('notice.extended'), ...scheduled]) {
        if (known.has(event.seq)) continue
        const homes = event.homes.flatMap((home) => (ways[home] ? [{ home, ...ways[home] }] : []))
        const informedHomes = event.homes.filter((home) => !ways[home])
        const informed = informedHomes.length
        const phase = event.type === 'notice.merged' ? 'scheduled' : phaseOf(event)!
        const about = { phase, cause: event.seq, homes, informed, informedHomes, cost }
        site.does({ type: 'notice.address', notice: event.notice, ...about })
      }
    },
    /** Every line that was queued and not settled yet. */
    open() {
      const settled = new Set(
        of('message.settled').map(({ message, result }) => (result === 'accepted' ? '' : message)),
      )
      return lines().filter(({ id }) => !settled.has(id))
    },
    lines,
    tasks() {
      const gone = new Set([
        ...of('reach.task_done').map(({ task }) => task),
        ...of('reach.tasks_withdrawn').flatMap(({ tasks }) => tasks),
      ])
      return of('reach.tasks_opened').flatMap(({ tasks }) => tasks.filter(({ task }) => !gone.has(task)))
    },
    /** `next`: the outbox takes it to another channel. */
    settle(message: string, result: MessageResult, next?: string) {
      const [notice = ''] = message.split('-')
      const settled = { type: 'message.settle', notice, trace: notice, message, channel: 'sms', result } as const
      site.does({ ...settled, ...(next === undefined ? {} : { next }) })
    },
    /** Ends, and comes back from all its events, or from a snapshot. */
    restart(from: 'events' | 'snapshot') {
      const next = coreOf(own)
      const kept = flow.snapshot()
      if (from === 'snapshot') next.restore(JSON.parse(JSON.stringify(kept)) as typeof kept)
      else for (const event of events) next.apply(event)
      // What a detector remembers comes from the log of readings.
      next.recall(flow.keyframe())
      flow = next
      const isSame = from === 'snapshot' || JSON.stringify(kept.stages) === JSON.stringify(next.snapshot().stages)
      return { isSame }
    },
  }
  function lines() {
    const queued = of('reach.queued').flatMap(({ notice, seq, phase, lines: own }) =>
      own.map((line, i) => ({ ...line, id: `${notice}-${seq}-${i}`, notice, phase, seq })),
    )
    for (const { message, next, notice, seq } of of('message.settled')) {
      const line = next === undefined ? undefined : queued.find(({ id }) => id === message)
      if (line) queued.push({ ...line, id: `${notice}-${seq}-${next}`, channel: next!, seq })
    }
    return queued
  }
  return site
}
