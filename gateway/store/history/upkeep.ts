import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type Joining, joinableUpto, joinings } from './join.ts'
import { nextMerge, type Segment } from './merge.ts'
import { pack, type Packing, putDown } from './packing.ts'
import type { HistoryPolicy } from './policy.ts'
import { expire, trimLog } from './retention.ts'
import type { Scratch } from './scratch.ts'

const TRIM_EVERY_MS = 60_000
const MERGE_AGAIN_MS = 30_000
const EXPIRE_EVERY_MS = 3_600_000
/** The start has better things to do than to write zeros. */
const BALLAST_AFTER_MS = 60_000

type NewRows = Readonly<{ newest: number | null; bytes: number | null; oldest: number | null }>
type Hands = Readonly<{
  /** The batch from which on the log is needed to rebuild the core. */
  neededFrom(): number
  ballast(): Generator<void>
}>

/** What to do next for the log and the history, a piece at a time. */
export class Upkeep {
  readonly #db: DatabaseSync
  readonly #policy: HistoryPolicy
  readonly #hands: Hands
  readonly #scratch: Scratch
  readonly #newRows: StatementSync
  readonly #firstWaiting: StatementSync
  readonly #sealed: StatementSync
  readonly #countOfSeries: StatementSync
  /** What stands in the log behind the last sealed batch, as far as it was looked at. */
  #unsealed = { sealed: -1, upto: 0, bytes: 0, oldest: Infinity }
  #work: Generator<void> | null = null
  #mergedUpto = -Infinity
  #mergeTriedAt = -Infinity
  #joinedUpto = -Infinity
  #toJoin: Joining[] = []
  #trimmedAt = -Infinity
  #expiredAt = -Infinity
  #startedAt: number | null = null
  #ballastAt = -Infinity

  constructor(db: DatabaseSync, policy: HistoryPolicy, hands: Hands, scratch: Scratch) {
    this.#scratch = scratch
    this.#db = db
    this.#policy = policy
    this.#hands = hands
    this.#firstWaiting = db.prepare('select received_at from log where id > ? order by id limit 1')
    this.#sealed = db.prepare("select value from marks where name = 'sealed'")
    this.#countOfSeries = db.prepare('select count(*) as count from series')
    this.#newRows = db.prepare(
      'select max(id) as newest, sum(length(body)) as bytes, min(received_at) as oldest from log where id > ?',
    )
  }

  /** Packing that is due: the work that takes long, and that another thread may do. Null when none is. */
  packingDue(now: number): Packing | null {
    const upto = this.#sealable(now)
    if (upto !== null) return { kind: 'seal', after: this.#sealedUpto(), upto }
    const segments = this.#mergeable(now)
    if (segments.length > 0) return { kind: 'merge', segments, readingsOfChunk: this.#policy.readingsOfChunk }
    return this.#joinable(joinableUpto(now))
  }

  /** One piece of everything else: of letting go. True when there is more to do at once. */
  tidy(now: number): boolean {
    return this.#workOn(() => this.#tidying(now))
  }

  /** One piece. True when there is more to do at once. A piece that throws ends its work; the next step begins anew. */
  step(now: number): boolean {
    return this.#workOn(() => {
      const packing = this.packingDue(now)
      return packing ? this.#packed(packing) : this.#tidying(now)
    })
  }

  #workOn(next: () => Generator<void> | null): boolean {
    this.#work ??= next()
    if (!this.#work) return false
    try {
      if (this.#work.next().done) this.#work = null
    } catch (error) {
      this.#work = null
      throw error
    }
    return true
  }

  /** Merges all that is sealed, at one go. */
  mergeAll(): void {
    for (;;) {
      const segments = nextMerge(this.#db, this.#policy.mergeSpanMs, Infinity)
      if (segments.length === 0) break
      const { readingsOfChunk } = this.#policy
      for (const _ of this.#packed({ kind: 'merge', segments, readingsOfChunk }));
    }
    // What was joined by days may then be joined by longer spans.
    for (let round = 0; round < 2; round++)
      for (const joining of joinings(this.#db, Number.MAX_SAFE_INTEGER)) for (const _ of this.#packed(joining));
  }

  /** Days of sums that become one row, one after the other; looked for when another day is over. */
  #joinable(closedAt: number): Joining | null {
    if (closedAt !== this.#joinedUpto) {
      this.#joinedUpto = closedAt
      this.#toJoin = joinings(this.#db, closedAt)
    }
    return this.#toJoin.shift() ?? null
  }

  /** Seals all of the log, at one go. */
  sealAll(upto: number): void {
    for (const _ of this.#packed({ kind: 'seal', after: this.#sealedUpto(), upto }));
  }

  *#packed(packing: Packing): Generator<void> {
    const parcel = yield* pack(this.#db, packing, this.#scratch)
    if (parcel) putDown(this.#db, parcel)
  }

  #tidying(now: number): Generator<void> | null {
    if (now - this.#trimmedAt >= TRIM_EVERY_MS) {
      this.#trimmedAt = now
      return trimLog(this.#db, now, this.#hands.neededFrom(), this.#policy)
    }
    if (now - this.#expiredAt >= EXPIRE_EVERY_MS) {
      this.#expiredAt = now
      return expire(this.#db, now, this.#policy)
    }
    this.#startedAt ??= now
    if (now - this.#startedAt >= BALLAST_AFTER_MS && now - this.#ballastAt >= EXPIRE_EVERY_MS) {
      this.#ballastAt = now
      return this.#hands.ballast()
    }
    return null
  }

  /** The batch up to which the log is to be sealed now, or null. */
  #sealable(now: number): number | null {
    const sealed = this.#sealedUpto()
    if (sealed !== this.#unsealed.sealed) this.#unsealed = { sealed, upto: sealed, bytes: 0, oldest: Infinity }
    const unsealed = this.#unsealed
    const more = this.#newRows.get(unsealed.upto) as NewRows
    if (more.newest !== null) {
      unsealed.upto = more.newest
      unsealed.bytes += more.bytes!
      unsealed.oldest = Math.min(unsealed.oldest, more.oldest!)
    }
    if (unsealed.upto === sealed) return null
    const isDue = now - unsealed.oldest >= this.#policy.sealAfterMs || this.#isLarge(unsealed.bytes)
    return isDue ? unsealed.upto : null
  }

  #isLarge(bytes: number): boolean {
    const { sealAfterBytes, sealAfterBytesOfEach } = this.#policy
    if (bytes < sealAfterBytes) return false
    const { count } = this.#countOfSeries.get() as { count: number }
    return bytes >= count * sealAfterBytesOfEach
  }

  #sealedUpto(): number {
    const row = this.#sealed.get() as { value: number } | undefined
    return row?.value ?? 0
  }

  /** Fresh segments of a span that is over and wholly sealed. */
  #mergeable(now: number): Segment[] {
    const waiting = this.#firstWaiting.get(this.#sealedUpto()) as { received_at: number } | undefined
    const { mergeSpanMs } = this.#policy
    const closedAt = Math.floor(Math.min(now, waiting?.received_at ?? now) / mergeSpanMs) * mergeSpanMs
    // What a cursor forbids now, it may allow later.
    if (closedAt === this.#mergedUpto && now - this.#mergeTriedAt < MERGE_AGAIN_MS) return []
    const segments = nextMerge(this.#db, mergeSpanMs, closedAt)
    if (segments.length > 0) return segments
    this.#mergedUpto = closedAt
    this.#mergeTriedAt = now
    return []
  }
}
