import { type Command, refuse, type Refusal } from '../command.ts'
import type { Draft, Event, EventOf } from '../event.ts'
import type { Plan } from '../plan.ts'
import type { Context, Json, Stage, Tick } from '../stage.ts'
import { QuietHours } from '../quiet-hours.ts'
import { type HomeLedger, isBeginning, isHeard, isLast, type NoticeLedger, phaseOf, ReachBook } from './book.ts'
import type { Action, Line, ReachPhase, ReachTask, TaskWhy, Way } from './events.ts'
import { REACH_SETTINGS } from './settings.ts'
import { byEntrance, changedSheets, doneBy, freshSheets, lastSheets, openSheets } from './sheets.ts'

/** The outbox gives up after a day; after so long an unsettled line says nothing any more. */
const CLOSED_AFTER_MS = 48 * 3_600_000
/** Nobody hangs up a sheet for what was over a week ago: an errand that nobody did ends with its notice's ledger. */
const ERRANDS_END_AFTER_MS = 7 * 24 * 3_600_000
type Wanted = Readonly<{ home: HomeLedger; kind: Action; why: TaskWhy }>

/**
 * Whom a notice reached: one message after the other until a home has heard, then somebody who goes there. Whoever
 * heard of the beginning hears of the end, by what reached them; whoever did not is left in peace.
 */
export function reachStage(plan: Pick<Plan, 'staff' | 'settings' | 'timeZone' | 'entrances'>): Stage {
  const settings = { ...REACH_SETTINGS, ...plan.settings.reach }
  const quiet = new QuietHours(plan.timeZone, settings)
  const book = new ReachBook()

  function onAddress(command: Extract<Command, { type: 'notice.address' }>, at: number): readonly Draft[] | Refusal {
    const { notice, phase, cause, homes, informed, informedHomes, cost } = command
    const ledger = book.get(notice)
    if (!ledger) return refuse('unknown_notice', { notice })
    if (isOver(ledger)) return refuse('wrong_state', { state: 'all_clear', command: 'address' })
    if (ledger.causes.includes(cause)) return []
    const wall = book.wallAt(at)
    const isHeld = homes.some(({ now }) => !now) && quiet.isQuiet(wall)
    const heldUntil = isHeld ? book.siteAt(quiet.morningAfter(wall)) : null
    const isOverCap = cost > settings.cap
    const { trace } = ledger
    const known = informedHomes === undefined ? {} : { informedHomes }
    const said = { notice, phase, cause, homes, informed, ...known, cost, heldUntil, isOverCap, trace }
    return [{ type: 'notice.addressed', ...said }]
  }

  /** First messages and errands to whom nothing keeps from them any more. */
  function begin(ledger: NoticeLedger, homes: Iterable<HomeLedger>, phase: ReachPhase, seq: number): readonly Draft[] {
    const free = [...homes].filter(({ isNow }) => isNow || ledger.heldUntil === null)
    const lines = free.flatMap(({ home, ways: [way], tried }) =>
      way && tried === 0 && !ledger.isOverCap ? [lineTo(home, way)] : [],
    )
    const tasks = free.flatMap((home): Wanted[] => {
      if (home.isTasked || home.isTold) return []
      if (home.action) return [{ home, kind: home.action, why: 'tagged' }]
      return home.ways.length === 0 ? [{ home, kind: 'door', why: 'no_contact' }] : []
    })
    return [...queued(ledger, phase, lines), ...opened(ledger, phase, tasks, seq)]
  }

  function waitingOf(ledger: NoticeLedger): HomeLedger[] {
    return ledger.waiting.flatMap((home) => ledger.homes.get(home) ?? [])
  }

  function onAddressed(event: EventOf<'notice.addressed'>, seq: number): readonly Draft[] {
    const { notice, phase, homes, informedHomes: informed = [] } = event
    const ledger = book.get(notice)
    if (!ledger) return []
    const known = homes.flatMap(({ home }) => ledger.homes.get(home) ?? [])
    const sheets = freshSheets(ledger, { told: homes.map(({ home }) => home), informed }, plan.entrances ?? [])
    return [...begin(ledger, known, phase, seq), ...hung(ledger, phase, sheets, seq)]
  }

  function onFree({ notice }: { notice: string }, seq: number): readonly Draft[] {
    const ledger = book.get(notice)
    return ledger ? begin(ledger, waitingOf(ledger), 'published', seq) : []
  }

  function onSettled({ message, result, next }: EventOf<'message.settled'>, seq: number): readonly Draft[] {
    const known = book.line(message)
    if (!known || next !== undefined || result === 'cancelled') return []
    const { ledger, line, home } = known
    if (result === 'failed') return onFailed(ledger, home, line.phase, seq)
    if (isLast(line.phase)) return []
    // A reminder that arrives after the end may be the first word of it that did.
    if (isOver(ledger) && !home.isEnded) return queued(ledger, ledger.lastPhase, [lineTo(home.home, wayOf(line))])
    if (!isBeginning(line.phase)) return []
    // It arrived after all: nobody has to go for that.
    const waiting = [...ledger.tasks, ...ledger.again.map(({ task }) => task)]
    const idle = waiting.filter(({ why, homes }) => why === 'no_answer' && homes.includes(home.home))
    return result === 'accepted' ? [] : withdrawn(ledger, idle)
  }

  /** Another channel of this contact, another contact, and in the end a person. */
  function onFailed(ledger: NoticeLedger, home: HomeLedger, phase: ReachPhase, seq: number): readonly Draft[] {
    if (isLast(phase)) {
      const used = home.lines.filter((line) => isLast(line.phase)).map(wayOf)
      const next = home.ways.find((way) => !used.some((one) => isSame(one, way)))
      if (next) return queued(ledger, phase, [lineTo(home.home, next)])
      return opened(ledger, phase, [{ home, kind: home.action ?? 'call', why: 'no_answer' }], seq)
    }
    if (!isBeginning(phase) || isOver(ledger) || home.lines.some(isHeard) || isUnderWay(home)) return []
    const next = home.ways[home.tried]
    if (next) return queued(ledger, phase, [lineTo(home.home, next)])
    return home.isTasked ? [] : opened(ledger, phase, [{ home, kind: 'door', why: 'no_answer' }], seq)
  }

  /** Words to those who heard the beginning; at night only to homes that have to act. */
  function said(ledger: NoticeLedger, phase: ReachPhase, homes: Iterable<HomeLedger>, at: number): readonly Draft[] {
    const wall = book.wallAt(at)
    const heard = [...homes].flatMap((home) => {
      const way = heardBy(home)
      return way ? [{ isNow: home.isNow, line: lineTo(home.home, way) }] : []
    })
    if (!quiet.isQuiet(wall))
      return queued(
        ledger,
        phase,
        heard.map(({ line }) => line),
      )
    const [now, later] = [heard.filter(({ isNow }) => isNow), heard.filter(({ isNow }) => !isNow)]
    const notBefore = book.siteAt(quiet.morningAfter(wall))
    return [
      ...queued(
        ledger,
        phase,
        now.map(({ line }) => line),
      ),
      ...queued(
        ledger,
        phase,
        later.map(({ line }) => line),
      ).map((draft) => ({ ...draft, notBefore })),
    ]
  }

  function onEnd({ notice }: { notice: string }, seq: number, at: number): readonly Draft[] {
    const ledger = book.get(notice)
    if (!ledger) return []
    const homes = [...ledger.homes.values()].filter(({ isEnded }) => !isEnded)
    const atDoor = homes.filter((home) => home.isTold && !heardBy(home))
    const calls = atDoor.filter(({ action }) => action !== null)
    const doors = atDoor.filter(({ action }) => action === null).map(({ home }) => home)
    const wanted = [
      ...calls.map(({ home }) => ({ kind: 'call', why: 'end_at_door', homes: [home] }) as const),
      ...lastSheets(ledger, byEntrance(doors, plan.entrances ?? [])),
    ]
    const tasks = wanted.map((task, i) => taskOf(seq, i, task))
    const { trace } = ledger
    return [
      ...withdrawn(
        ledger,
        ledger.tasks.filter(({ phase }) => !isLast(phase)),
      ),
      ...said(ledger, ledger.lastPhase, homes, at),
      ...(tasks.length > 0
        ? [{ type: 'reach.tasks_opened', notice, phase: ledger.lastPhase, tasks, trace } satisfies Draft]
        : []),
    ]
  }

  function onBetween({ notice }: { notice: string }, phase: ReachPhase, { at, seq }: Context): readonly Draft[] {
    const ledger = book.get(notice)
    if (!ledger || isOver(ledger)) return []
    const words = said(ledger, phase, ledger.homes.values(), at)
    if (phase !== 'rescheduled') return words
    return [...words, ...withdrawn(ledger, openSheets(ledger)), ...hung(ledger, phase, changedSheets(ledger), seq)]
  }

  function onTick(at: number, seq: number): readonly Draft[] {
    const ledgers = [...book.all()]
    const begun = ledgers
      .filter((ledger) => at >= stepAt(ledger))
      .flatMap((ledger): readonly Draft[] => {
        const { notice, overAt, trace } = ledger
        if (ledger.isClosed) return withdrawn(ledger, [...ledger.tasks, ...ledger.again.map(({ task }) => task)])
        return [{ type: overAt === null ? 'reach.released' : 'reach.closed', notice, trace }]
      })
    let place = 0
    return [
      ...begun,
      ...ledgers
        .filter((ledger) => !ledger.isClosed || at < stepAt(ledger))
        .flatMap((ledger) => triedAgain(ledger, at, () => `D${seq}-${place++}`)),
    ]
  }

  /** Nobody was there; somebody goes, or rings, again. */
  function triedAgain({ notice, again, trace }: NoticeLedger, at: number, nextId: () => string): readonly Draft[] {
    const due = again.filter(({ dueAt }) => at >= dueAt).map(({ task }) => task)
    return [...Map.groupBy(due, ({ phase }) => phase)].map(([phase, known]): Draft => {
      const tasks = known.map(({ phase: _, task, attempt = 1, ...rest }): ReachTask => ({
        ...rest,
        task: nextId(),
        after: task,
        attempt: attempt + 1,
      }))
      return { type: 'reach.tasks_opened', notice, phase, tasks, trace }
    })
  }

  /** When somebody tries again; undefined when nobody does: it is a sheet, it is over, or enough. Doors and telephones rest at night. */
  function againAt({ overAt }: NoticeLedger, task: ReachTask & { phase: ReachPhase }, at: number): number | undefined {
    const isEnough = (task.attempt ?? 1) >= settings.errandTries
    if (task.kind === 'sheet' || isEnough || (overAt !== null && !isLast(task.phase))) return undefined
    const wall = book.wallAt(at + settings.errandAgainMs)
    return book.siteAt(quiet.isQuiet(wall) ? quiet.morningAfter(wall) : wall)
  }

  function isStaff(by: string): boolean {
    return plan.staff.some(({ id }) => id === by)
  }

  function onApprove({
    notice,
    by,
    actor,
  }: Extract<Command, { type: 'notice.approve_cost' }>): readonly Draft[] | Refusal {
    const ledger = book.get(notice)
    if (!ledger) return refuse('unknown_notice', { notice })
    if (!isStaff(by)) return refuse('unknown_person', { person: by })
    if (!ledger.isOverCap) return refuse('wrong_state', { state: 'within_cap', command: 'approve_cost' })
    // Another name is not another person: the account says who it is.
    if (ledger.publishedBy === by || ledger.publisher === actor) return refuse('other_person_needed', { person: by })
    return [{ type: 'reach.cost_approved', notice, by, trace: ledger.trace }]
  }

  function onFinish(command: Extract<Command, { type: 'reach.finish_task' }>, at: number): readonly Draft[] | Refusal {
    const { task, by, result } = command
    const known = book.ofTask(task)
    if (!known) return refuse('unknown_task', { task })
    if (!isStaff(by)) return refuse('unknown_person', { person: by })
    const { notice, trace } = known.ledger
    const again = result === 'not_met' ? againAt(known.ledger, known.task, at) : undefined
    const more = again === undefined ? {} : { againAt: again }
    return [{ type: 'reach.task_done', notice, task, by, result, ...more, trace }]
  }

  /** Only while the notice runs, and once: more than that is nobody's business. */
  function onOpen({ notice, home }: Extract<Command, { type: 'reach.open' }>): readonly Draft[] {
    const ledger = book.get(notice)
    if (!ledger || ledger.opened.includes(home)) return []
    return [{ type: 'reach.opened', notice, home, trace: ledger.trace }]
  }

  function onCommand(command: Command, at: number): readonly Draft[] | Refusal {
    switch (command.type) {
      case 'notice.address':
        return onAddress(command, at)
      case 'notice.approve_cost':
        return onApprove(command)
      case 'reach.finish_task':
        return onFinish(command, at)
      case 'reach.open':
        return onOpen(command)
      case 'reach.correct': {
        const { notice, home, isReached, since, by } = command
        return [{ type: 'reach.corrected', notice, home, isReached, since, by, trace: notice }]
      }
      default:
        return []
    }
  }

  return {
    name: 'reach',
    version: 4,
    decide(input: Event | Command | Tick, context: Context) {
      const { at, seq } = context
      if (input.type === 'tick') return onTick(at, seq)
      if ('id' in input && 'actor' in input && !('seq' in input)) return onCommand(input, at)
      const phase = 'notice' in input ? phaseOf(input) : null
      if ('notice' in input && phase !== null) {
        if (isLast(phase)) return onEnd(input, seq, at)
        return isBeginning(phase) ? [] : onBetween(input, phase, context)
      }
      switch (input.type) {
        case 'notice.addressed':
          return onAddressed(input, seq)
        case 'reach.released':
        case 'reach.cost_approved':
          return onFree(input, seq)
        case 'message.settled':
          return onSettled(input, seq)
        default:
          return []
      }
    },
    apply: (event) => book.apply(event),
    due() {
      const due = Math.min(...[...book.all()].map(dueOf))
      return due === Infinity ? null : due
    },
    snapshot: () => book.snapshot() as unknown as Json,
    restore: (state) => book.restore(state as unknown as ReturnType<ReachBook['snapshot']>),
  }
}

function isOver({ overAt }: NoticeLedger): boolean {
  return overAt !== null
}

function dueOf(ledger: NoticeLedger): number {
  return Math.min(stepAt(ledger), ...ledger.again.map(({ dueAt }) => dueAt))
}

function stepAt({ heldUntil, overAt, isClosed }: NoticeLedger): number {
  // A ledger that is closed is still kept for its errands alone.
  if (isClosed) return (overAt ?? 0) + ERRANDS_END_AFTER_MS
  return overAt === null ? (heldUntil ?? Infinity) : overAt + CLOSED_AFTER_MS
}

function lineTo(home: string, [contact, channel]: Way): Line {
  return { home, contact, channel }
}

function wayOf({ contact, channel }: Line): Way {
  return [contact, channel]
}

function isSame(one: Way, other: Way): boolean {
  return one[0] === other[0] && one[1] === other[1]
}

/** What reached the home: seen to arrive before only sent, the latest first. */
function heardBy({ lines }: HomeLedger): Way | null {
  const heard = lines.filter(isHeard)
  const line = heard.findLast(({ state }) => state === 'delivered') ?? heard.at(-1)
  return line ? wayOf(line) : null
}

function isUnderWay({ lines }: HomeLedger): boolean {
  return lines.some(({ phase, state }) => isBeginning(phase) && state === 'queued')
}

function queued({ notice, trace }: NoticeLedger, phase: ReachPhase, lines: readonly Line[]): readonly Draft[] {
  return lines.length > 0 ? [{ type: 'reach.queued', notice, phase, lines, trace }] : []
}

function withdrawn({ notice, trace }: NoticeLedger, tasks: readonly ReachTask[]): readonly Draft[] {
  if (tasks.length === 0) return []
  return [{ type: 'reach.tasks_withdrawn', notice, tasks: tasks.map(({ task }) => task), trace }]
}

function opened(ledger: NoticeLedger, phase: ReachPhase, wanted: readonly Wanted[], seq: number): readonly Draft[] {
  if (wanted.length === 0) return []
  const { notice, trace } = ledger
  const dueAt = doneBy(ledger)
  const due = dueAt === undefined || isLast(phase) ? {} : { dueAt }
  const tasks = wanted.map(({ home, kind, why }, i) => taskOf(seq, i, { kind, why, homes: [home.home], ...due }))
  return [{ type: 'reach.tasks_opened', notice, phase, tasks, trace }]
}

/** Sheets are counted apart: what was decided for homes at the same moment has the other numbers. */
function hung(
  { notice, trace }: NoticeLedger,
  phase: ReachPhase,
  sheets: readonly Omit<ReachTask, 'task'>[],
  seq: number,
): readonly Draft[] {
  if (sheets.length === 0) return []
  const tasks = sheets.map((sheet, i): ReachTask => ({ task: `D${seq}-s${i}`, ...sheet }))
  return [{ type: 'reach.tasks_opened', notice, phase, tasks, trace }]
}

function taskOf(seq: number, i: number, task: Omit<ReachTask, 'task'>): ReachTask {
  return { task: `D${seq}-${i}`, ...task }
}
