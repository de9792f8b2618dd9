import { CommanderError } from 'commander'
import { programOf } from './cli.ts'

/** The process edge: the only place that knows the environment, the arguments, the signals and the exit. */
const stopping = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort(new Error(signal)))

let reload = () => {}
process.on('SIGHUP', () => reload())

const program = programOf({
  env: process.env,
  cwd: process.cwd(),
  pid: process.pid,
  signal: stopping.signal,
  onReload: (listener) => {
    reload = listener
  },
  input: process.stdin,
  output: process.stdout,
  screen: process.stderr,
  out: (line) => process.stdout.write(`${line}\n`),
  error: (line) => process.stderr.write(`${line}\n`),
  exitCode: (code) => {
    process.exitCode = code
  },
})

try {
  await program.parseAsync(process.argv)
} catch (error) {
  // Help and version end with 0, wrong usage with 2.
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? 0 : 2
}
