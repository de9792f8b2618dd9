import { closeSync, existsSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { HOURS, MINUTES } from './history/policy.ts'
import { sqliteErrorOf } from './sqlite-error.ts'

/** What had to be let go because the disk was full, since the store was opened. `from` and `to` are source times in ms. */
export type Shed = Readonly<{ readings: number; from: number | null; to: number | null }>

/** `points` is null for what is summed up. */
type Old = Readonly<{ id: number; from_at: number; to_at: number; points: number | null; bytes: number }>

const PIECE_BYTES = 1_048_576
/** Of the file, so much goes at a time: less, and the next commit would be back in the same place. */
const SHED_AT_ONCE = 0.02

/**
 * Room for what must not be lost (F05). A file of nothing, the ballast, is given up first when the disk is full; then the
 * oldest of the history goes, never an event. Once there is room again the ballast is laid down anew.
 */
export class Space {
  readonly #db: DatabaseSync
  readonly #folder: string
  readonly #file: string
  readonly #ballastBytes: number
  #shed: Shed = { readings: 0, from: null, to: null }

  constructor(db: DatabaseSync, folder: string, ballastBytes: number) {
    this.#db = db
    this.#folder = folder
    this.#file = join(folder, 'ballast')
    this.#ballastBytes = ballastBytes
  }

  get shed(): Shed {
    return this.#shed
  }

  /** The file may become so large, whatever room the disk has; null for no limit. */
  limit(bytes: number | null): void {
    const { page_size: size } = this.#db.prepare('pragma page_size').get() as { page_size: number }
    // 2^32 - 2 pages are what SQLite can count.
    this.#db.exec(`pragma max_page_count = ${bytes === null ? 4_294_967_294 : Math.ceil(bytes / size)}`)
  }

  /** Runs `write` again after making room, as long as it fails for want of room and there is any to make. */
  withRoom<T>(write: () => T): T {
    for (;;) {
      try {
        return write()
      } catch (error) {
        if (sqliteErrorOf(error) !== 'full' || !this.#makeRoom()) throw error
      }
    }
  }

  #makeRoom(): boolean {
    if (existsSync(this.#file)) {
      rmSync(this.#file)
      return true
    }
    const hasShed = this.#shedOldest()
    // The pages that became free stand in the write-ahead file yet, and that takes room as well.
    this.#db.exec('pragma wal_checkpoint(truncate); pragma incremental_vacuum')
    return hasShed
  }

  /** Readings and sums of minutes by age; sums of hours are small, and go when nothing else is left. */
  #shedOldest(): boolean {
    const { size } = this.#db
      .prepare('select page_count * page_size as size from pragma_page_count(), pragma_page_size()')
      .get() as { size: number }
    let bytes = 0
    for (const old of [...this.#oldest(MINUTES), ...this.#oldest(HOURS)]) {
      if (bytes >= size * SHED_AT_ONCE) break
      this.#db
        .prepare(old.points === null ? 'delete from rollups where id = ?' : 'delete from chunks where id = ?')
        .run(old.id)
      bytes += old.bytes
      if (old.points !== null) this.#note(old.points, old.from_at, old.to_at)
    }
    return bytes > 0
  }

  #oldest(tier: number): Old[] {
    const chunks =
      tier === MINUTES ? 'select id, from_at, to_at, points, length(body) as bytes from chunks union all' : ''
    return this.#db
      .prepare(
        `select * from (${chunks} select id, from_at, to_at, null as points, length(body) as bytes from rollups where tier = ?)
         order by to_at limit 500`,
      )
      .all(tier) as Old[]
  }

  #note(readings: number, from: number, to: number): void {
    this.#shed = {
      readings: this.#shed.readings + readings,
      from: Math.min(this.#shed.from ?? Infinity, from),
      to: Math.max(this.#shed.to ?? -Infinity, to),
    }
  }

  /** Lays the ballast down while nothing else is to do; written, not only claimed, for a hole takes no room. */
  *ballast(): Generator<void> {
    const written = existsSync(this.#file) ? statSync(this.#file).size : 0
    if (written >= this.#ballastBytes) return
    const { bavail, bsize } = statfsSync(this.#folder)
    if (bavail * bsize < 3 * this.#ballastBytes) return
    const piece = new Uint8Array(PIECE_BYTES)
    for (let size = written; size < this.#ballastBytes; size += PIECE_BYTES) {
      const file = openSync(this.#file, 'a', 0o600)
      try {
        writeSync(file, piece)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      yield
    }
  }
}
