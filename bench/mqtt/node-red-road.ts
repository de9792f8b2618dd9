import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { startMosquitto } from '#test/fakes/mosquitto.ts'
import { freePorts, newFolder } from '../estate.ts'
import type { Road } from './road.ts'
import { UNLIMITED } from './subscriber-road.ts'

const NODE_RED = '5.0.7'
const STARTS_WITHIN_MS = 30_000
/** With more before it, it reads messages and hardly comes to write one; the join wants thousands. */
const ON_THE_ROAD = { each: 500, batched: 5_000 } as const
const FLOW = join(import.meta.dirname, '..', 'node-red-flow.json')

export type NodeRed = Readonly<{ folder: string; remove(): void }>

/** Fetched when it is measured, into a folder that goes afterwards; `{ missing }` says why it is not there. */
export async function fetchNodeRed(): Promise<NodeRed | { missing: string }> {
  const { folder, remove } = newFolder()
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--fetch-retries', '0', '--loglevel', 'error']
  try {
    await promisify(execFile)('npm', ['install', '--prefix', folder, `node-red@${NODE_RED}`, ...quiet])
    return { folder, remove }
  } catch (error) {
    remove()
    const said = String((error as { stderr?: string }).stderr ?? error)
    return { missing: `node-red@${NODE_RED}: ${/code (E\w+)/.exec(said)?.[1] ?? 'npm failed'}` }
  }
}

/**
 * mosquitto and Node-RED with one of the two flows of `node-red-flow.json`: mqtt in (QoS 1) → function with the same
 * rule as the profile of the bins → file, `each` message by itself or `batched` by hand, joined by the thousand or the second.
 *
 * What this peer guarantees, and what not: its client acknowledges a message to the broker when it has read it from the
 * socket, before the function has seen it. The file node appends by write(2), one after the other, and never syncs: a
 * written line is in the page cache, and a power cut loses it. What waits in the file node or in the join is lost
 * with the process. No message is recognized when it comes twice, an alarm's state (the context) is gone after a
 * start, and the file has no index. Stored means here: the line can be read from the file.
 */
export async function nodeRedRoad({ folder }: NodeRed, flow: 'each' | 'batched'): Promise<Road> {
  const broker = await startMosquitto({ settings: UNLIMITED })
  const [uiPort] = await freePorts(1)
  const own = join(folder, flow)
  const out = join(own, 'out.jsonl')
  mkdirSync(own)
  const nodes = JSON.parse(readFileSync(FLOW, 'utf8')) as { id: string; type: string; z?: string }[]
  const chosen = nodes.filter(({ id, z, type }) => id === flow || z === flow || (type !== 'tab' && z === undefined))
  writeFileSync(join(own, 'flow.json'), JSON.stringify(chosen))
  const settings = {
    uiHost: '127.0.0.1',
    uiPort,
    httpAdminRoot: false,
    disableEditor: true,
    credentialSecret: false,
    telemetry: { enabled: false },
  }
  writeFileSync(join(own, 'settings.js'), `module.exports = ${JSON.stringify(settings)}`)
  const red = join(folder, 'node_modules', 'node-red', 'red.js')
  const child = spawn(process.execPath, [red, '-s', join(own, 'settings.js'), '-u', own, 'flow.json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, BENCH_MQTT_PORT: String(broker.port), BENCH_OUT: out },
  })
  const ended = once(child, 'exit')
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  const deadline = performance.now() + STARTS_WITHIN_MS
  while (!said.includes('Connected to broker')) {
    if (child.exitCode !== null || performance.now() > deadline) {
      child.kill('SIGKILL')
      await broker.stop()
      throw new Error(`Node-RED did not start: ${said}`)
    }
    await sleep(50)
  }
  // It says so before it has subscribed.
  await sleep(500)
  const lines = lineCount(out)
  return {
    port: broker.port,
    stored: () => lines.count(),
    onTheRoad: ON_THE_ROAD[flow],
    async stop() {
      lines.close()
      child.kill('SIGKILL')
      await ended
      await broker.stop()
    },
  }
}

/** Lines of a file that grows. */
function lineCount(file: string): { count(): number; close(): void } {
  const chunk = Buffer.alloc(1 << 20)
  let [open, lines]: [number | null, number] = [null, 0]
  return {
    count() {
      if (open === null && !existsSync(file)) return 0
      open ??= openSync(file, 'r')
      for (let length; (length = readSync(open, chunk, 0, chunk.length, null)) > 0;)
        for (let at = -1; (at = chunk.subarray(0, length).indexOf(10, at + 1)) >= 0;) lines += 1
      return lines
    },
    close() {
      if (open !== null) closeSync(open)
    },
  }
}
