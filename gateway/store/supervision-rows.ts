import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { OrderClass } from '#devices/alarm-definition.ts'
import type { Text } from '#devices/point.ts'
import type { CaseState } from '#rules/cases/cases.ts'
import type { Verdict } from '#rules/cases/events.ts'
import type { Goal } from '#rules/clocks/policy.ts'
import type { Event } from '#rules/event.ts'
import type { HandoverItems, Side } from '#rules/handover/events.ts'

/** Times are site time in ms. */
export type CaseDocument = {
  id: string
  order: string
  class: OrderClass
  clock: Goal
  assignee: string | null
  to: readonly string[]
  openedAt: number
  dueAt: number | null
  /** By the calendar; missing in what is old. */
  dueOnWall?: number
  state: CaseState
  explanation: { at: number; by: string; text: string } | null
  /** Booked by itself. */
  deductedAt: number | null
  verdict: { at: number; by: string; verdict: Verdict; text: string } | null
  points: number
}

export type HandoverDocument = {
  id: string
  post: string
  name: Text
  /** On the wall. */
  changeAt: number
  dueAt: number
  openedAt: number
  outgoing: readonly string[]
  incoming: readonly string[]
  state: 'open' | 'signed' | 'lapsed'
  signatures: { side: Side; by: string; at: number; note: string | null; items: HandoverItems }[]
  overdueAt: number | null
}

/** Cases and handovers as rows. */
export class SupervisionRows {
  readonly #get: Record<'cases' | 'handovers', StatementSync>
  readonly #put: Record<'cases' | 'handovers', StatementSync>

  constructor(db: DatabaseSync) {
    const get = (table: string) => db.prepare(`select doc from ${table} where id = ?`)
    const put = (table: string) =>
      db.prepare(
        `insert into ${table} (id, seq, open, doc) values (?, ?, ?, ?) on conflict (id) do update set open = excluded.open, doc = excluded.doc`,
      )
    this.#get = { cases: get('cases'), handovers: get('handovers') }
    this.#put = { cases: put('cases'), handovers: put('handovers') }
  }

  apply(event: Event): void {
    switch (event.type) {
      case 'case.opened': {
        const { case: id, order, clock, assignee, to, dueAt, dueOnWall } = event
        const fresh = { explanation: null, deductedAt: null, verdict: null, points: 0 }
        const what = { id, order, class: event.class, clock, assignee, to, openedAt: event.at, dueAt }
        const onWall = dueOnWall === undefined ? {} : { dueOnWall }
        return this.#saveCase({ ...what, ...onWall, state: 'open', ...fresh }, event.seq)
      }
      case 'case.explained': {
        const explanation = { at: event.at, by: event.by, text: event.text }
        return this.#changeCase(event.case, event, { state: 'explained', explanation })
      }
      case 'case.deducted':
        return this.#changeCase(event.case, event, { state: 'deducted', deductedAt: event.at, points: event.points })
      case 'case.judged': {
        const { at, by, verdict, text, points } = event
        return this.#changeCase(event.case, event, { state: 'judged', verdict: { at, by, verdict, text }, points })
      }
      case 'handover.opened': {
        const { handover: id, post, name, changeAt, dueAt, outgoing, incoming, at: openedAt, seq } = event
        const fresh = { state: 'open', signatures: [], overdueAt: null } as const
        const sheet = { id, post, name, changeAt, dueAt, openedAt, outgoing, incoming }
        return this.#saveHandover({ ...sheet, ...fresh, signatures: [] }, seq)
      }
      case 'handover.signed':
        return this.#changeHandover(event.handover, event.seq, (sheet) => {
          const { side, by, at, note = null, items } = event
          sheet.signatures.push({ side, by, at, note, items })
          const isSigned = (['outgoing', 'incoming'] as const).every(
            (each) => sheet[each].length === 0 || sheet.signatures.some((signature) => signature.side === each),
          )
          if (isSigned) sheet.state = 'signed'
        })
      case 'handover.overdue':
        return this.#changeHandover(event.handover, event.seq, (sheet) => (sheet.overdueAt = event.at))
      case 'handover.lapsed':
        return this.#changeHandover(event.handover, event.seq, (sheet) => (sheet.state = 'lapsed'))
      default:
    }
  }

  #changeCase(id: string, event: Event, changes: Partial<CaseDocument>): void {
    const row = this.#get.cases.get(id) as { doc: string } | undefined
    if (!row) return
    const doc = { ...(JSON.parse(row.doc) as CaseDocument), ...changes }
    this.#saveCase(doc, event.seq)
  }

  #saveCase(doc: CaseDocument, seq: number): void {
    this.#put.cases.run(doc.id, seq, doc.state === 'judged' ? 0 : 1, JSON.stringify(doc))
  }

  #changeHandover(id: string, seq: number, change: (sheet: HandoverDocument) => unknown): void {
    const row = this.#get.handovers.get(id) as { doc: string } | undefined
    if (!row) return
    const sheet = JSON.parse(row.doc) as HandoverDocument
    change(sheet)
    this.#saveHandover(sheet, seq)
  }

  #saveHandover(sheet: HandoverDocument, seq: number): void {
    this.#put.handovers.run(sheet.id, seq, sheet.state === 'open' ? 1 : 0, JSON.stringify(sheet))
  }
}
