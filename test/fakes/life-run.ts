import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { type Tampering, underStrace } from './strace.ts'

const LIFE = fileURLToPath(new URL('./store-life.ts', import.meta.url))

/** Some of all the places at which a life can end; `node bench/soak.ts kill` takes all of them. */
export const KILLS = Number(process.env['CARETAKER_KILLS'] ?? 18)

/** So many of them, evenly. */
export function spread(places: readonly number[], count: number): number[] {
  if (count >= places.length) return [...places]
  return Array.from({ length: count }, (_, i) => places[Math.floor(((i + 0.5) * places.length) / count)]!)
}

/** What a kill leaves behind is the same on any disk, for the kernel lives on: a fast one where there is one. */
export function lifeFolder(t: { teardown(run: () => void): void }): string {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'caretaker-life-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** How a life ended, what it said, and its system calls. */
type Run = Readonly<{ status: number | null; signal: string | null; said: readonly string[]; calls: readonly string[] }>

export function runLife(
  folder: string,
  { groups, inThread = false, ...tampering }: Tampering & Readonly<{ groups: number; inThread?: boolean }>,
): Run {
  const log = `${folder}.calls`
  const { NODE_OPTIONS: _, ...env } = process.env
  const life = [process.execPath, LIFE, folder, String(groups), ...(inThread ? ['thread'] : [])]
  const [command, ...args] = underStrace(life, tampering, log)
  const { status, signal, stdout } = spawnSync(command!, args, { env, encoding: 'utf8' })
  // The tracer is not our child, and ends a little later.
  while (signal === null && !/\+\+\+ exited with \d+ \+\+\+\n$/.test(readFileSync(log, 'utf8').slice(-60)));
  const calls = readFileSync(log, 'utf8').split('\n')
  rmSync(log)
  return { status, signal, said: stdout.trim().split('\n'), calls }
}

export function countOf(folder: string, table: string): number {
  const db = new DatabaseSync(join(folder, 'readings.db'), { readOnly: true })
  const { n } = db.prepare(`select count(*) as n from ${table}`).get() as { n: number }
  db.close()
  return n
}
