import { mkdirSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { Reading } from '#devices/reading.ts'
import type { Event } from '#rules/event.ts'
import type { BatchRow } from './batch-codec.ts'
import type { Group, Loaded } from './group.ts'
import { Gathering } from './history/gathering.ts'
import { type Packing, type Parcel, putDown } from './history/packing.ts'
import { type HistoryPolicy, HISTORY_POLICY } from './history/policy.ts'
import { flagsOf } from './history/run.ts'
import { Scratch } from './history/scratch.ts'
import { sealForeign } from './history/seal.ts'
import { Upkeep } from './history/upkeep.ts'
import { Journal } from './journal.ts'
import { type LetterRow, LetterTable } from './letter-table.ts'
import { type OutboxRow, OutboxTable } from './outbox-table.ts'
import { type Position, ReadingLog } from './reading-log.ts'
import { backedUpAt, backupFolder, backupOf, openOrRestore, type Restored, suspect } from './recovery.ts'
import type { StoreFile } from './schema.ts'
import { SeriesNames } from './series-names.ts'
import { type Shed, Space } from './space.ts'
import { sqliteErrorOf } from './sqlite-error.ts'

/** How the store itself is: what it had to give up, and what was found damaged. Since it was opened. */
export type Condition = Readonly<{ shed: Shed; restored: readonly Restored[]; damaged: string | null }>

const BACKUP_EVERY_MS = 24 * 3_600_000

/**
 * The one writer of both files. Synchronous but for backups, so that a simulator can run it in its own thread; the
 * gateway keeps it in a worker. `betweenCommits` is where a simulated power cut may fall.
 */
export class StoreCore {
  readonly #folder: string
  readonly #files: Readonly<Record<StoreFile, DatabaseSync>>
  readonly #log: ReadingLog
  readonly #journal: Journal
  readonly #outbox: OutboxTable
  readonly #letters: LetterTable
  readonly #upkeep: Upkeep
  readonly #space: Space
  readonly #restored: readonly Restored[]
  readonly #betweenCommits: () => void
  readonly #scratch = new Scratch()
  #names: SeriesNames | null = null
  #damaged: string | null = null
  #backedUpAt: number | null = null

  constructor(folder: string, betweenCommits: () => void = () => {}, policy: HistoryPolicy = HISTORY_POLICY) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const readings = openOrRestore(folder, 'readings.db')
    const journal = openOrRestore(folder, 'journal.db')
    this.#folder = folder
    this.#files = { 'readings.db': readings.db, 'journal.db': journal.db }
    this.#restored = [readings.restored, journal.restored].filter((each) => each !== null)
    this.#betweenCommits = betweenCommits
    this.#log = new ReadingLog(readings.db)
    this.#journal = new Journal(journal.db)
    this.#outbox = new OutboxTable(journal.db)
    this.#letters = new LetterTable(journal.db)
    this.#space = new Space(readings.db, folder, policy.ballastBytes)
    this.#upkeep = new Upkeep(
      readings.db,
      policy,
      { neededFrom: () => this.#journal.neededFrom(), ballast: () => this.#space.ballast() },
      this.#scratch,
    )
    // Of a log that was restored, the end is lost: no number is given twice.
    this.#log.goOnFrom(this.#journal.readingsUpto())
    const dating = this.#journal.dating()
    if (dating) this.#log.date(dating, dating.seq, this.#journal.neededFrom())
  }

  /** Batches first, then what was derived of them: an acknowledgement needs the first, a visible effect both. */
  commit(group: Group): void {
    this.#space.withRoom(() => this.#log.append(group.batches, group.series))
    this.#betweenCommits()
    this.#space.withRoom(() => this.#journal.write(group))
  }

  /**
   * One bounded piece of the work that keeps the log short and the history small: sealing, merging, letting go. True
   * when there is more to do at once. `now` is site time.
   */
  maintain(now: number): boolean {
    return this.#keepUp(() => this.#upkeep.step(now))
  }

  /** Of the same work what is to be packed now, for a thread that has nothing better to do; null when nothing is. */
  packingDue(now: number): Packing | null {
    return this.#keepUp(() => this.#upkeep.packingDue(now))
  }

  /** What became of it; nothing where the file says otherwise by now. */
  putDown(parcel: Parcel): void {
    this.#keepUp(() => putDown(this.#files['readings.db'], parcel))
  }

  /** A piece of what is neither packed nor put down: letting go. True when there is more to do at once. */
  tidy(now: number): boolean {
    return this.#keepUp(() => this.#upkeep.tidy(now))
  }

  #keepUp<T>(work: () => T): T {
    try {
      return this.#space.withRoom(work)
    } catch (error) {
      if (sqliteErrorOf(error) === 'corrupt') {
        this.#damaged = (error as Error).message
        suspect(this.#folder, 'readings.db')
      }
      throw error
    }
  }

  /**
   * Takes readings that were measured elsewhere, or before, into the history alone: nothing is judged of them. For a
   * store that no gateway writes to.
   */
  adopt(readings: readonly Reading[], receivedAt: number): void {
    const names = (this.#names ??= new SeriesNames(this.#log.series()))
    const gathered = new Gathering(readings.length)
    for (const reading of readings)
      gathered.push(names.idOf(reading.device, reading.point), Math.round(reading.at), reading.value, flagsOf(reading))
    this.#log.addSeries(names.takeNew())
    this.#upkeep.sealAll(this.#log.newest())
    if (gathered.length > 0) sealForeign(this.#files['readings.db'], gathered, receivedAt, this.#scratch)
  }

  /** Makes few of many segments at once, whatever time it is. */
  mergeAll(): void {
    this.#upkeep.mergeAll()
  }

  /** How large the file of readings may become, whatever room the disk has; null for no limit of our own. */
  limitReadings(bytes: number | null): void {
    this.#space.limit(bytes)
  }

  condition(): Condition {
    return { shed: this.#space.shed, restored: this.#restored, damaged: this.#damaged }
  }

  /** Once a day the journal is copied beside itself: what a damaged one is restored from. */
  async backupJournalDaily(now: number): Promise<void> {
    this.#backedUpAt ??= backedUpAt(this.#folder)
    if (this.#backedUpAt !== null && now - this.#backedUpAt < BACKUP_EVERY_MS && now >= this.#backedUpAt) return
    this.#backedUpAt = now
    await backupOf(this.#files['journal.db'], 'journal.db', backupFolder(this.#folder))
  }

  /** `plan` is the fingerprint of the rules: a keyframe of other rules does not fit. */
  load(plan: string): Loaded {
    return {
      ...this.#journal.load(plan),
      newestBatch: this.#log.newest(),
      newestAt: this.newestAt(),
      series: this.#log.series(),
    }
  }

  /** Site time of the newest input or event; null in a new store. */
  newestAt(): number | null {
    const [batch, event] = [this.#log.newestAt(), this.#journal.newestAt()]
    return batch === null && event === null ? null : Math.max(batch ?? 0, event ?? 0)
  }

  eventsAfter(seq: number): Event[] {
    return this.#journal.after(seq)
  }

  batchesAfter(id: number, limit: number): BatchRow[] {
    return this.#log.after(id, limit)
  }

  recentKeys(limit: number): string[] {
    return this.#log.recentKeys(limit)
  }

  waitingMessages(channel: string, now: number, limit: number): OutboxRow[] {
    return this.#outbox.waiting(channel, now, limit)
  }

  nextMessageAt(channel: string): number | null {
    return this.#outbox.nextAt(channel)
  }

  waitingChannels(): string[] {
    return this.#outbox.channels()
  }

  unconfirmedMessages(channel: string, now: number, limit: number): OutboxRow[] {
    return this.#outbox.unconfirmed(channel, now, limit)
  }

  nextReceiptAt(channel: string): number | null {
    return this.#outbox.nextReceiptAt(channel)
  }

  noteAttempt(id: string, attempts: number, nextAt: number, isDoubtful = false): void {
    this.#outbox.noteAttempt(id, attempts, nextAt, isDoubtful)
  }

  noteSend(accounts: readonly string[], at: number): void {
    this.#outbox.noteSend(accounts, at)
  }

  sendsOf(account: string, since: number, most: number): number[] {
    return this.#outbox.sendsOf(account, since, most)
  }

  waitingLetters(...wanted: Parameters<LetterTable['waiting']>): LetterRow[] {
    return this.#letters.waiting(...wanted)
  }

  nextLetterAt(...of: Parameters<LetterTable['nextAt']>): number | null {
    return this.#letters.nextAt(...of)
  }

  noteLetter(...attempt: Parameters<LetterTable['noteAttempt']>): void {
    this.#letters.noteAttempt(...attempt)
  }

  saveCursor(target: string, position: Position): void {
    this.#log.saveCursor(target, position)
  }

  quarantine(at: number, origin: string, reason: string, body: string): void {
    this.#log.quarantine(at, origin, reason, body)
  }

  close(): void {
    for (const db of Object.values(this.#files)) db.close()
  }
}
