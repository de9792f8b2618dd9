import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Reading } from '#devices/reading.ts'
import { Latest } from '#gateway/latest.ts'
import { encodeReadings } from '#gateway/store/batch-codec.ts'
import { ByteWriter } from '#gateway/store/bytes.ts'
import type { Group } from '#gateway/store/group.ts'
import { HISTORY_POLICY } from '#gateway/store/history/policy.ts'
import { SeriesNames } from '#gateway/store/series-names.ts'
import { openStore, type Store } from '#gateway/store/store.ts'
import { percentile } from '../figure.ts'
import { DATA_STARTS, MixedData, pointOf } from './mixed-data.ts'
import { type Cost, costSince, costSoFar, peakMemory } from './process-cost.ts'

const PLAN = 'bench'
const HOUR_MS = 3_600_000
/** As the pipeline packs them. */
const KEYFRAME_EVERY = 2_000
/** Readers look in so often, over somewhat more than the time between two seals. */
const LOOKS = 20
const SECONDS_BETWEEN_LOOKS = 17

export type Ingested = Readonly<{
  points: number
  wallMs: number
  cost: Cost
  /** Of the pieces of upkeep, in ms: so long a commit may have to wait. */
  pieces: Readonly<{ p50: number; p99: number; longest: number }>
  peakBytes: number
  newestMs: readonly number[]
  lastHourMs: readonly number[]
}>

export type Settled = Readonly<{ points: number; cost: Cost; longestPieceMs: number }>
export type Reopened = Readonly<{ ms: number; batches: number }>

/**
 * Commits one batch for each simulated second, each durable before the next, as fast as it goes, with the upkeep between
 * them; what it takes to make the readings up is not in the figures. Then readers look in while it goes on. `goOn` commits
 * until it is killed.
 */
export async function ingest(
  folder: string,
  series: number,
  seconds: number,
): Promise<Ingested & { goOn: () => void }> {
  layDownBallast(folder)
  const makingUpUs = await costOfMakingUp(series, seconds)
  const store = await openStore(folder)
  const feed = await feedOf(store, series)
  const before = costSoFar()
  const startedAt = performance.now()
  const upkeep = keepUp(store, feed)
  for (let second = 0; second < seconds; second++) await feed.commit()
  const wallMs = performance.now() - startedAt - feed.madeUpMs()
  const { cpuUs, ...written } = costSince(before)
  const cost = { cpuUs: cpuUs - makingUpUs, ...written }
  const looks = []
  for (let look = 0; look < LOOKS; look++) {
    for (let second = 0; second < SECONDS_BETWEEN_LOOKS; second++) await feed.commit()
    looks.push(await lookIn(store, feed, (look * 7) % series))
  }
  return {
    points: series * seconds,
    wallMs,
    cost,
    pieces: upkeep.pieces(),
    peakBytes: peakMemory(),
    newestMs: looks.map(({ newestMs }) => newestMs),
    lastHourMs: looks.map(({ lastHourMs }) => lastHourMs),
    goOn: () =>
      void (async () => {
        for (;;) await feed.commit()
      })(),
  }
}

/** Seals and merges all there is, an hour later; what that costs. The store is closed, and its files are whole, then. */
export async function settle(folder: string): Promise<Settled> {
  const store = await openStore(folder)
  const { newestBatch, series, newestAt } = await store.write.load(PLAN)
  await store.write.commit(group(newestBatch, [], []))
  const before = costSoFar()
  let longestPieceMs = 0
  const held = (ms: number) => {
    longestPieceMs = Math.max(longestPieceMs, ms)
  }
  while (await maintain(store, newestAt! + 2 * HOUR_MS, () => -Infinity, held));
  const cost = costSince(before)
  await store.close()
  return { points: newestBatch * series.length, cost, longestPieceMs }
}

/** From nothing to a store that a gateway could go on with, in ms. */
export async function reopen(folder: string): Promise<Reopened> {
  const startedAt = performance.now()
  const store = await openStore(folder)
  const { newestBatch } = await store.write.load(PLAN)
  const ms = performance.now() - startedAt
  await store.close()
  return { ms, batches: newestBatch }
}

type Feed = Readonly<{
  commit(): Promise<void>
  now(): number
  nextSecond(): Promise<void>
  lastReplyAt(): number
  madeUpMs(): number
  newest(): readonly Reading[]
  latest: Latest
  devices: readonly string[]
}>

/** What the readings themselves cost, and the garbage that they are: nothing of it is the store's. */
async function costOfMakingUp(series: number, seconds: number): Promise<number> {
  const data = new MixedData(series)
  const before = costSoFar()
  let held: unknown
  for (let second = 0; second < seconds; second++) {
    held = data.second()
    await new Promise(setImmediate)
  }
  void held
  return costSince(before).cpuUs
}

async function feedOf(store: Store, series: number): Promise<Feed> {
  const names = new SeriesNames((await store.write.load(PLAN)).series)
  const [data, scratch] = [new MixedData(series), new ByteWriter(8_192)]
  let [id, now, lastReplyAt, madeUpMs] = [0, DATA_STARTS, 0, 0]
  let next = Promise.withResolvers<void>()
  let newest: readonly Reading[] = []
  return {
    nextSecond: () => next.promise,
    now: () => now,
    lastReplyAt: () => lastReplyAt,
    madeUpMs: () => madeUpMs,
    newest: () => newest,
    latest: new Latest(),
    devices: [...new Set(Array.from({ length: series }, (_, i) => pointOf(i).device))],
    async commit() {
      const startedAt = performance.now()
      const { at, readings } = data.second()
      madeUpMs += performance.now() - startedAt
      now = at
      newest = readings
      next.resolve()
      next = Promise.withResolvers()
      const body = encodeReadings(readings, at, names, scratch)
      const batch = { id: ++id, source: 'bench', received_at: at, key: null, body }
      await store.write.commit(group(id, [batch], names.takeNew(), id % KEYFRAME_EVERY === 0 ? readings : null))
      lastReplyAt = performance.now()
    },
  }
}

function group(
  upto: number,
  batches: Group['batches'],
  series: Group['series'],
  newest: readonly Reading[] | null = [],
): Group {
  const checkpoint =
    newest === null
      ? { keyframe: null, snapshot: null }
      : {
          keyframe: { batch: upto, plan: PLAN, keyframe: { readings: newest, memories: {} } as never },
          snapshot: { seq: 0 } as never,
        }
  return { batches, series, events: [], answers: [], readingsUpto: upto, ...checkpoint }
}

/** As `gateway/upkeep.ts` does it: a piece after the other while there is more to do, else again a second later. */
function keepUp(store: Store, feed: Feed) {
  const durations: number[] = []
  void (async () => {
    for (;;) {
      const isMore = await maintain(store, feed.now(), feed.lastReplyAt, (ms) => durations.push(ms))
      if (!isMore) await feed.nextSecond()
    }
  })().catch(() => {})
  return {
    pieces: () => ({
      p50: percentile(durations, 0.5),
      p99: percentile(durations, 0.99),
      longest: percentile(durations, 1),
    }),
  }
}

/** As the store does it; `held` is told of each piece for how long the thread that commits was busy with it. */
async function maintain(
  { read, write }: Store,
  now: number,
  lastReplyAt: () => number,
  held: (ms: number) => void,
): Promise<boolean> {
  const timed = async <T>(piece: Promise<T>): Promise<T> => {
    const postedAt = performance.now()
    const result = await piece
    // A commit that was before it in the queue is not its own time.
    held(performance.now() - Math.max(postedAt, lastReplyAt()))
    return result
  }
  const packing = await timed(write.packingDue(now))
  if (!packing) return timed(write.tidy(now))
  const parcel = await read.pack(packing)
  if (parcel) await timed(write.putDown(parcel))
  return true
}

/** Last values as the gateway tells them: from memory, where each durable batch is taken in. */
async function lookIn(store: Store, feed: Feed, index: number): Promise<{ newestMs: number; lastHourMs: number }> {
  const { device, point } = pointOf(index)
  const startedAt = performance.now()
  feed.latest.take({ source: '', receivedAt: feed.now(), readings: feed.newest() })
  const told = feed.devices.map((device) => [...feed.latest.of(device).values()])
  const midway = performance.now()
  if (told.flat().length !== feed.newest().length) throw new Error('a point has no last value')
  const now = feed.now()
  await store.read.series(device, point, { from: now - HOUR_MS, to: now, buckets: 200 })
  return { newestMs: midway - startedAt, lastHourMs: performance.now() - midway }
}

/** 64 MB of nothing that are laid down once in the life of a store are not what a reading costs. */
function layDownBallast(folder: string): void {
  const file = join(folder, 'ballast')
  writeFileSync(file, '')
  truncateSync(file, HISTORY_POLICY.ballastBytes)
}
