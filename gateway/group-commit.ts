import type { Timers } from './clock.ts'
import type { Group } from './store/group.ts'
import { PendingGroup } from './store/pending-group.ts'

const COMMIT_SOON_MS = 20
const COMMIT_LATEST_MS = 1_000

type Hands = Readonly<{
  clock: Timers
  /** False while memory is being rebuilt: what waits then is of no core. */
  mayCommit(): boolean
  /** What is written for the group; the last moment to add to it. */
  pack(group: PendingGroup): Group
  write(group: Group): Promise<void>
  /** The group is durable, and nobody was told yet. */
  committed(group: PendingGroup): void
  /** A commit failed: memory is ahead of the disk. `lost` is what failed and what was built on it. */
  failed(lost: readonly PendingGroup[], error: Error): void
  /** The failure, or the crash, has been dealt with: memory may be built again. */
  rebuild(): void
}>

/**
 * What was decided waits here for the next commit: at most 20 ms when somebody waits for it, else a second. One commit
 * is under way at a time; what comes meanwhile shares the next one.
 */
export class GroupCommit {
  readonly #hands: Hands
  #waiting = new PendingGroup()
  /** False when it failed. */
  #committing: Promise<boolean> | null = null
  #isUrgent = false
  #cancelCommit: (() => void) | null = null

  constructor(hands: Hands) {
    this.#hands = hands
  }

  /** The group that goes with the next commit. */
  get waiting(): PendingGroup {
    return this.#waiting
  }

  within(isUrgent: boolean): void {
    if (this.#committing || (this.#cancelCommit && (this.#isUrgent || !isUrgent))) {
      this.#isUrgent ||= isUrgent
      return
    }
    this.#cancelCommit?.()
    this.#isUrgent = isUrgent
    const waitMs = isUrgent ? COMMIT_SOON_MS : COMMIT_LATEST_MS
    this.#cancelCommit = this.#hands.clock.delay(waitMs, () => this.#commit())
  }

  /** Commits what waits, and returns when nothing is left uncommitted. */
  async flush(): Promise<void> {
    while (this.#committing || !this.#waiting.isEmpty) {
      if (!this.#committing) this.#commit()
      await this.#committing
    }
  }

  cancel(): void {
    this.#cancelCommit?.()
  }

  /** The core crashed: what was complete is committed still, and then, whatever becomes of it, memory is built again. */
  crash(error: Error): void {
    const group = this.#takeWaiting()
    const before = this.#committing ?? Promise.resolve(true)
    this.#under(
      before.then(async (isBeforeDurable) => {
        // What stood on a commit that failed falls with it, and the rebuilding has begun already.
        if (!isBeforeDurable) this.#hands.failed([group], error)
        return isBeforeDurable && (group.isEmpty || (await this.#write(group)))
      }),
      // After a failure before it, the rebuilding has begun.
      async () => void ((await before) && this.#hands.rebuild()),
    )
  }

  #commit(): void {
    this.#cancelCommit?.()
    this.#cancelCommit = null
    this.#isUrgent = false
    if (this.#committing || this.#waiting.isEmpty || !this.#hands.mayCommit()) return
    this.#under(this.#write(this.#takeWaiting()), (isDurable) => {
      // Whoever came meanwhile has waited for this commit already.
      if (!isDurable) this.#hands.rebuild()
      else if (this.#isUrgent) this.#commit()
      else if (!this.#waiting.isEmpty) this.within(false)
    })
  }

  /** Nothing else is committed until `writing` is done; `after` comes then. */
  #under(writing: Promise<boolean>, after: (isDurable: boolean) => void | Promise<void>): void {
    const committing = writing.then(async (isDurable) => {
      if (this.#committing === committing) this.#committing = null
      await after(isDurable)
      return isDurable
    })
    this.#committing = committing
  }

  /** One commit; false when it failed, and memory with it. */
  #write(group: PendingGroup): Promise<boolean> {
    return this.#hands.write(this.#hands.pack(group)).then(
      () => {
        this.#hands.committed(group)
        group.resolve()
        return true
      },
      (error: Error) => {
        this.#hands.failed([group, this.#takeWaiting()], error)
        return false
      },
    )
  }

  #takeWaiting(): PendingGroup {
    const group = this.#waiting
    this.#waiting = new PendingGroup()
    return group
  }
}
