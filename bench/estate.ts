import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deviceSecrets } from '#gateway/credentials.ts'
import { systemRandom } from '#gateway/random.ts'
import { programArguments, programEnvironment } from '../bin/runtime.js'
import { stripOnce } from '../bin/stripped.js'

/** A gateway in a process of its own, as a site runs it. */
export type Running = Readonly<{ url: string; pid: number; startedAt: number; stop(): Promise<void> }>

export function newFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-bench-'))
  mkdirSync(join(folder, 'data'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export function writeSite(folder: string, lines: readonly string[]): string {
  const file = join(folder, 'site.yaml')
  writeFileSync(file, lines.join('\n'))
  return file
}

export function secretsOf(folder: string): (device: string) => string {
  return deviceSecrets(join(folder, 'data'), systemRandom())
}

export async function startCaretaker(args: readonly string[], ready: RegExp): Promise<Running> {
  stripOnce(process.execPath)
  const startedAt = performance.now()
  // As `caretaker` starts it, but without the starter between: the process id is the gateway's own.
  const child = spawn(process.execPath, [...programArguments(process.cwd()), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...programEnvironment(process.env), CARETAKER_LOG: 'error' },
  })
  const url = await new Promise<string>((resolve, reject) => {
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      const found = ready.exec(output)
      if (found) resolve(found[1] ?? '')
    })
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${output}`)))
  })
  return {
    url,
    pid: child.pid!,
    startedAt,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
      }),
  }
}

export const GATEWAY_READY = / on (http:\/\/\S+)/

export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer()
          server.listen(0, '127.0.0.1', () => resolve(server))
        }),
    ),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** Live events of a gateway; `heard` gets each with the moment it arrived. */
export async function listen(
  url: string,
  token: string,
  signal: AbortSignal,
  heard: (event: { type: string; asset?: string }, at: number) => void,
): Promise<void> {
  const response = await fetch(`${url}/api/v1/events`, { headers: { authorization: `Bearer ${token}` }, signal })
  const decoder = new TextDecoder()
  let buffer = ''
  void (async () => {
    try {
      for await (const chunk of response.body!) {
        const at = performance.now()
        buffer += decoder.decode(chunk as Uint8Array, { stream: true })
        const blocks = buffer.split('\n\n')
        buffer = blocks.pop()!
        for (const block of blocks) {
          const type = /^event: (.+)$/m.exec(block)?.[1]
          const data = /^data: (.+)$/m.exec(block)?.[1]
          if (type && data) heard({ type, ...(JSON.parse(data) as object) }, at)
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  })()
}
