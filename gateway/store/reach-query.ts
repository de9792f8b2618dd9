import type { DatabaseSync } from 'node:sqlite'
import type { OpenedRow, ReachDocument, ReachLine, TaskRow, Unaddressed } from './reach-rows.ts'

/** Everything that is known of whom a notice reached. */
export type ReachLedger = Readonly<{
  doc: ReachDocument | null
  lines: readonly ReachLine[]
  tasks: readonly TaskRow[]
  opened: readonly OpenedRow[]
}>
/** What one home was told since `since`, the newest first. */
export type HomeReach = Readonly<{
  lines: readonly ReachLine[]
  tasks: readonly TaskRow[]
  opened: readonly OpenedRow[]
}>

const LINE = 'id, notice, home, contact, channel, phase, state, at, settled_at as settledAt, reason'
const TASK =
  "id, notice, phase, kind, why, homes, entrance, state, opened_at as openedAt, done_at as doneAt, nullif(by, '') as by, attempt, due_at as dueAt"

/** Reads the ledger of reach. */
export class ReachQuery {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  /** Events whose recipients are still to be resolved, oldest first. */
  unaddressed(): Unaddressed[] {
    return this.#db.prepare('select notice, cause, at from reach_wanted order by cause').all() as Unaddressed[]
  }

  ofNotice(notice: string): ReachLedger {
    const row = this.#db.prepare('select doc from reach_notices where notice = ?').get(notice) as
      | { doc: string }
      | undefined
    return {
      doc: row ? (JSON.parse(row.doc) as ReachDocument) : null,
      lines: this.#lines('where notice = ? order by home, at, id', notice),
      tasks: this.#tasks('where notice = ? order by opened_at, id', notice),
      opened: this.#openings('where notice = ? order by at, home', notice),
    }
  }

  ofHome(home: string, since: number): HomeReach {
    return {
      lines: this.#lines('where home = ? and at >= ? order by at desc, id', home, since),
      tasks: this.#tasks(
        'where opened_at >= ? and exists (select 1 from json_each(homes) where value = ?) order by opened_at desc, id',
        since,
        home,
      ),
      opened: this.#openings('where home = ? and at >= ? order by at desc', home, since),
    }
  }

  /** Deliveries to a contact since a time: what a correction looks at. */
  ofContact(contact: string, since: number): ReachLine[] {
    return this.#lines('where contact = ? and at >= ? order by at', contact, since)
  }

  tasks(state: 'open' | 'ended', limit: number): TaskRow[] {
    return state === 'open'
      ? this.#tasks("where state = 'open' order by opened_at, id limit ?", limit)
      : this.#tasks("where state <> 'open' order by opened_at desc, id limit ?", limit)
  }

  #lines(rest: string, ...values: (string | number)[]): ReachLine[] {
    return this.#db.prepare(`select ${LINE} from reach_lines ${rest}`).all(...values) as unknown as ReachLine[]
  }

  #openings(rest: string, ...values: (string | number)[]): OpenedRow[] {
    return this.#db
      .prepare(`select notice, home, at from reach_opened ${rest}`)
      .all(...values) as unknown as OpenedRow[]
  }

  #tasks(rest: string, ...values: (string | number)[]): TaskRow[] {
    const rows = this.#db.prepare(`select ${TASK} from reach_tasks ${rest}`).all(...values) as unknown as (Omit<
      TaskRow,
      'homes'
    > & { homes: string })[]
    return rows.map((row) => ({ ...row, homes: JSON.parse(row.homes) as string[] }))
  }
}
