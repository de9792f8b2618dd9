import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Fault } from '#devices/fault.ts'
import { askToErase, askToImport } from '../control.ts'
import { wallNow } from '../clock.ts'
import { type Imported, openRegister, type Register } from '../households/register.ts'
import { masterKey } from '../private/master-key.ts'
import { openPrivate } from '../private/private-store.ts'
import { systemRandom } from '../random.ts'
import { estateOf } from '../residents.ts'
import { loadSite } from '../site/load.ts'
import { lockFolder } from '../store/lock.ts'
import { sayConfigFault, sayRowFault } from '../texts.ts'
import { type Edge, EXIT_CONFIGURATION, EXIT_FAILED } from './edge.ts'
import { dataFolder, privateKeyFile } from './folder.ts'

export type HouseholdOptions = Readonly<{ data?: string; site?: string; privateKey?: string; dryRun?: boolean }>

/** Takes a list of households: into a running gateway, or beside a stopped one, which needs the site file. */
export async function importHouseholds(edge: Edge, list: string, options: HouseholdOptions): Promise<number> {
  const folder = dataFolder(edge, options.data)
  const file = resolve(edge.cwd, list)
  const isDry = options.dryRun === true
  // What cannot be read here is said here.
  if (!existsSync(file)) throw new Fault('file_missing', { file })
  const bytes = readFileSync(file)
  const asked = await askToImport(folder, file, isDry)
  if (asked) return show(edge, asked, isDry)
  if (options.site === undefined) {
    edge.error('caretaker: no gateway runs on this folder: name the site file with --site')
    return 2
  }
  const { site, faults } = loadSite(options.site, edge)
  for (const fault of faults) edge.error(sayConfigFault('en', fault))
  if (!site) return EXIT_CONFIGURATION
  return withRegister(edge, options, estateOf(site), (register) =>
    show(edge, register.importList(bytes, 'command line', { isDry }), isDry),
  )
}

/** Erases a person for good, of a running gateway or of a stopped one. */
export async function eraseContact(edge: Edge, contact: string, options: HouseholdOptions): Promise<number> {
  const asked = await askToErase(dataFolder(edge, options.data), contact)
  const isGone =
    asked !== null || withRegister(edge, options, NOWHERE, (register) => register.erase(contact, 'command line'))
  if (!isGone) {
    edge.error(`caretaker: there is no contact ${contact}`)
    return EXIT_FAILED
  }
  edge.out(`${contact} is erased; the daily copy is made anew without the key`)
  return 0
}

const NOWHERE = { isHome: () => false, entranceOf: () => '', timeZone: 'UTC' }

function withRegister<T>(
  edge: Edge,
  options: HouseholdOptions,
  estate: Parameters<typeof openRegister>[1]['estate'],
  work: (register: Register) => T,
): T {
  const folder = dataFolder(edge, options.data)
  const lock = lockFolder(folder, edge.pid)
  const random = systemRandom()
  try {
    const key = masterKey(folder, random, privateKeyFile(edge, options.privateKey))
    const secrets = openPrivate(folder, { random, now: wallNow, key })
    try {
      return work(openRegister(secrets, { random, estate }))
    } finally {
      secrets.close()
    }
  } finally {
    lock.release()
  }
}

function show(edge: Edge, { faults, added, changed, unchanged, unread }: Imported, isDry: boolean): number {
  for (const fault of faults) edge.error(`line ${fault.line}: ${sayRowFault(fault).en}`)
  if (faults.length > 0) {
    edge.error(`${faults.length} faults: nothing was taken`)
    return EXIT_FAILED
  }
  if (unread.length > 0) edge.error(`columns that were not read: ${unread.join(', ')}`)
  edge.out(
    isDry
      ? `would add ${added} contacts; nothing was written`
      : `${added} contacts added, ${changed} changed, ${unchanged} as they were`,
  )
  return 0
}
