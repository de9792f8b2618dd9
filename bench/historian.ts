import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { startInfluxd, withoutInfluxd } from '#test/fakes/influxd.ts'
import { programArguments, programEnvironment } from '../bin/runtime.js'
import { stripOnce } from '../bin/stripped.js'
import { newFolder } from './estate.ts'
import type { Figure } from './figure.ts'
import type { Job } from './historian-process.ts'
import { figuresOf, type Life, type Peer } from './historian/figures.ts'
import { influxClient, ingestInto, writeHour } from './historian/influx.ts'
import type { Ingested, Reopened, Settled } from './historian/ingest.ts'
import { type Answered, ask, fill } from './historian/queries.ts'

const SERIES = [100, 1_000, 3_000, 10_000]
const MEASURED = 1_000
/** Somewhat more than an hour: the first hour is merged while commits go on. */
const SECONDS = 4_200
const PEER_SECONDS = 1_200
const KILLED_AFTER_MS = 500

/**
 * What taking, keeping and asking for the history costs, in a process of its own. Peer: influxd over HTTP with the same
 * readings on the same disk, its lines made up beforehand. Both sync the batch of each second before the next.
 */
export async function benchHistorian(): Promise<Figure[]> {
  stripOnce(process.execPath)
  const lives: Life[] = []
  for (const series of SERIES) lives.push(await live(series))
  const { ours, peer } = await askBoth()
  return figuresOf({ lives, measured: lives[SERIES.indexOf(MEASURED)]!, ours, peer })
}

/** Ingest, killed in the middle of it, opened again, settled. */
async function live(series: number): Promise<Life> {
  const { folder, remove } = newFolder()
  const data = join(folder, 'data')
  const child = start({ do: 'ingest', folder: data, series, seconds: SECONDS })
  const ingested = await answerOf<Ingested>(child)
  await sleep(KILLED_AFTER_MS)
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  const reopened = await answerOf<Reopened>(start({ do: 'reopen', folder: data }))
  const settled = await answerOf<Settled>(start({ do: 'settle', folder: data }))
  const bytes = bytesUsed(join(data, 'readings.db'))
  remove()
  return { series, ingested, reopened, settled, bytes }
}

async function askBoth(): Promise<{ ours: Answered; peer: Peer | null }> {
  const { folder, remove } = newFolder()
  const data = join(folder, 'data')
  const answers = () => answerOf<Answered>(start({ do: 'query', folder: data }))
  try {
    if (withoutInfluxd() !== false) {
      await fill(data, () => Promise.resolve())
      return { ours: await answers(), peer: null }
    }
    const server = await startInfluxd()
    const client = influxClient(server)
    try {
      await client.create()
      const ingested = await ingestInto(client, MEASURED, PEER_SECONDS)
      await client.empty()
      await fill(data, (hour) => writeHour(client, hour))
      const ours = await answers()
      return { ours, peer: { ingested, answered: await ask(client.asked) } }
    } finally {
      client.close()
      await server.stop()
    }
  } finally {
    remove()
  }
}

function start(job: Job): ChildProcess {
  // As the program is started, but with the bench in its place.
  const execArgv = programArguments(process.cwd()).slice(0, -1)
  return fork(new URL('./historian-process.ts', import.meta.url), [JSON.stringify(job)], {
    execArgv,
    env: programEnvironment(process.env),
  })
}

async function answerOf<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`the process ended with ${String(code)}`)),
  )
  const [answer] = (await Promise.race([once(child, 'message'), ended])) as [T]
  ended.catch(() => {})
  return answer
}

/** What the file needs; pages that are free will be filled next. */
function bytesUsed(path: string): number {
  const db = new DatabaseSync(path, { readOnly: true })
  const { bytes } = db
    .prepare(
      'select (page_count - freelist_count) * page_size as bytes from pragma_page_count(), pragma_freelist_count(), pragma_page_size()',
    )
    .get() as { bytes: number }
  db.close()
  return bytes
}
