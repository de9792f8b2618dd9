import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Fault } from '#devices/fault.ts'
import { sqliteErrorOf } from './sqlite-error.ts'

/**
 * One program per data folder. The lock is the operating system's own on an open file, so that `kill -9` frees it;
 * the pid beside it only serves the message.
 */
export function lockFolder(folder: string, pid: number): { release(): void } {
  const pidFile = join(folder, 'gateway.pid')
  let db: DatabaseSync | null = null
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const opened = (db = new DatabaseSync(join(folder, 'lock.db')))
    opened.exec('pragma busy_timeout = 0; begin exclusive')
    writeFileSync(pidFile, `${pid}\n`, { mode: 0o600 })
    return { release: () => opened.close() }
  } catch (error) {
    db?.close()
    if (sqliteErrorOf(error) === 'busy')
      throw new Fault('already_running', { folder, pid: readPid(pidFile) }, { cause: error })
    // F06: a disk that cannot be written to is not another gateway.
    throw new Fault('store_failed', { detail: (error as Error).message }, { cause: error })
  }
}

function readPid(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim() || '?'
  } catch {
    return '?'
  }
}
