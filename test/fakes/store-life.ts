import { writeSync } from 'node:fs'
import type { Reading } from '#devices/reading.ts'
import { encodeReadings } from '#gateway/store/batch-codec.ts'
import { StoreCore } from '#gateway/store/core.ts'
import type { Group } from '#gateway/store/group.ts'
import { HISTORY_POLICY, type HistoryPolicy } from '#gateway/store/history/policy.ts'
import { SeriesNames } from '#gateway/store/series-names.ts'
import { openStore, type Store } from '#gateway/store/store.ts'

export const LIFE_STARTS = Date.UTC(2026, 0, 5)
export const LIFE_POINTS = Array.from({ length: 20 }, (_, i) => ({ device: `d${i % 4}`, point: `p${i >> 2}` }))
const GROUP_EVERY_MS = 10_000
const BATCHES_OF_GROUP = 2

/** What takes hours in an estate happens every few groups here. */
const IMPATIENT: HistoryPolicy = {
  ...HISTORY_POLICY,
  sealAfterMs: 25_000,
  sealAfterBytes: 2_000,
  sealAfterBytesOfEach: 20,
  mergeSpanMs: 120_000,
  logKeptMs: 60_000,
  readingsOfChunk: 100,
  ballastBytes: 0,
}

export function lifeStore(folder: string): StoreCore {
  return new StoreCore(folder, () => {}, IMPATIENT)
}

export function timeOfBatch(id: number): number {
  return LIFE_STARTS + id * (GROUP_EVERY_MS / BATCHES_OF_GROUP)
}

/** Batch `id` is the same in every life: whoever finds it can tell whether it is whole. */
export function readingsOfBatch(id: number): Reading[] {
  return LIFE_POINTS.map(({ device, point }, index) => ({
    device,
    point,
    value: index === 7 ? `word ${id % 5}` : (id * 31 + index * 7) % 1_000,
    quality: 'good',
    at: timeOfBatch(id),
  }))
}

/** Group n brings batches 2n - 1 and 2n and event n; `isLogged` when its batches are durable already. */
function groupOf(group: number, names: SeriesNames, isLogged = false): Group {
  const last = group * BATCHES_OF_GROUP
  const batches = [last - 1, last].map((id) => ({
    id,
    source: 's',
    received_at: timeOfBatch(id),
    key: `s#${id}`,
    body: encodeReadings(readingsOfBatch(id), timeOfBatch(id), names),
  }))
  return {
    batches: isLogged ? [] : batches,
    series: names.takeNew(),
    events: [{ type: 'clock.stepped', byMs: group, trace: 't', seq: group, at: timeOfBatch(last) } as never],
    answers: [],
    readingsUpto: last,
    keyframe: { batch: last, plan: 'p', keyframe: { readings: [], memories: {} } } as never,
    snapshot: null,
  }
}

type Say = (line: string) => void

/** Says what it is about to do, and what is acknowledged. */
export function live(core: StoreCore, fromGroup: number, toGroup: number, say: Say): void {
  const names = new SeriesNames(core.load('p').series)
  for (let group = fromGroup; group <= toGroup; group++) {
    say('commit')
    core.commit(groupOf(group, names))
    say(`acknowledged ${group}`)
    for (let more = true; more;) {
      say('upkeep')
      more = core.maintain(timeOfBatch(group * BATCHES_OF_GROUP))
    }
  }
}

const FAILURES_ALLOWED = 5

/** The same by the store's thread; after a failure it looks what is durable, as the gateway does, and goes on from there. */
async function liveInThread({ write, maintain }: Store, toGroup: number, say: Say): Promise<void> {
  let [failures, isSure] = [0, false]
  let [names, group, isLogged] = [new SeriesNames(), 0, false]
  while (group <= toGroup && failures <= FAILURES_ALLOWED)
    try {
      if (!isSure) {
        const { series, events, newestBatch } = await write.load('p')
        names = new SeriesNames(series)
        group = events.length + 1
        isLogged = newestBatch === group * BATCHES_OF_GROUP
        isSure = true
      }
      await write.commit(groupOf(group, names, isLogged))
      say(`acknowledged ${group++}`)
      isLogged = false
      while (await maintain(timeOfBatch(group * BATCHES_OF_GROUP)));
    } catch (error) {
      say(`failed ${(error as Error).message}`)
      failures++
      isSure = false
    }
}

// `node store-life.ts FOLDER GROUPS [thread]`: a life that a test may end, or spoil, at any system call.
if (import.meta.main) {
  const [folder, groups, where] = process.argv.slice(2)
  // At once, and not by a buffer of the stream: what was said before a kill is said.
  const say = (line: string) => void writeSync(1, `${line}\n`)
  if (where === 'thread') {
    const store = await openStore(folder!, IMPATIENT)
    await liveInThread(store, Number(groups), say)
    await store.close()
  } else live(lifeStore(folder!), 1, Number(groups), say)
}
