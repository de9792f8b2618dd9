import type { DatabaseSync } from 'node:sqlite'
import type { Road } from '#rules/paging/policy.ts'
import type { PageLetter } from './paging-rows.ts'

export type LetterRow = Readonly<{ id: string; attempts: number; doc: PageLetter }>

/** What waits to be handed to a road. Read by the writer's thread: a long query must not hold up a call. */
export class LetterTable {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  /** Letters of one road whose time has come, oldest first. */
  waiting(road: Road, now: number, limit: number): LetterRow[] {
    const rows = this.#db
      .prepare(
        "select id, attempts, doc from letters where road = ? and state = 'queued' and next_at <= ? order by seq limit ?",
      )
      .all(road, now, limit) as { id: string; attempts: number; doc: string }[]
    return rows.map((row) => ({ ...row, doc: JSON.parse(row.doc) as PageLetter }))
  }

  nextAt(road: Road): number | null {
    const row = this.#db.prepare("select min(next_at) as at from letters where road = ? and state = 'queued'").get(road)
    return (row as { at: number | null }).at
  }

  /** The final outcome comes by an event; a horn that fell silent leaves none. */
  noteAttempt(id: string, attempts: number, nextAt: number | null): void {
    if (nextAt === null)
      this.#db.prepare("update letters set state = 'done', attempts = ? where id = ?").run(attempts, id)
    else this.#db.prepare('update letters set attempts = ?, next_at = ? where id = ?').run(attempts, nextAt, id)
  }
}
