import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Fault } from '#devices/fault.ts'
import type { Event } from '#rules/event.ts'
import type { FlowSnapshot } from '#rules/flow.ts'
import type { Keyframe } from '#rules/routes.ts'
import type { Answer, Group, Loaded } from './group.ts'
import { chainHash, GENESIS } from './hash-chain.ts'
import { Projections } from './projections.ts'
import { DROP_PROJECTIONS, inTransaction, PROJECTIONS, PROJECTIONS_VERSION } from './schema.ts'

const ANSWERS_KEPT_MS = 30 * 86_400_000
const KEYFRAMES_KEPT = 3
const SNAPSHOTS_KEPT = 3

/** What was decided: events in an unbroken chain, and all that can be made again from them. */
export class Journal {
  readonly #db: DatabaseSync
  readonly #projections: Projections
  readonly #insertEvent: StatementSync
  readonly #setMeta: StatementSync
  #hash: Uint8Array
  #seq: number

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#projections = new Projections(db)
    this.#insertEvent = db.prepare('insert into events (seq, at, type, body, hash) values (?, ?, ?, ?, ?)')
    this.#setMeta = db.prepare(
      'insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value',
    )
    const newest = db.prepare('select seq, hash from events order by seq desc limit 1').get() as
      | { seq: number; hash: Uint8Array }
      | undefined
    this.#seq = newest?.seq ?? 0
    this.#hash = newest?.hash ?? GENESIS
    this.#rebuildStaleProjections()
  }

  write({ events, answers, keyframe, snapshot, readingsUpto }: Group): void {
    if (events.length === 0 && answers.length === 0 && !snapshot) return
    let [hash, seq] = [this.#hash, this.#seq]
    inTransaction(this.#db, () => {
      for (const event of events) {
        if (event.seq !== seq + 1) throw new Fault('store_corrupt', { detail: `event ${event.seq} after ${seq}` })
        const body = JSON.stringify(event)
        hash = chainHash(hash, event.seq, event.at, body)
        seq = event.seq
        this.#insertEvent.run(seq, event.at, event.type, body, hash)
        this.#projections.apply(event)
      }
      for (const answer of answers) this.#writeAnswer(answer)
      if (snapshot) this.#writeSnapshot(snapshot)
      if (keyframe) this.#writeKeyframe(keyframe)
      this.#setMeta.run('readings_upto', String(readingsUpto))
    })
    this.#hash = hash
    this.#seq = seq
  }

  #writeAnswer({ id, fingerprint, at, body }: Answer): void {
    this.#db
      .prepare('insert or replace into answers (id, fingerprint, at, body) values (?, ?, ?, ?)')
      .run(id, fingerprint, at, body)
    this.#db.prepare('delete from answers where at < ?').run(at - ANSWERS_KEPT_MS)
  }

  #writeSnapshot(snapshot: FlowSnapshot): void {
    this.#db
      .prepare('insert or replace into snapshots (seq, body) values (?, ?)')
      .run(snapshot.seq, JSON.stringify(snapshot))
    this.#db
      .prepare('delete from snapshots where seq not in (select seq from snapshots order by seq desc limit ?)')
      .run(SNAPSHOTS_KEPT)
  }

  /** In the journal, though it speaks of readings: it knows of events, and may not outlive those that a crash takes back. */
  #writeKeyframe({ batch, plan, keyframe }: NonNullable<Group['keyframe']>): void {
    this.#db
      .prepare('insert or replace into keyframes (batch, plan, body) values (?, ?, ?)')
      .run(batch, plan, JSON.stringify(keyframe))
    this.#db
      .prepare('delete from keyframes where batch not in (select batch from keyframes order by batch desc limit ?)')
      .run(KEYFRAMES_KEPT)
  }

  /** `plan` is the fingerprint of the rules: a keyframe of other rules does not fit. */
  load(plan: string): Omit<Loaded, 'newestBatch' | 'newestAt' | 'series'> {
    const stored = this.#db.prepare('select body from snapshots order by seq desc limit 1').get() as
      | { body: string }
      | undefined
    const snapshot = stored ? (JSON.parse(stored.body) as FlowSnapshot) : null
    const frame = this.#db
      .prepare('select batch, body from keyframes where plan = ? order by batch desc limit 1')
      .get(plan) as { batch: number; body: string } | undefined
    const start = this.#db
      .prepare("select body from events where type = 'gateway.started' order by seq desc limit 1")
      .get() as { body: string } | undefined
    const started = start ? (JSON.parse(start.body) as Event & { epoch: string }) : null
    return {
      snapshot,
      events: this.after(snapshot?.seq ?? 0),
      readingsUpto: this.readingsUpto(),
      keyframe: frame ? { batch: frame.batch, keyframe: JSON.parse(frame.body) as Keyframe } : null,
      answers: this.#db.prepare('select id, fingerprint, at, body from answers order by at, rowid').all() as Answer[],
      predecessor: started ? { epoch: started.epoch, seq: this.#seq } : null,
    }
  }

  /** The last batch that was judged when the newest event was decided. */
  readingsUpto(): number {
    return Number(this.#meta('readings_upto') ?? 0)
  }

  /** The batch from which on the log is needed to rebuild the core: the newest keyframe's, of whatever rules. */
  neededFrom(): number {
    const row = this.#db.prepare('select max(batch) as batch from keyframes').get() as { batch: number | null }
    return Math.min(row.batch ?? 0, this.readingsUpto())
  }

  /** The newest step of the clock by which readings can be dated. */
  dating(): Readonly<{ seq: number; after: number; byMs: number }> | null {
    const row = this.#db
      .prepare(
        "select seq, body from events where type = 'clock.stepped' and body ->> '$.dates' is not null order by seq desc limit 1",
      )
      .get() as { seq: number; body: string } | undefined
    if (!row) return null
    const { dates } = JSON.parse(row.body) as { dates: { after: number; byMs: number } }
    return { seq: row.seq, ...dates }
  }

  newestAt(): number | null {
    const row = this.#db.prepare('select at from events order by seq desc limit 1').get() as { at: number } | undefined
    return row?.at ?? null
  }

  after(seq: number): Event[] {
    const rows = this.#db.prepare('select body from events where seq > ? order by seq').all(seq) as { body: string }[]
    return rows.map((row) => JSON.parse(row.body) as Event)
  }

  #meta(key: string): string | undefined {
    return (this.#db.prepare('select value from meta where key = ?').get(key) as { value: string } | undefined)?.value
  }

  /** Rows of another shape are thrown away and made again from the journal. */
  #rebuildStaleProjections(): void {
    if (this.#meta('projections') === String(PROJECTIONS_VERSION)) return
    inTransaction(this.#db, () => {
      this.#db.exec(`${DROP_PROJECTIONS} ${PROJECTIONS}`)
      const rows = this.#db.prepare('select body from events order by seq').iterate() as Iterable<{ body: string }>
      for (const { body } of rows) this.#projections.apply(JSON.parse(body) as Event)
      this.#setMeta.run('projections', String(PROJECTIONS_VERSION))
    })
  }
}
