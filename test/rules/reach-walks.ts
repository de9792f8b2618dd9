import type { Event } from '#rules/event.ts'
import { isBeginning, isLast } from '#rules/reach/book.ts'
import { dice } from '#test/sim/random.ts'
import { HOUR, NIGHT, NOON, reachSite, S, WAYS } from './reach-site.ts'

const STEPS = [
  'fault',
  'fault',
  'mend',
  'mend',
  'confirm',
  'address',
  'address',
  'settle',
  'settle',
  'settle',
  'settle',
  'task',
  'wait',
  'wait',
  'hours',
  'shelve',
  'end',
  'approve',
  'reject',
  'cancel',
  'false',
  'plan',
  'drop',
  'move',
  'reroute',
  'step',
  'restart',
  'replay',
] as const
const LENGTH = 44

export type Walked = Readonly<{ wrong: string | null; ended: number; told: number; events: readonly Event[] }>

/**
 * One random history of outages and planned work, and everything that may go wrong with telling of them: providers that
 * fail, other roads, late reports, people who are not met, restarts, nights, clocks that are set, shelved alarms, drafts
 * that are rejected, orders that are cancelled or false alarms, work that is called off. Then it calms down, and whoever was told the
 * beginning must have been told the end, by what reached them; nobody else.
 */
export function reachWalk(seed: number): Walked {
  const chance = dice(seed)
  const site = reachSite(chance.chance(0.3) ? NIGHT : NOON)
  const wrong: string[] = []
  const settleOne = () => {
    const line = site.open()[0]
    if (!line) return
    const isOver = endsOf(site).has(line.notice)
    // The outbox sends no beginning of what is over.
    const isNew = !site.of('message.settled').some(({ message }) => message === line.id)
    const isCancelled = isOver && isNew && !isLast(line.phase) && chance.chance(0.3)
    const result = isCancelled
      ? 'cancelled'
      : chance.pick(['accepted', 'delivered', 'delivered', 'failed', 'failed'] as const)
    site.settle(line.id, result)
  }
  const step: Record<(typeof STEPS)[number], () => void> = {
    fault: () => site.says(chance.pick(['A', 'B']), 20),
    mend: () => site.says(chance.pick(['A', 'B']), 1),
    confirm: () => {
      const [notice] = site.of('notice.drafted').slice(-1)
      if (notice) site.does({ type: 'notice.confirm', notice: notice.notice, by: 'S1' })
    },
    address: () => site.address(chance.chance(0.2) ? 50_000 : 0, chance.chance(0.5) ? WAYS : someWays),
    settle: settleOne,
    task: () => {
      const open = site.tasks()
      const task = open.length > 0 ? chance.pick(open) : null
      if (task)
        site.does({ type: 'reach.finish_task', task: task.task, by: 'T1', result: chance.pick(['told', 'not_met']) })
    },
    wait: () => site.wait(chance.between(1, 120) * S),
    hours: () => site.wait(chance.between(1, 9) * HOUR),
    shelve: () => {
      const [alarm] = site.of('alarm.raised').slice(-1)
      if (alarm)
        site.does({ type: 'alarm.shelve', alarm: alarm.alarm, by: 'PM', reason: 'x', forMs: HOUR, oneShot: false })
    },
    end: () => {
      const [notice] = site.of('notice.published').slice(-1)
      if (notice) site.does({ type: 'notice.end', notice: notice.notice, by: 'PM' })
    },
    approve: () => {
      const [notice] = site.of('notice.published').slice(-1)
      if (notice) site.does({ type: 'notice.approve_cost', notice: notice.notice, by: 'PM' })
    },
    reject: () => {
      const [notice] = site.of('notice.drafted').slice(-1)
      if (notice) site.does({ type: 'notice.reject', notice: notice.notice, by: 'S1', reason: 'x' })
    },
    cancel: () => {
      const [order] = site.of('order.opened').slice(-1)
      if (order) site.does({ type: 'order.cancel', order: order.order, by: 'PM', reason: 'x' })
    },
    false: () => {
      const [opened] = site.of('order.opened').slice(-1)
      if (!opened) return
      const { order } = opened
      site.does({ type: 'order.find_false', order, by: 'T1', proof: 'camera', reason: 'x' })
      site.does({ type: 'order.approve_false', order, by: 'PM' })
    },
    plan: () => {
      const from = site.wall() + chance.between(1, 30) * HOUR
      const times = { from, to: from + 2 * HOUR }
      const said = { by: 'S1', second: 'PM', reason: 'x' }
      const assets = [chance.pick(['A', 'B'])]
      site.does({ type: 'notice.plan', kind: 'water-off', work: 'tank', assets, rules: [], ...times, ...said })
    },
    drop: () => {
      const [planned] = site.of('notice.scheduled').slice(-1)
      if (planned) site.does({ type: 'notice.cancel', notice: planned.notice, by: 'S1', reason: 'x' })
    },
    move: () => {
      const [planned] = site.of('notice.scheduled').slice(-1)
      const from = site.wall() + chance.between(1, 60) * HOUR
      const said = { by: 'S1', second: 'PM', reason: 'x' }
      if (planned) site.does({ type: 'notice.reschedule', notice: planned.notice, from, to: from + HOUR, ...said })
    },
    reroute: () => {
      const [line] = site.open()
      if (line && line.channel !== 'mail') site.settle(line.id, 'failed', 'mail')
    },
    step: () => site.steps(chance.pick([-5, -1, 1, 5]) * HOUR),
    restart: () => void site.restart('snapshot'),
    replay: () => {
      if (!site.restart('events').isSame) wrong.push('replay gives another state')
    },
  }
  for (let i = 0; i < LENGTH; i++) step[chance.pick(STEPS)]()
  // It calms down: all mended, all settled, all errands done, until nothing moves any more.
  for (let round = 0; round < 40; round++) {
    site.says('A', 1)
    site.says('B', 1)
    for (const { notice } of site.of('notice.scheduled')) {
      site.does({ type: 'notice.cancel', notice, by: 'S1', reason: 'calm' })
      site.does({ type: 'notice.end', notice, by: 'S1' })
    }
    if (chance.chance(0.8)) site.address()
    for (let i = 0; i < 30 && site.open().length > 0; i++)
      site.settle(site.open()[0]!.id, chance.pick(['delivered', 'failed']))
    for (const { task } of site.tasks()) site.does({ type: 'reach.finish_task', task, by: 'T1', result: 'told' })
    site.wait(HOUR)
    if (round > 8 && (site.stage('reach') as { notices: unknown[] }).notices.length === 0) break
  }
  wrong.push(...violations(site))
  return {
    wrong: wrong[0] ?? null,
    ended: endsOf(site).size,
    told: site.lines().length,
    events: site.events,
  }
}

/** These two are only informed: what they lose has a stand-in. */
const { 'B1-0102': _, 'B1-0302': __, ...someWays } = WAYS

type Site = ReturnType<typeof reachSite>

/** Notices that came to their end. */
function endsOf(site: Site): ReadonlySet<string> {
  const ends = [...site.of('notice.all_clear'), ...site.of('notice.completed'), ...site.of('notice.cancelled')]
  return new Set(ends.map(({ notice }) => notice))
}

function violations(site: Site): string[] {
  const wrong: string[] = []
  const settled = Map.groupBy(site.of('message.settled'), ({ message }) => message)
  const wasHeard = (id: string) =>
    settled.get(id)?.some(({ result }) => result === 'accepted' || result === 'delivered') ?? false
  const isHeard = (id: string) => wasHeard(id) && settled.get(id)!.at(-1)!.result !== 'failed'
  const told = new Set(site.of('reach.task_done').flatMap(({ task, result }) => (result === 'told' ? [task] : [])))
  wrong.push(...wrongSheets(site, told))
  const left = (site.stage('reach') as { notices: unknown[] }).notices.length
  if (left > 0) wrong.push(`${left} ledgers never end`)
  const ends = endsOf(site)
  for (const { notice } of [...site.of('notice.published'), ...site.of('notice.scheduled')]) {
    if (!ends.has(notice)) wrong.push(`${notice} never ends`)
    const lines = site.lines().filter((line) => line.notice === notice)
    const tasks = site.of('reach.tasks_opened').filter((event) => event.notice === notice)
    const homes = new Set([
      ...lines.map(({ home }) => home),
      ...tasks.flatMap((event) => event.tasks.flatMap((task) => task.homes)),
    ])
    for (const home of homes) {
      const begun = lines.filter((line) => line.home === home && !isLast(line.phase))
      const ended = lines.filter((line) => line.home === home && isLast(line.phase))
      const errands = (isEnd: boolean) =>
        tasks
          .filter(({ phase }) => isLast(phase) === isEnd)
          .flatMap((event) => event.tasks.filter((task) => task.homes.includes(home)))
      const atDoor = errands(false).some(({ task }) => told.has(task))
      const isTold = begun.some(({ id }) => isHeard(id)) || atDoor
      const wasTold = begun.some(({ id }) => wasHeard(id)) || atDoor
      const isEnded = ended.length > 0 || errands(true).length > 0
      if (isTold && !isEnded) wrong.push(`${home} of ${notice} was told the beginning and not the end`)
      if (!wasTold && isEnded) wrong.push(`${home} of ${notice} was told the end of what it never heard of`)
      const [first] = ended
      if (
        first &&
        !begun.some((line) => line.contact === first.contact && line.channel === first.channel && wasHeard(line.id))
      )
        wrong.push(`${home} of ${notice} hears the end by what never reached it`)
      if (isTold && ended.length > 0 && ended.every(({ id }) => !wasHeard(id)) && errands(true).length === 0)
        wrong.push(`the end never arrived at ${home} of ${notice}, and nobody went`)
      const standing = begun.filter(
        ({ id, phase }) => isBeginning(phase) && !settled.get(id)?.some(({ result }) => result === 'failed'),
      )
      if (standing.length > 1) wrong.push(`${home} of ${notice} was told twice`)
    }
  }
  return wrong
}

/** Where the sheet of a beginning hangs, that of the end is asked for, once; and at no entrance two are open. */
function wrongSheets(site: Site, told: ReadonlySet<string>): string[] {
  const opened = site.of('reach.tasks_opened')
  const sheetsOf = (notice: string, isEnd: boolean) =>
    opened
      .filter((event) => event.notice === notice && isLast(event.phase) === isEnd)
      .flatMap(({ tasks }) => tasks.filter(({ kind }) => kind === 'sheet'))
  return [...endsOf(site)].flatMap((notice) => {
    const hung = new Set(sheetsOf(notice, false).flatMap(({ task, entrance }) => (told.has(task) ? [entrance] : [])))
    const ends = sheetsOf(notice, true).map(({ entrance }) => entrance)
    const missing = [...hung].filter((entrance) => !ends.includes(entrance))
    return [
      ...missing.map((entrance) => `the sheet of ${notice} at ${entrance} has no end`),
      ...(new Set(ends).size < ends.length ? [`two sheets end ${notice} at one entrance`] : []),
    ]
  })
}
