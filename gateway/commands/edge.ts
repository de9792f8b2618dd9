import type { Readable, Writable } from 'node:stream'
import { InvalidArgumentError } from 'commander'
import type { Screen } from '../history-files/progress.ts'

/** What the commands know of the process they run in. */
export type Edge = Readonly<{
  env: Readonly<Record<string, string | undefined>>
  cwd: string
  pid: number
  signal: AbortSignal
  /** The newest listener is told when somebody asks to read the configuration again. */
  onReload(listener: () => void): void
  input: Readable
  /** For what is too long for lines; `out` writes to the same. */
  output: Writable
  /** Where progress is drawn; `error` writes to the same. */
  screen: Screen
  out(line: string): void
  error(line: string): void
  exitCode(code: number): void
}>
export type RunOptions = Readonly<{
  data?: string
  http?: { host: string; port: number }
  speed: number
  privateKey?: string
}>

/** Exit codes: 0 well, 1 it ran and failed, 2 wrong usage, 78 wrong configuration. */
export const EXIT_FAILED = 1
export const EXIT_CONFIGURATION = 78

export function parseAddress(text: string): { host: string; port: number } {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? []
  if (!host || Number(port) > 65_535) throw new InvalidArgumentError('write HOST:PORT, for example 127.0.0.1:8080')
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
}
