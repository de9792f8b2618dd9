import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const MAIN = fileURLToPath(new URL('../../gateway/main.ts', import.meta.url))
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The test runner's own hooks would ride along in every child: they cost time and change how it ends. */
function bareEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...env } = process.env
  return env
}

/** A gateway as it runs at a site: a process of its own. */
export type GatewayProcess = Readonly<{
  url: string
  pid: number
  child: ChildProcess
  output(): string
  /** Sends the signal and resolves with how it ended. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}>

/** `wrapped` may put another program in front: the one that tampers with it. */
export async function startGatewayProcess(
  args: readonly string[],
  wrapped: (command: readonly string[]) => readonly string[] = (command) => command,
): Promise<GatewayProcess> {
  const [command, ...rest] = wrapped([process.execPath, MAIN, ...args])
  const child = spawn(command!, rest, {
    cwd: ROOT,
    env: bareEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const ready = Promise.withResolvers<string>()
  const take = (chunk: Buffer) => {
    output += chunk.toString()
    const url = / on (http:\/\/\S+)/.exec(output)?.[1]
    if (url) ready.resolve(url)
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  void ended.then(([code, signal]) =>
    ready.reject(new Error(`gateway ended with ${code ?? signal} before it was ready:\n${output}`)),
  )
  return {
    url: await ready.promise,
    pid: child.pid!,
    child,
    output: () => output,
    async end(signal) {
      child.kill(signal)
      const [code, by] = await ended
      return { code, signal: by }
    },
  }
}

/** Runs one command to its end; never throws for an exit code. */
export async function caretaker(args: readonly string[]): Promise<{ code: number; out: string; error: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN, ...args], {
      cwd: ROOT,
      env: bareEnvironment(),
    })
    return { code: 0, out: stdout, error: stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, out: stdout, error: stderr }
  }
}
