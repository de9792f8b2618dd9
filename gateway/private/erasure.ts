import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { backupFolder } from '../store/recovery.ts'
import { inTransaction } from '../store/schema.ts'
import { PRIVATE_FILE } from './private-database.ts'

/** A reader in the way is not waited for: everybody else would wait with it. It is tried again. */
const PATIENCE_MS = 50

/** Destroys the keys of these subjects and all that was sealed under them. Within a transaction; false for one unknown. */
export function eraserOf(db: DatabaseSync): (subject: string) => boolean {
  const deletePhones = db.prepare(
    'delete from phones where (kind, id) in (select kind, id from records where subject = ?)',
  )
  const deleteRecords = db.prepare('delete from records where subject = ?')
  const deleteKey = db.prepare('delete from subjects where id = ?')
  return (subject) => {
    deletePhones.run(subject)
    deleteRecords.run(subject)
    return deleteKey.run(subject).changes > 0
  }
}

/**
 * Takes subjects out of the copy of the last day, so that whoever is erased does not return with it when the file is
 * damaged before the next copy. A copy that cannot be written goes as a whole: it could not be trusted with anything.
 */
export function eraseFromCopy(folder: string, subjects: readonly string[]): void {
  const file = join(backupFolder(folder), PRIVATE_FILE)
  if (subjects.length === 0 || !existsSync(file)) return
  try {
    const copy = new DatabaseSync(file)
    try {
      copy.exec('pragma secure_delete = on; pragma synchronous = full')
      const erase = eraserOf(copy)
      inTransaction(copy, () => subjects.forEach(erase))
    } finally {
      copy.close()
    }
  } catch {
    for (const suffix of ['', '-journal']) rmSync(file + suffix, { force: true })
  }
}

/** Empties the write-ahead file, where a wrapped key stands until then. False when a reader is in the way. */
export function emptyWriteAhead(db: DatabaseSync): boolean {
  const { timeout } = db.prepare('pragma busy_timeout').get() as { timeout: number }
  db.exec(`pragma busy_timeout = ${PATIENCE_MS}`)
  try {
    const { busy } = db.prepare('pragma wal_checkpoint(truncate)').get() as { busy: number }
    return busy === 0
  } finally {
    db.exec(`pragma busy_timeout = ${timeout}`)
  }
}
