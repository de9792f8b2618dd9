import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Fault } from '#devices/fault.ts'
import { copyStore } from '../store/recovery.ts'
import type { Edge } from './edge.ts'
import { dataFolder } from './folder.ts'

/** Copies the data folder's files while the gateway runs. */
export async function backup(edge: Edge, into: string, options: { data?: string }): Promise<number> {
  const folder = dataFolder(edge, options.data)
  if (!existsSync(join(folder, 'journal.db'))) throw new Fault('no_store', { folder })
  const target = resolve(edge.cwd, into)
  await copyStore(folder, target)
  edge.out(`journal, readings, accounts, device keys and what is private are copied to ${target}`)
  edge.out(`not copied: the key of what is private (private.key); keep a copy of it in another place`)
  return 0
}
