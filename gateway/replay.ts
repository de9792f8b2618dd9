import type { Batch } from '#devices/reading.ts'
import type { Event } from '#rules/event.ts'
import type { Flow } from '#rules/flow.ts'
import { type BatchRow, batchOf } from './store/batch-codec.ts'
import type { Loaded } from './store/group.ts'
import { SeriesNames } from './store/series-names.ts'

/** What is read of a store to rebuild the core; the real store answers from its thread. */
export type ReplayStore = Readonly<{
  load(plan: string): Promise<Loaded>
  eventsAfter(seq: number): Promise<Event[]>
  batchesAfter(id: number, limit: number): Promise<BatchRow[]>
}>

export type Poisoned = Readonly<{ id: number; batch: Batch; error: Error }>
type Rejudged = Omit<Rebuilt, 'poisoned'>
export type Rebuilt = Readonly<{
  flow: Flow
  loaded: Loaded
  names: SeriesNames
  rejudged: readonly Event[]
  /** Durable batches on which the core crashes: left out, or the program could never start again. */
  poisoned: readonly Poisoned[]
}>

const PAGE = 1_000
/** More than this is not a batch gone wrong but a program. */
const MOST_POISONED = 100
/** Without a keyframe of these rules (they changed), so many batches give the newest values back. */
const WARMED_WITHOUT_KEYFRAME = 20_000

/**
 * Rebuilds the core from disk: state from snapshot and events, memory of the detectors from keyframe and log, which they
 * are fed again with their output dropped; then the batches that were durable but not yet judged are judged again, and
 * give what they would have given.
 */
export async function rebuild(store: ReplayStore, makeFlow: () => Flow, plan: string): Promise<Rebuilt> {
  const poisoned = new Map<number, Poisoned>()
  for (;;) {
    const attempt = await rebuildWithout(poisoned, store, makeFlow, plan)
    if (!('error' in attempt)) {
      // One that was left out in an earlier life was said then.
      const { readingsUpto } = attempt.loaded
      return { ...attempt, poisoned: [...poisoned.values()].filter(({ id }) => id > readingsUpto) }
    }
    if (poisoned.size >= MOST_POISONED) throw attempt.error
    // What the crash left in memory cannot be trusted: all of it once more, without this batch.
    poisoned.set(attempt.id, attempt)
  }
}

async function rebuildWithout(
  poisoned: ReadonlyMap<number, Poisoned>,
  store: ReplayStore,
  makeFlow: () => Flow,
  plan: string,
): Promise<Rejudged | Poisoned> {
  const loaded = await store.load(plan)
  const names = new SeriesNames(loaded.series)
  let flow = makeFlow()
  let { events } = loaded
  if (loaded.snapshot && !flow.restore(loaded.snapshot)) {
    flow = makeFlow()
    events = await store.eventsAfter(0)
  }
  for (const event of events) flow.apply(event)
  const observer = flow.observer(loaded.keyframe?.keyframe ?? null)
  const remember = () => {
    // All that fell due until then is in the journal.
    observer.advance(flow.at)
    flow.recall(observer.keyframe())
  }
  const rejudged: Event[] = []
  let isRemembered = false
  const from = loaded.keyframe?.batch ?? Math.max(0, loaded.readingsUpto - WARMED_WITHOUT_KEYFRAME)
  for (
    let rows = await store.batchesAfter(from, PAGE);
    rows.length > 0;
    rows = await store.batchesAfter(rows.at(-1)!.id, PAGE)
  ) {
    for (const row of rows) {
      const isJudged = row.id <= loaded.readingsUpto
      if (!isJudged && !isRemembered) remember()
      isRemembered ||= !isJudged
      if (poisoned.has(row.id)) continue
      const batch = batchOf(row, names)
      // What falls due before it is not its fault.
      if (!isJudged) rejudged.push(...flow.advance(batch.receivedAt))
      try {
        if (isJudged) observer.judge(batch, row.id)
        else rejudged.push(...flow.judge(batch, row.id))
      } catch (error) {
        return { id: row.id, batch, error: error as Error }
      }
    }
  }
  if (!isRemembered) remember()
  return { flow, loaded, names, rejudged }
}
