import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Fault } from '#devices/fault.ts'

/**
 * One program per data folder. The lock is the operating system's own on an open file, so that `kill -9` frees it;
 * the pid beside it only serves the message.
 */
export function lockFolder(folder: string, pid: number): { release(): void } {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const pidFile = join(folder, 'gateway.pid')
  const db = new DatabaseSync(join(folder, 'lock.db'))
  try {
    db.exec('pragma busy_timeout = 0; begin exclusive')
  } catch (error) {
    db.close()
    throw new Fault('already_running', { folder, pid: readPid(pidFile) }, { cause: error })
  }
  writeFileSync(pidFile, `${pid}\n`, { mode: 0o600 })
  return { release: () => db.close() }
}

function readPid(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return '?'
  }
}
