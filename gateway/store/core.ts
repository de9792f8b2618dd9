import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Fault } from '#devices/fault.ts'
import type { Event } from '#rules/event.ts'
import type { FlowSnapshot } from '#rules/flow.ts'
import type { Keyframe } from '#rules/routes.ts'
import type { BatchRow } from './batch-codec.ts'
import type { OutboxDocument } from './documents.ts'
import type { Answer, Group, Loaded } from './group.ts'
import { chainHash, GENESIS } from './hash-chain.ts'
import { Projections } from './projections.ts'
import { inTransaction, openForWriting, PROJECTIONS, PROJECTIONS_VERSION } from './schema.ts'

/** A message in the outbox, as its channel's sender takes it. */
export type OutboxRow = Readonly<{ id: string; channel: string; attempts: number; nextAt: number; doc: OutboxDocument }>

const ANSWERS_KEPT_MS = 30 * 86_400_000
const KEYFRAMES_KEPT = 3
const SNAPSHOTS_KEPT = 3

/** No earlier message of the same notice still waits for the same channel. */
const UNPRECEDED = `not exists (select 1 from outbox as earlier where earlier.state = 'queued' and earlier.channel = own.channel
  and earlier.seq < own.seq and earlier.doc ->> 'notice' = own.doc ->> 'notice')`

/**
 * The one writer of both files. Synchronous, so that a simulator can run it in its own thread; the gateway keeps it in
 * a worker. `betweenCommits` is where a simulated power cut may fall.
 */
export class StoreCore {
  readonly #readings: DatabaseSync
  readonly #journal: DatabaseSync
  readonly #projections: Projections
  readonly #betweenCommits: () => void
  readonly #insertBatch: StatementSync
  readonly #insertEvent: StatementSync
  readonly #setMeta: StatementSync
  #hash: Uint8Array
  #seq: number

  constructor(folder: string, betweenCommits: () => void = () => {}) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.#readings = openForWriting(join(folder, 'readings.db'), 'readings.db')
    this.#journal = openForWriting(join(folder, 'journal.db'), 'journal.db')
    this.#betweenCommits = betweenCommits
    this.#projections = new Projections(this.#journal)
    this.#insertBatch = this.#readings.prepare(
      'insert into batches (id, source, received_at, key, body) values (?, ?, ?, ?, ?)',
    )
    this.#insertEvent = this.#journal.prepare('insert into events (seq, at, type, body, hash) values (?, ?, ?, ?, ?)')
    this.#setMeta = this.#journal.prepare(
      'insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value',
    )
    const newest = this.#journal.prepare('select seq, hash from events order by seq desc limit 1').get() as
      | { seq: number; hash: Uint8Array }
      | undefined
    this.#seq = newest?.seq ?? 0
    this.#hash = newest?.hash ?? GENESIS
    this.#rebuildStaleProjections()
  }

  /** Batches first, then what was derived of them: an acknowledgement needs the first, a visible effect both. */
  commit(group: Group): void {
    if (group.batches.length > 0) inTransaction(this.#readings, () => this.#writeReadings(group))
    this.#betweenCommits()
    if (group.events.length > 0 || group.answers.length > 0 || group.snapshot) this.#writeJournal(group)
  }

  #writeReadings({ batches }: Group): void {
    for (const { id, source, received_at: receivedAt, key, body } of batches)
      this.#insertBatch.run(id, source, receivedAt, key, body)
  }

  #writeJournal({ events, answers, keyframe, snapshot, readingsUpto }: Group): void {
    let [hash, seq] = [this.#hash, this.#seq]
    inTransaction(this.#journal, () => {
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
    this.#journal
      .prepare('insert or replace into answers (id, fingerprint, at, body) values (?, ?, ?, ?)')
      .run(id, fingerprint, at, body)
    this.#journal.prepare('delete from answers where at < ?').run(at - ANSWERS_KEPT_MS)
  }

  #writeSnapshot(snapshot: FlowSnapshot): void {
    this.#journal
      .prepare('insert or replace into snapshots (seq, body) values (?, ?)')
      .run(snapshot.seq, JSON.stringify(snapshot))
    this.#journal
      .prepare('delete from snapshots where seq not in (select seq from snapshots order by seq desc limit ?)')
      .run(SNAPSHOTS_KEPT)
  }

  /** In the journal, though it speaks of readings: it knows of events, and may not outlive those that a crash takes back. */
  #writeKeyframe({ batch, plan, keyframe }: NonNullable<Group['keyframe']>): void {
    this.#journal
      .prepare('insert or replace into keyframes (batch, plan, body) values (?, ?, ?)')
      .run(batch, plan, JSON.stringify(keyframe))
    this.#journal
      .prepare('delete from keyframes where batch not in (select batch from keyframes order by batch desc limit ?)')
      .run(KEYFRAMES_KEPT)
  }

  /** `plan` is the fingerprint of the rules: a keyframe of other rules does not fit. */
  load(plan: string): Loaded {
    const readingsUpto = Number(this.#meta('readings_upto') ?? 0)
    const stored = this.#journal.prepare('select body from snapshots order by seq desc limit 1').get() as
      | { body: string }
      | undefined
    const snapshot = stored ? (JSON.parse(stored.body) as FlowSnapshot) : null
    const newest = this.#readings.prepare('select id from batches order by id desc limit 1').get() as
      | { id: number }
      | undefined
    const frame = this.#journal
      .prepare('select batch, body from keyframes where plan = ? order by batch desc limit 1')
      .get(plan) as { batch: number; body: string } | undefined
    const start = this.#journal
      .prepare("select body from events where type = 'gateway.started' order by seq desc limit 1")
      .get() as { body: string } | undefined
    const started = start ? (JSON.parse(start.body) as Event & { epoch: string }) : null
    return {
      snapshot,
      events: this.eventsAfter(snapshot?.seq ?? 0),
      readingsUpto,
      newestBatch: newest?.id ?? 0,
      keyframe: frame ? { batch: frame.batch, keyframe: JSON.parse(frame.body) as Keyframe } : null,
      answers: this.#journal
        .prepare('select id, fingerprint, at, body from answers order by at, rowid')
        .all() as Answer[],
      newestAt: this.newestAt(),
      predecessor: started ? { epoch: started.epoch, seq: this.#seq } : null,
    }
  }

  /** Site time of the newest input or event; null in a new store. */
  newestAt(): number | null {
    const batch = this.#readings.prepare('select received_at as at from batches order by id desc limit 1').get() as
      | { at: number }
      | undefined
    const event = this.#journal.prepare('select at from events order by seq desc limit 1').get() as
      | { at: number }
      | undefined
    return batch || event ? Math.max(batch?.at ?? 0, event?.at ?? 0) : null
  }

  eventsAfter(seq: number): Event[] {
    const rows = this.#journal.prepare('select body from events where seq > ? order by seq').all(seq) as {
      body: string
    }[]
    return rows.map((row) => JSON.parse(row.body) as Event)
  }

  /** Batches after `id`, at most `limit`, in order. */
  batchesAfter(id: number, limit: number): BatchRow[] {
    return this.#readings
      .prepare('select id, source, received_at, key, body from batches where id > ? order by id limit ?')
      .all(id, limit) as BatchRow[]
  }

  /** Keys of the newest batches that carry one: what a re-sent message is recognised by. */
  recentKeys(limit: number): string[] {
    const rows = this.#readings
      .prepare(
        'select key from (select id, key from batches where key is not null order by id desc limit ?) order by id',
      )
      .all(limit) as { key: string }[]
    return rows.map((row) => row.key)
  }

  /**
   * Messages of one channel whose time has come, oldest first. One that follows another of the same notice waits for
   * it: nobody must hear of the end before the beginning. Read here, not in the query thread, where a chart may take long.
   */
  waitingMessages(channel: string, now: number, limit: number): OutboxRow[] {
    const rows = this.#journal
      .prepare(
        `select id, channel, attempts, next_at as nextAt, doc from outbox as own
         where state = 'queued' and channel = ? and next_at <= ? and ${UNPRECEDED} order by seq limit ?`,
      )
      .all(channel, now, limit) as { id: string; channel: string; attempts: number; nextAt: number; doc: string }[]
    return rows.map((row) => ({ ...row, doc: JSON.parse(row.doc) as OutboxDocument }))
  }

  /** Of those that wait for nothing but their time. */
  nextMessageAt(channel: string): number | null {
    const row = this.#journal
      .prepare(`select min(next_at) as at from outbox as own where state = 'queued' and channel = ? and ${UNPRECEDED}`)
      .get(channel)
    return (row as { at: number | null }).at
  }

  /** Channels that have something queued; one of them may no longer be configured. */
  waitingChannels(): string[] {
    const rows = this.#journal.prepare("select distinct channel from outbox where state = 'queued'").all() as {
      channel: string
    }[]
    return rows.map((row) => row.channel)
  }

  /** The outbox notes an attempt; the final outcome comes by an event. */
  noteAttempt(id: string, attempts: number, nextAt: number): void {
    this.#journal.prepare('update outbox set attempts = ?, next_at = ? where id = ?').run(attempts, nextAt, id)
  }

  saveCursor(target: string, batch: number): void {
    this.#readings
      .prepare(
        'insert into cursors (target, batch) values (?, ?) on conflict (target) do update set batch = excluded.batch',
      )
      .run(target, batch)
  }

  /** Input that cannot be taken, kept with its reason. */
  quarantine(at: number, origin: string, reason: string, body: string): void {
    this.#readings
      .prepare('insert into quarantine (at, origin, reason, body) values (?, ?, ?, ?)')
      .run(at, origin, reason, body)
  }

  close(): void {
    this.#readings.close()
    this.#journal.close()
  }

  #meta(key: string): string | undefined {
    return (this.#journal.prepare('select value from meta where key = ?').get(key) as { value: string } | undefined)
      ?.value
  }

  /** Rows of another shape are thrown away and made again from the journal. */
  #rebuildStaleProjections(): void {
    if (this.#meta('projections') === String(PROJECTIONS_VERSION)) return
    inTransaction(this.#journal, () => {
      this.#journal.exec(`drop table alarms; drop table orders; drop table notices; drop table outbox; ${PROJECTIONS}`)
      const rows = this.#journal.prepare('select body from events order by seq').iterate() as Iterable<{ body: string }>
      for (const { body } of rows) this.#projections.apply(JSON.parse(body) as Event)
      this.#setMeta.run('projections', String(PROJECTIONS_VERSION))
    })
  }
}
