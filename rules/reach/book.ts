import type { Event, EventOf } from '../event.ts'
import type { MessageResult } from '../notices/events.ts'
import { type Action, type HomeWays, type Line, PHASES, type ReachPhase, type ReachTask, type Way } from './events.ts'

/** `accepted`: with the provider, and perhaps read. `cancelled`: it was over before it was sent. */
export type LineState = 'queued' | MessageResult
export type OpenLine = { -readonly [K in keyof Line]: Line[K] } & {
  id: string
  readonly phase: ReachPhase
  state: LineState
}

/** A sheet that hangs at an entrance, for these homes. */
export type Sheet = Readonly<{ entrance: string; homes: readonly string[] }>
/** What one home knows of a notice. */
export type HomeLedger = {
  readonly home: string
  readonly ways: readonly Way[]
  readonly action: Action | null
  readonly isNow: boolean
  /** Ways already tried, of the beginning. */
  tried: number
  /** Somebody was asked to go or to ring up. */
  isTasked: boolean
  /** Told in person. */
  isTold: boolean
  /** The end went out, or is somebody's task. */
  isEnded: boolean
  lines: OpenLine[]
}
type OpenTask = ReachTask & { readonly phase: ReachPhase }
/** Nobody was there; then somebody tries again. */
export type Again = Readonly<{ task: OpenTask; dueAt: number }>

export type NoticeLedger = {
  readonly notice: string
  trace: string
  publishedBy: string
  /** The account behind that name; null where nobody did it. */
  publisher: string | null
  /** When the last word of the notice came. */
  overAt: number | null
  /** Which one that was. */
  lastPhase: ReachPhase
  /** So long after that nothing is waited for any more. */
  isClosed: boolean
  causes: number[]
  homes: Map<string, HomeLedger>
  /** Homes whose first message waits. */
  waiting: string[]
  heldUntil: number | null
  isOverCap: boolean
  tasks: OpenTask[]
  again: Again[]
  /** Homes whose page was opened. */
  opened: string[]
  /** When planned work begins, of the calendar; null for an outage. */
  plannedFrom: number | null
  /** What hangs at entrances of what begins. */
  sheets: Sheet[]
}

type Stored = Readonly<{
  notices: readonly (Omit<NoticeLedger, 'homes'> & { readonly homes: readonly HomeLedger[] })[]
  wallOffsetMs: number
}>

/** What an event of a notice means for those who are told; null when they are not. */
export function phaseOf({ type }: Readonly<{ type: string }>): ReachPhase | null {
  const word = type.replace(/^notice\./, '')
  if (word === type) return null
  if (word === 'confirmed') return 'published'
  if (word === 'merged') return 'rescheduled'
  return Object.hasOwn(PHASES, word) ? (word as ReachPhase) : null
}

export function isEnd(event: Readonly<{ type: string }>): boolean {
  const phase = phaseOf(event)
  return phase !== null && PHASES[phase] === 'ends'
}

/** A notice of which residents may be told: from now on it has a ledger. */
function isFirst({ type }: Readonly<{ type: string }>): boolean {
  return type === 'notice.published' || type === 'notice.scheduled'
}

/** Ledgers of the notices that are not told to their end yet. A function of the events. */
export class ReachBook {
  readonly #ledgers = new Map<string, NoticeLedger>()
  readonly #ofLine = new Map<string, { ledger: NoticeLedger; line: OpenLine; home: HomeLedger }>()
  #wallOffsetMs = 0

  all(): IterableIterator<NoticeLedger> {
    return this.#ledgers.values()
  }

  get(notice: string): NoticeLedger | undefined {
    return this.#ledgers.get(notice)
  }

  line(id: string): { ledger: NoticeLedger; line: OpenLine; home: HomeLedger } | undefined {
    return this.#ofLine.get(id)
  }

  ofTask(id: string): { ledger: NoticeLedger; task: OpenTask } | undefined {
    for (const ledger of this.#ledgers.values()) {
      const task = ledger.tasks.find(({ task: known }) => known === id)
      if (task) return { ledger, task }
    }
    return undefined
  }

  /** What the wall clock says at this site time: the night follows the wall. */
  wallAt(at: number): number {
    return at + this.#wallOffsetMs
  }

  siteAt(wall: number): number {
    return wall - this.#wallOffsetMs
  }

  apply(event: Event): void {
    if (event.type === 'gateway.started') this.#setWall(event.wallOffsetMs)
    else if (event.type === 'clock.stepped') this.#setWall(this.#wallOffsetMs + event.byMs)
    else if ('notice' in event && isFirst(event)) this.#begin(event)
    else if ('notice' in event) {
      const ledger = this.#ledgers.get(event.notice)
      if (!ledger) return
      this.#applyTo(ledger, event)
      this.#forget(ledger)
    }
  }

  /** What waits for a morning waits for that of the wall, wherever its clock was set to. */
  #setWall(offsetMs: number): void {
    const byMs = offsetMs - this.#wallOffsetMs
    this.#wallOffsetMs = offsetMs
    for (const ledger of this.#ledgers.values()) if (ledger.heldUntil !== null) ledger.heldUntil -= byMs
  }

  #begin(event: Event & { notice: string }): void {
    const { notice, trace } = event
    const by = 'by' in event ? (event.by ?? '') : ''
    this.#ledgers.set(notice, {
      notice,
      trace,
      publishedBy: by,
      publisher: event.actor ?? null,
      overAt: null,
      lastPhase: 'all_clear',
      isClosed: false,
      causes: [],
      homes: new Map(),
      waiting: [],
      heldUntil: null,
      isOverCap: false,
      tasks: [],
      again: [],
      opened: [],
      plannedFrom: event.type === 'notice.scheduled' ? event.from : null,
      sheets: [],
    })
  }

  #applyTo(ledger: NoticeLedger, event: Extract<Event, { notice: string }>): void {
    if (isEnd(event)) {
      ledger.overAt = event.at
      ledger.lastPhase = phaseOf(event) ?? 'all_clear'
      ledger.waiting = []
      ledger.heldUntil = null
      ledger.isOverCap = false
      // What began is over: nobody has to be found for it any more.
      ledger.again = []
      return
    }
    switch (event.type) {
      case 'notice.addressed':
        return this.#address(ledger, event)
      case 'notice.confirmed':
        ledger.publishedBy = event.by
        ledger.publisher = event.actor ?? null
        return
      case 'notice.rescheduled':
      case 'notice.merged':
        ledger.plannedFrom = event.from
        return
      case 'reach.queued':
        return this.#queue(ledger, event)
      case 'reach.cost_approved':
        ledger.isOverCap = false
        return
      case 'reach.released':
        ledger.heldUntil = null
        return
      case 'reach.closed':
        ledger.isClosed = true
        ledger.again = []
        return
      case 'reach.opened':
        ledger.opened.push(event.home)
        return
      case 'message.settled':
        return this.#settle(event)
      case 'reach.tasks_opened':
        // Whoever hangs up the end takes the beginning down.
        if (isLast(event.phase)) ledger.sheets = []
        for (const task of event.tasks) {
          ledger.again = ledger.again.filter(({ task: known }) => known.task !== task.after)
          ledger.tasks.push({ ...task, phase: event.phase })
          // A sheet spares nobody a message or a visit; its end does to whom a door was all there was.
          for (const id of task.homes)
            if (task.kind !== 'sheet' || ledger.homes.get(id)?.isTold) this.#attend(ledger, id, event.phase)
        }
        return
      case 'reach.task_done': {
        const task = ledger.tasks.find((open) => open.task === event.task)
        ledger.tasks = ledger.tasks.filter((open) => open !== task)
        if (task && event.againAt !== undefined) ledger.again.push({ task, dueAt: event.againAt })
        if (task?.kind === 'sheet') return void (event.result === 'told' && this.#hang(ledger, task))
        for (const id of task?.homes ?? []) {
          const home = ledger.homes.get(id)
          if (home && event.result === 'told' && task && !isLast(task.phase)) home.isTold = true
        }
        return
      }
      case 'reach.tasks_withdrawn':
        ledger.tasks = ledger.tasks.filter(({ task }) => !event.tasks.includes(task))
        ledger.again = ledger.again.filter(({ task: { task } }) => !event.tasks.includes(task))
        return
      default:
    }
  }

  #address(ledger: NoticeLedger, event: EventOf<'notice.addressed'>): void {
    ledger.causes.push(event.cause)
    if (event.heldUntil !== null) ledger.heldUntil = event.heldUntil
    ledger.isOverCap ||= event.isOverCap
    // Of the whole notice: whoever joins one that waits, waits with it.
    const isHeld = ledger.heldUntil !== null || ledger.isOverCap
    for (const written of event.homes) {
      if (ledger.homes.has(written.home)) continue
      ledger.homes.set(written.home, homeOf(written))
      if (isHeld) ledger.waiting.push(written.home)
    }
  }

  #queue(ledger: NoticeLedger, { seq, phase, lines }: EventOf<'reach.queued'>): void {
    const queued = new Set(lines.map(({ home }) => home))
    ledger.waiting = ledger.waiting.filter((home) => !queued.has(home))
    lines.forEach((line, i) => {
      const home = ledger.homes.get(line.home)
      if (!home) return
      const open: OpenLine = { ...line, id: `${ledger.notice}-${seq}-${i}`, phase, state: 'queued' }
      home.lines.push(open)
      if (isBeginning(phase)) home.tried++
      if (isLast(phase)) home.isEnded = true
      this.#ofLine.set(open.id, { ledger, line: open, home })
    })
  }

  #attend(ledger: NoticeLedger, id: string, phase: ReachPhase): void {
    const home = ledger.homes.get(id)
    if (!home) return
    if (isLast(phase)) home.isEnded = true
    else home.isTasked = true
    if (!isLast(phase) && home.ways.length === 0) ledger.waiting = ledger.waiting.filter((waiting) => waiting !== id)
  }

  /** What hung there before is taken down. */
  #hang(ledger: NoticeLedger, { entrance, homes, phase }: OpenTask): void {
    if (entrance === undefined || isLast(phase)) return
    const others = ledger.sheets.filter((sheet) => sheet.entrance !== entrance)
    ledger.sheets = [...others, { entrance, homes }]
  }

  #settle(event: EventOf<'message.settled'>): void {
    const known = this.#ofLine.get(event.message)
    if (!known) return
    const { line, home } = known
    if (event.result === 'failed' && event.next !== undefined) return this.#reroute(known, event.next, event.seq)
    // What was seen to arrive stays so, whatever a late report says.
    if (line.state !== 'delivered') line.state = event.result
    if (isLast(line.phase) && line.state === 'failed') home.isEnded = false
  }

  /** The outbox tries another channel of its own accord: the line goes on under another id. */
  #reroute(known: { ledger: NoticeLedger; line: OpenLine; home: HomeLedger }, next: string, seq: number): void {
    const { line, ledger } = known
    this.#ofLine.delete(line.id)
    Object.assign(line, { id: `${ledger.notice}-${seq}-${next}`, channel: next, state: 'queued' })
    this.#ofLine.set(line.id, known)
  }

  /** Told to the end, nothing open: nothing more can follow from it. */
  #forget(ledger: NoticeLedger): void {
    if (ledger.overAt === null || ledger.tasks.length > 0 || ledger.again.length > 0) return
    // What hangs has no end yet.
    if (ledger.sheets.length > 0 && !ledger.isClosed) return
    if (!ledger.isClosed && [...ledger.homes.values()].some(isUnsettled)) return
    for (const { lines } of ledger.homes.values()) for (const { id } of lines) this.#ofLine.delete(id)
    this.#ledgers.delete(ledger.notice)
  }

  snapshot(): Stored {
    const notices = [...this.#ledgers.values()].map(({ homes, ...ledger }) =>
      structuredClone({ ...ledger, homes: [...homes.values()] }),
    )
    return { notices, wallOffsetMs: this.#wallOffsetMs }
  }

  restore({ notices, wallOffsetMs }: Stored): void {
    this.#ledgers.clear()
    this.#ofLine.clear()
    this.#wallOffsetMs = wallOffsetMs
    for (const { homes, ...rest } of structuredClone(notices)) {
      const ledger: NoticeLedger = { ...rest, homes: new Map(homes.map((home) => [home.home, home])) }
      this.#ledgers.set(ledger.notice, ledger)
      for (const home of homes) for (const line of home.lines) this.#ofLine.set(line.id, { ledger, line, home })
    }
  }
}

function homeOf({ home, ways, action, now }: HomeWays): HomeLedger {
  return {
    home,
    ways,
    action: action ?? null,
    isNow: now ?? false,
    tried: 0,
    isTasked: false,
    isTold: false,
    isEnded: false,
    lines: [],
  }
}

function isUnsettled({ lines, isTold, isEnded }: HomeLedger): boolean {
  if (lines.some(({ phase, state }) => state === 'queued' || (state === 'accepted' && isLast(phase)))) return true
  return !isEnded && (isTold || lines.some(isHeard))
}

export function isBeginning(phase: ReachPhase): boolean {
  return PHASES[phase] === 'begins'
}

export function isLast(phase: ReachPhase): boolean {
  return PHASES[phase] === 'ends'
}

/** It went out, and somebody may have read it: whoever heard of the beginning hears of the end. */
export function isHeard({ phase, state }: Pick<OpenLine, 'phase' | 'state'>): boolean {
  return !isLast(phase) && (state === 'accepted' || state === 'delivered')
}
