import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { OrderClass } from '#devices/alarm-definition.ts'
import type { Event, EventOf } from '#rules/event.ts'
import type { About, PageEnd } from '#rules/paging/events.ts'
import type { Purpose, Road } from '#rules/paging/policy.ts'

type Tried = {
  number: number
  at: number
  result: 'queued' | 'held' | 'delivered' | 'failed'
  settledAt: number | null
  reason: string | null
}

/** One line of the ledger: one person on one road, for one thing. Times are site time in ms. */
export type PageDocument = {
  id: string
  call: string
  about: About
  subject: string
  purpose: Purpose
  class: OrderClass
  person: string
  road: Road
  tries: Tried[]
  answeredAt: number | null
  key: string | null
  endedAt: number | null
  end: PageEnd | null
  endedBy: string | null
}

/** What is needed to hand over one try of a page. `ends`: the horn is to fall silent. */
export type PageLetter = Readonly<{
  page: string
  try: number
  about: About
  subject: string
  purpose: Purpose
  class: OrderClass
  person: string
  road: Road
  at: number
  until: number
  trace: string
  /** Of the contractor's numbers. */
  line?: number
  ends?: true
}>

/** A horn that nobody could silence is silenced as long as somebody might still hear it. */
const SILENCE_WITHIN_MS = 3_600_000

/** Pages as rows: the ledger that people read, and the letters that wait to be handed over. */
export class PagingRows {
  readonly #get: StatementSync
  readonly #ofCall: StatementSync
  readonly #put: StatementSync
  readonly #queue: StatementSync
  readonly #settle: StatementSync
  readonly #withdraw: StatementSync

  constructor(db: DatabaseSync) {
    this.#get = db.prepare('select doc from pages where id = ?')
    this.#ofCall = db.prepare('select doc from pages where call = ?')
    this.#put = db.prepare(
      `insert into pages (id, seq, open, call, subject, doc) values (?, ?, ?, ?, ?, ?)
       on conflict (id) do update set open = excluded.open, doc = excluded.doc`,
    )
    this.#queue = db.prepare(
      "insert or ignore into letters (id, seq, road, state, attempts, next_at, doc) values (?, ?, ?, 'queued', 0, ?, ?)",
    )
    this.#settle = db.prepare('update letters set state = ? where id = ?')
    this.#withdraw = db.prepare("update letters set state = 'withdrawn' where id = ? and state = 'queued'")
  }

  apply(event: Event): void {
    switch (event.type) {
      case 'page.sent':
        this.#try(event, { result: 'queued', reason: null })
        return this.#letter(event, event.until)
      case 'page.held':
        return this.#try(event, { result: 'held', reason: event.why.code })
      case 'page.settled':
        this.#settle.run(event.result, `${event.page}-${event.try}`)
        return this.#change(event.page, event.seq, (page) => {
          const tried = page.tries.find(({ number }) => number === event.try)
          if (!tried) return
          Object.assign(tried, { result: event.result, settledAt: event.at, reason: event.reason ?? null })
        })
      case 'page.answered':
        return this.#change(event.page, event.seq, (page) => {
          Object.assign(page, { answeredAt: event.at, key: event.key ?? page.key })
        })
      case 'page.ended':
        for (const { doc } of this.#ofCall.all(event.call) as { doc: string }[]) {
          const page = JSON.parse(doc) as PageDocument
          Object.assign(page, { endedAt: event.at, end: event.end, endedBy: event.by })
          // What has not gone out yet stays here: nobody is rung out of bed for what is taken.
          for (const { number } of page.tries) this.#withdraw.run(`${page.id}-${number}`)
          this.#save(page, event.seq)
        }
        return
      case 'sounder.silenced': {
        const id = `${event.call}-silence`
        const letter = { page: id, try: 1, about: 'order', subject: '', purpose: 'accept', class: 'P0' } as const
        const to = { person: event.person, road: 'sounder', at: event.at, until: event.at + SILENCE_WITHIN_MS } as const
        this.#queueLetter(id, event.seq, { ...letter, ...to, trace: event.trace, ends: true })
        return
      }
      default:
    }
  }

  #try(event: EventOf<'page.sent' | 'page.held'>, { result, reason }: Pick<Tried, 'result' | 'reason'>): void {
    const { page: id, call, about, subject, purpose, class: ofClass, person, road } = event
    const tried: Tried = { number: event.try, at: event.at, result, settledAt: null, reason }
    const row = this.#get.get(id) as { doc: string } | undefined
    const fresh = { answeredAt: null, key: null, endedAt: null, end: null, endedBy: null }
    const page: PageDocument = row
      ? (JSON.parse(row.doc) as PageDocument)
      : { id, call, about, subject, purpose, class: ofClass, person, road, tries: [], ...fresh }
    page.tries.push(tried)
    this.#save(page, event.seq)
  }

  #letter(event: EventOf<'page.sent'>, until: number): void {
    const { page, about, subject, purpose, class: ofClass, person, road, at, trace } = event
    const what = { page, try: event.try, about, subject, purpose, class: ofClass }
    this.#queueLetter(`${page}-${event.try}`, event.seq, {
      ...what,
      person,
      road,
      at,
      until,
      trace,
      ...(event.line === undefined ? {} : { line: event.line }),
    })
  }

  #queueLetter(id: string, seq: number, letter: PageLetter): void {
    this.#queue.run(id, seq, letter.road, letter.at, JSON.stringify(letter))
  }

  #change(id: string, seq: number, change: (page: PageDocument) => void): void {
    const row = this.#get.get(id) as { doc: string } | undefined
    if (!row) return
    const page = JSON.parse(row.doc) as PageDocument
    change(page)
    this.#save(page, seq)
  }

  #save(page: PageDocument, seq: number): void {
    this.#put.run(page.id, seq, page.endedAt === null ? 1 : 0, page.call, page.subject, JSON.stringify(page))
  }
}
