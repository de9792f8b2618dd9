import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './until.ts'

/** `skip` for tests that need it: why not, or false. Where servers are required, so is it: their tests fail instead. */
export function withoutStrace(): string | false {
  if (process.env['CARETAKER_REQUIRE_SERVERS'] === '1') return false
  const { status } = spawnSync('strace', ['-f', '-o', '/dev/null', 'true'])
  return status === 0 ? false : 'strace is not installed, or may not trace (Debian package strace)'
}

/**
 * What befalls the system calls of a process: strace's own words after `inject=`, for example
 * `pwrite64:signal=SIGKILL:when=7`. Places are counted in each thread by itself. With `files` only calls on these count.
 */
export type Tampering = Readonly<{ inject?: string; trace?: string; files?: readonly string[] }>

function argumentsOf({ inject, trace, files = [] }: Tampering, log: string): string[] {
  const calls = trace ?? inject!.split(':')[0]!
  return [
    '-f',
    '-q',
    '-o',
    log,
    '-e',
    `trace=${calls}`,
    '-e',
    'signal=none',
    ...(inject === undefined ? [] : ['-e', `inject=${inject}`]),
    ...files.flatMap((file) => ['-P', file]),
  ]
}

/**
 * The command line that runs `command` under strace; what it did stands in `log`. The process that it starts becomes
 * `command` itself, and ends as it ends.
 */
export function underStrace(command: readonly string[], tampering: Tampering, log: string): string[] {
  // With seccomp only the traced calls stop the process, all others run at full speed; signals are not injected then.
  const isFast = !tampering.inject?.includes('signal=')
  return ['strace', '-D', ...(isFast ? ['--seccomp-bpf'] : []), ...argumentsOf(tampering, log), ...command]
}

/** Calls that were tampered with: a test in which there were none has shown nothing. */
export function injectedCalls(log: string): number {
  return existsSync(log) ? readFileSync(log, 'utf8').split(/\((?:INJECTED|DELAYED)\)/).length - 1 : 0
}

export type Tampered = Readonly<{ injected(): number; end(): Promise<void> }>

/** Tampers with a process that runs already, until `end`. */
export async function tamperWith(pid: number, tampering: Tampering): Promise<Tampered> {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-strace-'))
  const log = join(folder, 'calls')
  const args = ['-p', String(pid), ...argumentsOf(tampering, log).filter((word) => word !== '-q')]
  const strace: ChildProcess = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  strace.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = once(strace, 'exit')
  await until('strace is attached', () => said.includes('attached') || strace.exitCode !== null)
  if (strace.exitCode !== null) throw new Error(said)
  return {
    injected: () => injectedCalls(log),
    async end() {
      strace.kill('SIGINT')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
