import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Fault } from '#devices/fault.ts'
import { copyStore, KEYS_KEPT_APART } from '../store/recovery.ts'
import type { Edge } from './edge.ts'
import { dataFolder } from './folder.ts'

/** Copies the data folder's files while the gateway runs. */
export async function backup(edge: Edge, into: string, options: { data?: string }): Promise<number> {
  const folder = dataFolder(edge, options.data)
  if (!existsSync(join(folder, 'journal.db'))) throw new Fault('no_store', { folder })
  const target = resolve(edge.cwd, into)
  await copyStore(folder, target)
  const apart = KEYS_KEPT_APART.filter((file) => existsSync(join(folder, file)))
  edge.out(
    `journal, readings, accounts, links of residents, keys of devices, and what is private are copied to ${target}`,
  )
  if (apart.length > 0)
    edge.out(`not copied: ${apart.join(', ')}; keep a copy in another place: with it anybody can read the rest`)
  if (existsSync(join(folder, 'private.db')) && !existsSync(join(folder, 'private.key')))
    edge.out('the key of what is private stands elsewhere; keep a copy of it as well')
  return 0
}
