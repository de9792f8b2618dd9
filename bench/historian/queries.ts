import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { encodeReadings } from '#gateway/store/batch-codec.ts'
import { StoreCore } from '#gateway/store/core.ts'
import { Gathering } from '#gateway/store/history/gathering.ts'
import type { RunReadings } from '#gateway/store/history/run.ts'
import { Scratch } from '#gateway/store/history/scratch.ts'
import { sealForeign } from '#gateway/store/history/seal.ts'
import { SeriesNames } from '#gateway/store/series-names.ts'
import { openStore } from '#gateway/store/store.ts'
import { DATA_STARTS, MixedData, pointOf } from './mixed-data.ts'

const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
const SECONDS_OF_HOUR = 3_600
export const [DAYS, SERIES, ASKED, REPETITIONS, BUCKETS] = [30, 16, 4, 50, 1_000]
const DATA_ENDS = DATA_STARTS + DAYS * DAY_MS

/** Times in ms; the first is the one nothing was read before. */
export type Answered = Readonly<{ rawMs: readonly number[]; bucketsMs: readonly number[]; entries: number }>

/** How one side answers: entries got. */
export type Asked = Readonly<{
  raw(device: string, point: string, from: number, to: number): Promise<number>
  buckets(device: string, point: string, from: number, to: number, count: number): Promise<number>
}>

/** One hour of the points: the values of each second by number of the point. */
export type Hour = readonly Readonly<{ at: number; values: readonly (number | boolean)[] }>[]

/** Thirty days of one group of points, as the upkeep leaves them; `also` gets each hour as well. */
export async function fill(folder: string, also: (hour: Hour) => Promise<void>): Promise<void> {
  const core = new StoreCore(folder)
  const data = new MixedData(SERIES)
  const names = Array.from({ length: SERIES }, (_, i) => ({ id: i, ...pointOf(i) }))
  core.commit({
    batches: [emptyBatch],
    series: names,
    events: [],
    answers: [],
    readingsUpto: 1,
    keyframe: null,
    snapshot: null,
  })
  const scratch = new Scratch()
  const db = new DatabaseSync(join(folder, 'readings.db'))
  for (let hour = 0; hour < DAYS * 24; hour++) {
    const seconds = Array.from({ length: SECONDS_OF_HOUR }, () => data.values())
    const posted = also(seconds)
    const gathered = new Gathering(SECONDS_OF_HOUR * SERIES)
    for (const { at, values } of seconds) for (const [i, value] of values.entries()) gathered.push(i, at, value, 0)
    sealForeign(db, gathered, seconds.at(-1)!.at, scratch)
    await posted
  }
  db.close()
  core.mergeAll()
  core.close()
}

const emptyBatch = {
  id: 1,
  source: 'bench',
  received_at: DATA_STARTS,
  key: null,
  body: encodeReadings([], DATA_STARTS, new SeriesNames()),
}

/** Asks for a day of readings, another each time, and for all thirty days in buckets; a quarter of the points each. */
export async function ask({ raw, buckets }: Asked): Promise<Answered> {
  const [rawMs, bucketsMs]: [number[], number[]] = [[], []]
  let entries = 0
  for (let i = 0; i < REPETITIONS; i++) {
    const { device, point } = pointOf(i % ASKED)
    const from = DATA_STARTS + (i % (DAYS - 1)) * DAY_MS
    rawMs.push(await timed(async () => void (entries += await raw(device, point, from, from + DAY_MS))))
  }
  for (let i = 0; i < REPETITIONS; i++) {
    const { device, point } = pointOf(i % ASKED)
    bucketsMs.push(
      await timed(async () => void (entries += await buckets(device, point, DATA_STARTS, DATA_ENDS, BUCKETS))),
    )
  }
  return { rawMs, bucketsMs, entries }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** Every time and value is looked at, as a chart or an export does: influxd's answer is parsed to as much. */
function numbersIn({ run }: RunReadings): number {
  const { times, numbers } = run
  let count = 0
  for (let i = 0; i < times.length; i++) if (Number.isFinite(times[i]! + numbers[i]!)) count++
  return count
}

/** Ours, through the thread that reads. */
export async function query(folder: string): Promise<Answered> {
  const { read, close } = await openStore(folder)
  const answered = await ask({
    raw: async (device, point, from, to) => numbersIn(await read.readingsOf(device, point, from, to)),
    buckets: async (device, point, from, to, buckets) =>
      (await read.series(device, point, { from, to, buckets })).length,
  })
  await close()
  return answered
}
