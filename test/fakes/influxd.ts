import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** `skip` for tests that need it: why not, or false. Required servers are never skipped: their tests fail instead. */
export function withoutInfluxd(): string | false {
  return withoutServer('influxd', 'influxdb')
}

export function withoutServer(program: string, debianPackage: string): string | false {
  if (process.env['CARETAKER_REQUIRE_SERVERS'] === '1' || binary(program) !== null) return false
  return `${program} is not installed (Debian package ${debianPackage})`
}

function binary(program: string): string | null {
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin']) {
    try {
      const file = join(folder || '.', program)
      accessSync(file, constants.X_OK)
      return file
    } catch {}
  }
  return null
}

export type ServerProcess = Readonly<{
  url: string
  /** SIGKILL: nothing is flushed. */
  kill(): Promise<void>
  /** Starts it again on the same folder and port. */
  start(): Promise<void>
  /** Kills it and removes its folder. */
  stop(): Promise<void>
}>

/** A real server on a free port of the loopback, with a folder of its own. Answers, to `/ping` unless said, when this resolves. */
export async function startServer(
  program: string,
  argsOf: (folder: string, port: number) => Promise<readonly string[]> | readonly string[],
  answers: (url: string) => Promise<boolean> = ping,
): Promise<ServerProcess> {
  const file = binary(program)
  if (file === null) throw new Error(`${program} is required and not installed`)
  const folder = await mkdtemp(join(tmpdir(), `${program}-`))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const args = await argsOf(folder, port)
  let running: ChildProcess | null = null

  const start = async () => {
    const child = spawn(file, args, { stdio: 'ignore' })
    running = child
    const deadline = Date.now() + 20_000
    for (;;) {
      if (await answers(url)) return
      if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`)
      if (Date.now() > deadline) throw new Error(`${program} does not answer`)
      await wait(50)
    }
  }
  const kill = async () => {
    const child = running
    running = null
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  const stop = async () => {
    await kill()
    await rm(folder, { recursive: true, force: true })
  }

  await start().catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return { url, start, kill, stop }
}

async function ping(url: string): Promise<boolean> {
  const response = await fetch(`${url}/ping`).catch(() => null)
  return response?.status === 204
}

export type Influxd = ServerProcess &
  Readonly<{
    /** Rows of an InfluxQL query, each as `column → value`, with the series' tags. */
    query(database: string, q: string): Promise<Record<string, unknown>[]>
  }>

/** A real InfluxDB 1.x. */
export async function startInfluxd(): Promise<Influxd> {
  const server = await startServer('influxd', async (folder, port) => {
    const config = join(folder, 'influxdb.conf')
    await writeFile(
      config,
      `reporting-disabled = true
bind-address = "127.0.0.1:${await freePort()}"
[meta]
dir = "${folder}/meta"
[data]
dir = "${folder}/data"
wal-dir = "${folder}/wal"
query-log-enabled = false
[monitor]
store-enabled = false
[subscriber]
enabled = false
[logging]
level = "error"
[http]
bind-address = "127.0.0.1:${port}"
log-enabled = false
`,
    )
    return ['run', '-config', config]
  })
  return { ...server, query: (database, q) => query(server.url, database, q) }
}

async function query(url: string, database: string, q: string): Promise<Record<string, unknown>[]> {
  type Series = { tags?: Record<string, string>; columns: string[]; values: unknown[][] }
  const response = await fetch(`${url}/query?${new URLSearchParams({ db: database, epoch: 'ms', q }).toString()}`)
  const { results } = (await response.json()) as { results: { series?: Series[]; error?: string }[] }
  const error = results.find((result) => result.error !== undefined)?.error
  if (error !== undefined) throw new Error(error)
  return results
    .flatMap((result) => result.series ?? [])
    .flatMap(({ tags, columns, values }) =>
      values.map((row) => ({ ...tags, ...Object.fromEntries(columns.map((column, i) => [column, row[i]])) })),
    )
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
