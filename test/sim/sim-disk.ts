import { StoreCore } from '#gateway/store/core.ts'
import type { PipelineStore } from '#gateway/pipeline.ts'
import type { Group } from '#gateway/store/group.ts'
import { HISTORY_POLICY, type HistoryPolicy } from '#gateway/store/history/policy.ts'

/**
 * What befalls the next commit. A cut is the power: the process is dead at that point. A failure is the disk's: the
 * program lives and is told. `{ statement }`: the power goes in the middle of the journal's transaction, after the rows of
 * so many events.
 */
export type Fate =
  | 'cutBefore'
  | 'cutBetween'
  | 'cutAfter'
  | 'failBefore'
  | 'failBetween'
  | 'failAfter'
  | Readonly<{ statement: number }>

type DiskOptions = Readonly<{
  onDeath(): void
  /** The first of the two files has it; then the second. */
  onReadings(group: Group): void
  onJournal(group: Group): void
  onQuarantine(body: string): void
  /** How long the disk takes. */
  wait(): Promise<void>
}>

/** What takes hours in an estate happens every few minutes here. */
const IMPATIENT: HistoryPolicy = {
  ...HISTORY_POLICY,
  sealAfterMs: 15_000,
  sealAfterBytes: 2_000,
  sealAfterBytesOfEach: 20,
  mergeSpanMs: 120_000,
  logKeptMs: 60_000,
  readingsOfChunk: 100,
  ballastBytes: 0,
}

export const DISK_ERROR = 'disk I/O error'

class PowerCut extends Error {}
const never = new Promise<never>(() => {})

/** The real store in this thread, on real files; each of its calls may be the last of its life. */
export class SimDisk {
  readonly core: StoreCore
  isDead = false
  fate: Fate | null = null
  /** The fate waits for a commit that carries events. */
  fateNeedsEvents = false
  readonly #options: DiskOptions
  #between: () => void = () => {}

  constructor(folder: string, options: DiskOptions) {
    this.#options = options
    this.core = new StoreCore(folder, () => this.#between(), IMPATIENT)
  }

  /** Some pieces of sealing, merging and letting go; where a life ends, what was half done begins again in the next. */
  maintain(now: number, pieces: number): void {
    for (let i = 0; i < pieces && !this.isDead && this.core.maintain(now); i++);
  }

  die(): void {
    if (this.isDead) return
    this.isDead = true
    this.core.close()
    this.#options.onDeath()
  }

  /** The store as the pipeline sees it: promises, which of a dead process never settle. */
  asStore(): PipelineStore {
    const call = async <T>(read: () => T): Promise<T> => (this.isDead ? never : read())
    return {
      commit: (group) => this.#commit(group),
      load: async (plan) => {
        await this.#options.wait()
        return call(() => this.core.load(plan))
      },
      eventsAfter: (seq) => call(() => this.core.eventsAfter(seq)),
      batchesAfter: (id, limit) => call(() => this.core.batchesAfter(id, limit)),
      recentKeys: (limit) => call(() => this.core.recentKeys(limit)),
      quarantine: async (at, origin, reason, body) => {
        await this.#options.wait()
        return call(() => {
          this.core.quarantine(at, origin, reason, body)
          this.#options.onQuarantine(body)
        })
      },
    }
  }

  async #commit(group: Group): Promise<void> {
    await this.#options.wait()
    if (this.isDead) return never
    const fate = this.fateNeedsEvents && group.events.length === 0 ? null : this.fate
    if (fate === 'cutBefore') return this.#cut()
    if (fate === 'failBefore') this.#fail()
    this.#between = () => {
      this.#options.onReadings(group)
      if (fate === 'cutBetween') throw new PowerCut()
      if (fate === 'failBetween') this.#fail()
    }
    try {
      this.core.commit(
        typeof fate === 'object' && fate ? { ...group, events: cutAfter(group.events, fate.statement) } : group,
      )
    } catch (error) {
      if (error instanceof PowerCut) return this.#cut()
      throw error
    }
    this.#options.onJournal(group)
    if (fate === 'cutAfter') return this.#cut()
    if (fate === 'failAfter') this.#fail()
    await this.#options.wait()
    return this.isDead ? never : undefined
  }

  #cut(): Promise<never> {
    this.die()
    return never
  }

  #fail(): never {
    this.fate = null
    throw new Error(DISK_ERROR)
  }
}

/** The events of a group, with the power going after `count` of them were written. */
function cutAfter<T>(events: readonly T[], count: number): readonly T[] {
  return Object.assign([...events], {
    *[Symbol.iterator]() {
      for (let i = 0; i < Math.min(count, events.length); i++) yield events[i]!
      throw new PowerCut()
    },
  })
}
