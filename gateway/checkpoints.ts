import type { Flow } from '#rules/flow.ts'
import type { Loaded } from './store/group.ts'
import type { PendingGroup } from './store/pending-group.ts'

const KEYFRAME_EVERY = 2_000
const SNAPSHOT_EVERY = 1_000

/** When a commit carries what makes the next start short: what the stages know, and what the detectors know. */
export class Checkpoints {
  /** Number of the batch of the newest keyframe, and place of the event of the newest snapshot. */
  #keyframe = 0
  #snapshot = 0

  /** As the disk has them. */
  load({ keyframe, snapshot }: Loaded): void {
    this.#keyframe = keyframe?.batch ?? 0
    this.#snapshot = snapshot?.seq ?? 0
  }

  /** Something happened to the detectors that the log does not tell: the next commit has to carry what they know. */
  wish(): void {
    this.#keyframe = -Infinity
  }

  isDue(newestBatch: number, flow: Flow): boolean {
    return newestBatch - this.#keyframe >= KEYFRAME_EVERY || flow.seq - this.#snapshot >= SNAPSHOT_EVERY
  }

  /** `plan` is the fingerprint of the rules whose memory this is. */
  put(group: PendingGroup, flow: Flow, newestBatch: number, plan: string): PendingGroup {
    this.#keyframe = newestBatch
    this.#snapshot = flow.seq
    group.keep({ batch: newestBatch, plan, keyframe: flow.keyframe() }, flow.snapshot())
    return group
  }
}
