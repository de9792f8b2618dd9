import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { eachReading, type Taken } from '../batch-codec.ts'
import { sealedUpto } from '../reading-log.ts'
import { Run } from './run.ts'

type LogRow = Readonly<{ id: number; received_at: number; body: Uint8Array }>

/** The end of the log that is not sealed yet, by series: each batch is read once, however often one asks. */
export class LogTail {
  readonly #db: DatabaseSync
  readonly #rows: StatementSync
  readonly #runs = new Map<number, Run>()
  #sealed = 0
  #upto = 0

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#rows = db.prepare('select id, received_at, body from log where id > ? order by id')
  }

  /** What of a series stands there, as it came. `inTime` may end the reading of rows: the next call goes on. */
  runOf(series: number, inTime: (rows: Iterable<LogRow>) => Iterable<LogRow>): Run {
    this.#catchUp(inTime)
    return this.#runs.get(series) ?? new Run(0)
  }

  #catchUp(inTime: (rows: Iterable<LogRow>) => Iterable<LogRow>): void {
    const sealed = sealedUpto(this.#db)
    if (sealed !== this.#sealed) {
      this.#runs.clear()
      this.#sealed = sealed
      this.#upto = sealed
    }
    const take: Taken = (series, at, value, flags) => {
      let run = this.#runs.get(series)
      if (!run) this.#runs.set(series, (run = new Run()))
      run.push(at, value, flags)
    }
    for (const { id, received_at: receivedAt, body } of inTime(this.#rows.iterate(this.#upto) as Iterable<LogRow>)) {
      eachReading(body, receivedAt, take)
      this.#upto = id
    }
  }
}
