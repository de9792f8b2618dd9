import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Event, EventOf } from '#rules/event.ts'
import { isEnd, phaseOf } from '#rules/reach/book.ts'
import { PHASES, type ReachPhase, type TaskKind, type TaskWhy } from '#rules/reach/events.ts'
import type { MessagePhase, OutboxDocument } from './documents.ts'

/** A message to one contact, in the outbox. */
export type PersonalMessage = Readonly<{
  id: string
  seq: number
  channel: string
  doc: OutboxDocument
  nextAt: number
}>

/** What a notice came to for each home. The price in hundredths of a yuan; times are site time. */
export type ReachDocument = {
  notice: string
  homes: number
  informed: number
  cost: number
  heldUntil: number | null
  isOverCap: boolean
  approvedBy: string | null
  corrections: { home: string; isReached: boolean; since: number; by: string; at: number }[]
}
export type ReachLine = Readonly<{
  id: string
  notice: string
  home: string
  contact: string
  channel: string
  phase: ReachPhase
  state: 'queued' | 'accepted' | 'delivered' | 'failed' | 'cancelled' | 'rerouted'
  at: number
  settledAt: number | null
  reason: string | null
}>
export type TaskRow = Readonly<{
  id: string
  notice: string
  phase: ReachPhase
  kind: TaskKind
  why: TaskWhy
  homes: readonly string[]
  entrance: string | null
  state: 'open' | 'told' | 'not_met' | 'withdrawn'
  openedAt: number
  doneAt: number | null
  by: string | null
  /** How many have tried, with this one. */
  attempt: number
  /** Of planned work: to be done by then, of the calendar. */
  dueAt: number | null
}>
/** A home whose page, or the notice's own by its link, was opened while the notice ran. */
export type OpenedRow = Readonly<{ notice: string; home: string; at: number }>
/** An event of a notice whose recipients nobody has resolved yet. */
export type Unaddressed = Readonly<{ notice: string; cause: number; at: number }>

/**
 * `reach_wanted` are the events whose recipients are still to be resolved: the reader's cursor, kept by the events
 * themselves. The rest is what people read.
 */
export const REACH_TABLES = `
  create table if not exists reach_wanted (cause integer primary key, notice text not null, at integer not null) strict;
  create table if not exists reach_notices (notice text primary key, doc text not null) strict;
  create table if not exists reach_lines (id text primary key, notice text not null, home text not null, contact text not null, channel text not null, phase text not null, state text not null, at integer not null, settled_at integer, reason text) strict, without rowid;
  create index if not exists reach_lines_by_notice on reach_lines (notice);
  create index if not exists reach_lines_by_home on reach_lines (home, at);
  create table if not exists reach_tasks (id text primary key, notice text not null, phase text not null, kind text not null, why text not null, homes text not null, entrance text, state text not null, opened_at integer not null, done_at integer, by text, attempt integer not null, due_at integer) strict, without rowid;
  create index if not exists reach_tasks_by_notice on reach_tasks (notice);
  create table if not exists reach_opened (notice text not null, home text not null, at integer not null, primary key (notice, home)) strict, without rowid;
  create index if not exists reach_opened_by_home on reach_opened (home, at);
  create index if not exists reach_tasks_by_state on reach_tasks (state, opened_at);
`
export const REACH_TABLE_NAMES = ['reach_wanted', 'reach_notices', 'reach_lines', 'reach_tasks', 'reach_opened']

/** The ledger of reach, made from events: a line for each message to a contact, a row for each errand. */
export class ReachRows {
  readonly #queue: (message: PersonalMessage) => void
  readonly #want: StatementSync
  readonly #wantedNoMore: StatementSync
  readonly #overAlready: StatementSync
  readonly #doc: StatementSync
  readonly #putDoc: StatementSync
  readonly #line: StatementSync
  readonly #settle: StatementSync
  readonly #reroute: StatementSync
  readonly #task: StatementSync
  readonly #endTask: StatementSync
  readonly #opened: StatementSync
  readonly #moveHolds: StatementSync

  constructor(db: DatabaseSync, queue: (message: PersonalMessage) => void) {
    this.#queue = queue
    this.#want = db.prepare('insert or ignore into reach_wanted (cause, notice, at) values (?, ?, ?)')
    this.#wantedNoMore = db.prepare('delete from reach_wanted where cause = ?')
    this.#overAlready = db.prepare('delete from reach_wanted where notice = ?')
    this.#doc = db.prepare('select doc from reach_notices where notice = ?')
    this.#putDoc = db.prepare(
      'insert into reach_notices (notice, doc) values (?, ?) on conflict (notice) do update set doc = excluded.doc',
    )
    this.#line = db.prepare(
      "insert or ignore into reach_lines (id, notice, home, contact, channel, phase, state, at) values (?, ?, ?, ?, ?, ?, 'queued', ?)",
    )
    this.#settle = db.prepare('update reach_lines set state = ?, settled_at = ?, reason = ? where id = ?')
    this.#reroute = db.prepare(
      `insert or ignore into reach_lines (id, notice, home, contact, channel, phase, state, at)
       select ?, notice, home, contact, ?, phase, 'queued', ? from reach_lines where id = ?`,
    )
    this.#task = db.prepare(
      "insert or ignore into reach_tasks (id, notice, phase, kind, why, homes, entrance, state, opened_at, attempt, due_at) values (?, ?, ?, ?, ?, ?, ?, 'open', ?, ?, ?)",
    )
    this.#opened = db.prepare('insert or ignore into reach_opened (notice, home, at) values (?, ?, ?)')
    this.#moveHolds = db.prepare(
      `update reach_notices set doc = json_set(doc, '$.heldUntil', doc ->> '$.heldUntil' - ?)
       where doc ->> '$.heldUntil' is not null`,
    )
    this.#endTask = db.prepare("update reach_tasks set state = ?, done_at = ?, by = ? where id = ? and state = 'open'")
  }

  /** True when the event spoke of a personal message: no other ledger has it. */
  apply(event: Event): boolean {
    if (event.type === 'clock.stepped') this.#moveHolds.run(event.byMs)
    if (!('notice' in event)) return false
    if (isEnd(event)) this.#overAlready.run(event.notice)
    const phase = phaseOf(event)
    // What stands on the page alone rings nobody's telephone.
    const isPageOnly = 'pageOnly' in event && event.pageOnly === true
    // A plan that takes in another may concern homes that were not told yet; known ones are passed over.
    const begins = event.type === 'notice.merged' || (phase !== null && PHASES[phase] === 'begins')
    if (begins && 'homes' in event && !isPageOnly) this.#want.run(event.seq, event.notice, event.at)
    switch (event.type) {
      case 'notice.addressed':
        this.#wantedNoMore.run(event.cause)
        this.#change(event.notice, (doc) => {
          doc.homes += event.homes.length
          doc.informed += event.informed
          doc.cost += event.cost
          doc.heldUntil = event.heldUntil
          doc.isOverCap ||= event.isOverCap
        })
        return false
      case 'reach.released':
        this.#change(event.notice, (doc) => void Object.assign(doc, { heldUntil: null }))
        return false
      case 'reach.cost_approved':
        this.#change(event.notice, (doc) => void Object.assign(doc, { isOverCap: false, approvedBy: event.by }))
        return false
      case 'reach.corrected':
        this.#change(event.notice, ({ corrections }) => {
          const { home, isReached, since, by, at } = event
          corrections.push({ home, isReached, since, by, at })
        })
        return false
      case 'reach.queued':
        this.#queueAll(event)
        return false
      case 'reach.tasks_opened':
        this.#openTasks(event)
        return false
      case 'reach.opened':
        this.#opened.run(event.notice, event.home, event.at)
        return false
      case 'reach.task_done':
        this.#endTask.run(event.result, event.at, event.by, event.task)
        return false
      case 'reach.tasks_withdrawn':
        for (const task of event.tasks) this.#endTask.run('withdrawn', event.at, '', task)
        return false
      case 'message.settled':
        return this.#onSettled(event)
      case 'message.requeued':
        return this.#settle.run('queued', null, null, event.message).changes > 0
      default:
        return false
    }
  }

  #queueAll({ notice, phase, lines, seq, at, trace, notBefore = at }: EventOf<'reach.queued'>): void {
    lines.forEach(({ home, contact, channel }, i) => {
      const id = `${notice}-${seq}-${i}`
      this.#line.run(id, notice, home, contact, channel, phase, at)
      const doc: OutboxDocument = { notice, phase: phase as MessagePhase, homes: [home], contact, at, trace }
      this.#queue({ id, seq, channel, doc, nextAt: notBefore })
    })
  }

  #openTasks({ notice, phase, tasks, at }: EventOf<'reach.tasks_opened'>): void {
    for (const { task, kind, why, homes, entrance = null, attempt = 1, dueAt = null } of tasks)
      this.#task.run(task, notice, phase, kind, why, JSON.stringify(homes), entrance, at, attempt, dueAt)
  }

  #onSettled({ message, result, reason, next, notice, seq, at }: EventOf<'message.settled'>): boolean {
    const state = result === 'failed' && next !== undefined ? 'rerouted' : result
    const { changes } = this.#settle.run(state, at, reason ?? null, message)
    if (changes === 0) return false
    if (next !== undefined) this.#reroute.run(`${notice}-${seq}-${next}`, next, at, message)
    return true
  }

  #change(notice: string, change: (doc: ReachDocument) => void): void {
    const row = this.#doc.get(notice) as { doc: string } | undefined
    const fresh = { homes: 0, informed: 0, cost: 0, heldUntil: null, isOverCap: false, approvedBy: null }
    const doc: ReachDocument = row ? (JSON.parse(row.doc) as ReachDocument) : { notice, ...fresh, corrections: [] }
    change(doc)
    this.#putDoc.run(notice, JSON.stringify(doc))
  }
}
