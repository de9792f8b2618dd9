import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Event, EventOf } from '#rules/event.ts'
import { isCounted } from '#rules/months/book.ts'

/**
 * `month_log` says which events the figures of a month are counted from: those about an order, a notice or a word of praise
 * (`subject`) that began then. `began_at` is on the wall, of the first of them; `wall_ms` is how far the wall was from site
 * time. `wall` is one row: how far it is now.
 */
export const MONTH_TABLES = `
  create table if not exists month_log (seq integer primary key, subject text not null, began_at integer, wall_ms integer not null) strict;
  create index if not exists month_log_by_subject on month_log (subject, seq);
  create index if not exists month_log_by_time on month_log (began_at) where began_at is not null;
  create table if not exists wall (id integer primary key check (id = 1), offset_ms integer not null) strict;
  create table if not exists months (id text primary key, seq integer not null, open integer not null, doc text not null) strict;
`
export const MONTH_TABLE_NAMES = ['month_log', 'wall', 'months']

/** As it was frozen. `at` and `dueAt` are site time. */
export type MonthDocument = Pick<
  EventOf<'month.frozen'>,
  'seq' | 'at' | 'dueAt' | 'month' | 'version' | 'hash' | 'figures'
>

/** What the figures of months are counted from, and the months that are frozen. */
export class MonthRows {
  readonly #log: StatementSync
  readonly #isKnown: StatementSync
  readonly #orderOfCase: StatementSync
  readonly #wall: StatementSync
  readonly #setWall: StatementSync
  readonly #freeze: StatementSync

  constructor(db: DatabaseSync) {
    this.#log = db.prepare('insert into month_log (seq, subject, began_at, wall_ms) values (?, ?, ?, ?)')
    this.#isKnown = db.prepare('select 1 from month_log where subject = ? limit 1')
    this.#orderOfCase = db.prepare(`select doc ->> '$.order' as "order" from cases where id = ?`)
    this.#wall = db.prepare('select offset_ms as ms from wall')
    this.#setWall = db.prepare(
      'insert into wall (id, offset_ms) values (1, ?) on conflict (id) do update set offset_ms = excluded.offset_ms',
    )
    this.#freeze = db.prepare('insert or replace into months (id, seq, open, doc) values (?, ?, 0, ?)')
  }

  /** After the rows of cases. */
  apply(event: Event): void {
    if (event.type === 'gateway.started') this.#setWall.run(event.wallOffsetMs)
    else if (event.type === 'clock.stepped') this.#setWall.run(this.#wallMs() + event.byMs)
    else if (event.type === 'month.frozen') {
      const { seq, at, dueAt, month, version, hash, figures } = event
      const doc: MonthDocument = { seq, at, dueAt, month, version, hash, figures }
      this.#freeze.run(month, seq, JSON.stringify(doc))
    } else if (isCounted(event)) this.#line(event)
  }

  #line(event: Event): void {
    const subject = this.#subjectOf(event)
    if (subject === null) return
    const wallMs = this.#wallMs()
    const isFirst = BEGINS.has(event.type) && this.#isKnown.get(subject) === undefined
    this.#log.run(event.seq, subject, isFirst ? event.at + wallMs : null, wallMs)
  }

  #subjectOf(event: Event): string | null {
    if ('order' in event) return event.order
    if ('notice' in event) return event.notice
    if ('praise' in event) return event.praise
    if (!('case' in event)) return null
    return (this.#orderOfCase.get(event.case) as { order: string } | undefined)?.order ?? null
  }

  #wallMs(): number {
    return (this.#wall.get() as { ms: number } | undefined)?.ms ?? 0
  }
}

const BEGINS: ReadonlySet<string> = new Set<Event['type']>(['order.opened', 'notice.addressed', 'praise.recorded'])
