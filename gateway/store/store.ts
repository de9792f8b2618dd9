import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { Fault } from '#devices/fault.ts'
import type { StoreCore } from './core.ts'
import type { Queries } from './queries.ts'
import { HISTORY_POLICY, type HistoryPolicy } from './history/policy.ts'
import { readingsOf, Run, type RunReadings } from './history/run.ts'
import { connect, errorOf, type Opened, type Remote } from './rpc.ts'

type Writing = Pick<
  StoreCore,
  | 'commit'
  | 'load'
  | 'newestAt'
  | 'eventsAfter'
  | 'batchesAfter'
  | 'recentKeys'
  | 'noteAttempt'
  | 'waitingMessages'
  | 'waitingChannels'
  | 'nextMessageAt'
  | 'waitingLetters'
  | 'nextLetterAt'
  | 'noteLetter'
  | 'unconfirmedMessages'
  | 'nextReceiptAt'
  | 'noteSend'
  | 'sendsOf'
  | 'saveCursor'
  | 'quarantine'
  | 'maintain'
  | 'packingDue'
  | 'putDown'
  | 'tidy'
  | 'condition'
  | 'backupJournalDaily'
>
type Reading = Pick<
  Queries,
  | 'list'
  | 'get'
  | 'eventsAfter'
  | 'eventsOfAlarm'
  | 'unaddressed'
  | 'reachOf'
  | 'reachOfHome'
  | 'reachOfContact'
  | 'reachTasks'
  | 'alarmHealth'
  | 'month'
  | 'columnsOf'
  | 'extentOf'
  | 'series'
  | 'stuck'
  | 'seriesNames'
  | 'describe'
  | 'linesAfter'
  | 'logEnd'
  | 'skipTo'
  | 'linesOfRange'
  | 'cursorOf'
  | 'counts'
  | 'outboxCounts'
  | 'undelivered'
  | 'messageRow'
  | 'pack'
>

/** Keeps the generics of `list` and `get`, which a mapped type would lose. Readings cross as columns, and stay such. */
type ReadRemote = Omit<Remote<Reading>, 'list' | 'get' | 'columnsOf'> & {
  readingsOf(...range: Parameters<Queries['readingsOf']>): Promise<RunReadings>
  list<T extends Parameters<Queries['list']>[0]>(
    table: T,
    query: Parameters<Queries['list']>[1],
  ): Promise<ReturnType<typeof Queries.prototype.list<T>>>
  get<T extends Parameters<Queries['get']>[0]>(
    table: T,
    id: string,
  ): Promise<ReturnType<typeof Queries.prototype.get<T>>>
}

/** The data folder as the gateway sees it: one writer, one reader, each in a thread of its own. */
export type Store = Readonly<{
  write: Remote<Writing>
  read: ReadRemote
  /**
   * One bounded piece of upkeep, at site time `now`; true when there is more to do at once. What takes long is done by the
   * thread that reads: no commit waits for it.
   */
  maintain(now: number): Promise<boolean>
  /** Resolves with the reason when a thread ends by itself: the program cannot go on. */
  failed: Promise<Error>
  close(): Promise<void>
}>

/** A thread that only writes or reads needs little; a chart of a month still fits. */
const LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 256 }

const WRITING = [
  'commit',
  'load',
  'newestAt',
  'eventsAfter',
  'batchesAfter',
  'recentKeys',
  'noteAttempt',
  'waitingMessages',
  'waitingChannels',
  'nextMessageAt',
  'waitingLetters',
  'nextLetterAt',
  'noteLetter',
  'unconfirmedMessages',
  'nextReceiptAt',
  'noteSend',
  'sendsOf',
  'saveCursor',
  'quarantine',
  'maintain',
  'packingDue',
  'putDown',
  'tidy',
  'condition',
  'backupJournalDaily',
  'close',
] as const
const READING = [
  'list',
  'get',
  'eventsAfter',
  'eventsOfAlarm',
  'unaddressed',
  'reachOf',
  'reachOfHome',
  'reachOfContact',
  'reachTasks',
  'alarmHealth',
  'month',
  'columnsOf',
  'extentOf',
  'series',
  'stuck',
  'seriesNames',
  'describe',
  'linesAfter',
  'logEnd',
  'skipTo',
  'linesOfRange',
  'cursorOf',
  'counts',
  'outboxCounts',
  'undelivered',
  'messageRow',
  'pack',
  'close',
] as const

export async function openStore(folder: string, policy: HistoryPolicy = HISTORY_POLICY): Promise<Store> {
  const writer = await startThread<Writing & { close(): void }>(
    new URL('./store-worker.ts', import.meta.url),
    { folder, policy },
    WRITING,
  )
  const reader = await startThread<Reading & { close(): void }>(
    new URL('./query-worker.ts', import.meta.url),
    { folder },
    READING,
  )
  return {
    write: writer.remote,
    read: withReadings(reader.remote),
    maintain: (now) => maintain(writer.remote, reader.remote, now),
    failed: Promise.race([writer.failed, reader.failed]),
    async close() {
      await reader.stop()
      await writer.stop()
    },
  }
}

async function maintain(write: Remote<Writing>, read: Pick<Remote<Reading>, 'pack'>, now: number): Promise<boolean> {
  const packing = await write.packingDue(now)
  if (!packing) return write.tidy(now)
  const parcel = await read.pack(packing).catch(() => null)
  // What could not be read there is dealt with, or said, by the writer.
  if (!parcel) return write.maintain(now)
  await write.putDown(parcel)
  return true
}

function withReadings({ columnsOf, ...rest }: Remote<Reading>): ReadRemote {
  return {
    ...(rest as unknown as Omit<ReadRemote, 'readingsOf'>),
    async readingsOf(device, point, from, to) {
      return readingsOf({ device, point }, Run.of(await columnsOf(device, point, from, to)))
    },
  }
}

async function startThread<T extends { close(): void }>(
  url: URL,
  workerData: object,
  methods: readonly (keyof T & string)[],
) {
  const worker = new Worker(url, { workerData, resourceLimits: LIMITS })
  const ended = new Promise<Error>((resolve) => {
    worker.once('error', (error) => resolve(error instanceof Error ? error : new Error(String(error))))
    worker.once('exit', (code) => resolve(new Fault('store_failed', { detail: `thread ended with ${code}` })))
  })
  const opened = await Promise.race([once(worker, 'message') as Promise<[Opened]>, ended])
  const refusal = opened instanceof Error ? opened : opened[0].refusal && errorOf(opened[0].refusal)
  if (refusal) {
    await worker.terminate()
    throw refusal
  }
  const { remote, fail } = connect<T>(worker, methods)
  let isStopping = false
  const failed = new Promise<Error>((resolve) => {
    void ended.then((error) => {
      fail(error)
      if (!isStopping) resolve(error)
    })
  })
  return {
    remote,
    failed,
    async stop() {
      isStopping = true
      await (remote.close as () => Promise<void>)().catch(() => {})
      await worker.terminate()
    },
  }
}
