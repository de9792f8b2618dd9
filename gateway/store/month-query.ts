import type { DatabaseSync } from 'node:sqlite'
import type { Event } from '#rules/event.ts'
import { MonthBook } from '#rules/months/book.ts'
import { figuresOf, hashOf } from '#rules/months/figures.ts'
import type { MonthFigures } from '#rules/months/month-figures.ts'
import { type Month, MonthCalendar } from '#rules/months/month-calendar.ts'
import type { MonthDocument } from './month-rows.ts'

/** An event after the freeze that changed what was counted. */
export type Correction = Readonly<{ seq: number; at: number; type: Event['type']; subject: string; by: string | null }>

export type MonthCount = Readonly<{
  /** As they are counted now; of a frozen month as of its freeze, with what became of its orders since. */
  figures: MonthFigures
  frozen:
    | (MonthDocument & {
        /** Counted again from the journal, it comes to the same bytes; null where today's program counts otherwise. */
        isSame: boolean | null
      })
    | null
  /** Newest first, the first thousand of them. */
  corrections: readonly Correction[]
}>

type Line = Readonly<{ seq: number; subject: string; wallMs: number; body: string }>

const MOST_CORRECTIONS = 1_000

/** `homes`: of the site today; `version`: by which definitions this program counts. */
export type MonthAsked = Readonly<{ month: Month; timeZone: string; homes: number; now: number; version: number }>

/** The figures of a month, counted from the events of its orders: by the same rules that froze them. */
export function countMonth(db: DatabaseSync, { month, timeZone, homes, now, version }: MonthAsked): MonthCount {
  const calendar = new MonthCalendar(timeZone)
  const { from, to } = calendar.boundsOf(month)
  const row = db.prepare('select doc from months where id = ?').get(month) as { doc: string } | undefined
  const frozen = row ? (JSON.parse(row.doc) as MonthDocument) : null
  const book = new MonthBook(calendar)
  const as = frozen ? { homes: frozen.figures.homes, until: frozen.at } : { homes, until: now }
  const count = () => figuresOf(book.factsOf(month), as)
  const corrections: Correction[] = []
  let atFreeze: MonthFigures | null = null
  for (const { seq, subject, wallMs, body } of linesOf(db, from, to)) {
    const event = JSON.parse(body) as Event
    const isLate = frozen !== null && seq > frozen.seq
    if (isLate) atFreeze ??= count()
    const before = isLate ? book.written(subject) : null
    book.wallOffsetMs = wallMs
    book.apply(event, month)
    if (isLate && before !== book.written(subject)) corrections.push(correctionOf(event, subject))
  }
  const figures = count()
  if (frozen === null) return { figures, frozen, corrections: [] }
  const isSame = frozen.version === version ? hashOf(month, version, atFreeze ?? figures) === frozen.hash : null
  return { figures, frozen: { ...frozen, isSame }, corrections: corrections.reverse().slice(0, MOST_CORRECTIONS) }
}

/** What began in the month, and all that became of it, in the order of the journal. */
function linesOf(db: DatabaseSync, from: number, to: number): Iterable<Line> {
  return db
    .prepare(
      `select own.seq, own.subject, own.wall_ms as wallMs, events.body from month_log as first
       join month_log as own on own.subject = first.subject join events on events.seq = own.seq
       where first.began_at >= ? and first.began_at < ? order by own.seq`,
    )
    .iterate(from, to) as Iterable<Line>
}

function correctionOf(event: Event, subject: string): Correction {
  const by = 'by' in event && typeof event.by === 'string' ? event.by : null
  return { seq: event.seq, at: event.at, type: event.type, subject, by }
}
