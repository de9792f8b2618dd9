import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Fault } from '#devices/fault.ts'
import { wallNow } from '../clock.ts'
import { askToImportPeople } from '../control.ts'
import { importPeople, type Imported } from '../people/import.ts'
import { textOf } from '../people/people-file.ts'
import { masterKey } from '../private/master-key.ts'
import { openPrivate } from '../private/private-store.ts'
import { systemRandom } from '../random.ts'
import { loadSite } from '../site/load.ts'
import { lockFolder } from '../store/lock.ts'
import { sayFault } from '../texts.ts'
import { type Edge, EXIT_CONFIGURATION, EXIT_FAILED } from './edge.ts'
import { dataFolder, privateKeyFile } from './folder.ts'

export type ImportPeopleOptions = Readonly<{ data?: string; site?: string; privateKey?: string }>

/**
 * Names and phones of the staff from a file, into the running gateway; or into the folder of a stopped one, whose site file
 * then says who there is. All rows, or none and what is wrong with each.
 */
export async function importPeopleFrom(edge: Edge, path: string, options: ImportPeopleOptions): Promise<number> {
  const full = resolve(edge.cwd, path)
  if (!existsSync(full)) throw new Fault('file_missing', { file: path })
  const csv = textOf(readFileSync(full))
  const folder = dataFolder(edge, options.data)
  const imported = (await askToImportPeople(folder, csv)) ?? (await importIn(edge, folder, csv, options))
  if (imported === null) return EXIT_CONFIGURATION
  for (const row of imported.bad) edge.error(`${path}:${row.line} ${row.column}: ${sayFault('en', row)}`)
  if (imported.bad.length > 0) {
    edge.error(`caretaker: ${sayFault('en', { code: 'bad_rows', params: { count: imported.bad.length } })}`)
    return EXIT_FAILED
  }
  const { added, changed, unchanged } = imported
  edge.out(`${added} added, ${changed} changed, ${unchanged} as they were`)
  return 0
}

async function importIn(
  edge: Edge,
  folder: string,
  csv: string,
  options: ImportPeopleOptions,
): Promise<Imported | null> {
  if (options.site === undefined) throw new Fault('not_running', { folder })
  const { site } = loadSite(options.site, edge)
  if (!site) return null
  const known = new Set(site.plan.staff.map(({ id }) => id))
  const lock = lockFolder(folder, edge.pid)
  try {
    const random = systemRandom()
    const key = masterKey(folder, random, privateKeyFile(edge, options.privateKey))
    const secrets = openPrivate(folder, { random, now: wallNow, key })
    try {
      // What changed is told to the journal by the gateway, at its next start.
      return await importPeople(csv, { secrets, known, by: 'command_line' })
    } finally {
      secrets.close()
    }
  } finally {
    lock.release()
  }
}
