import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '#devices/clock.ts'
import type { Said } from '#devices/fault.ts'
import { writeDurably } from '../durable-file.ts'
import { type Sealing, sealingOf } from './sealing.ts'

const KEY_BYTES = 32
const NAME = 'private.key'

/** The key, or what is wrong with it: the rest of the estate is watched without it. */
export type MasterKey = Readonly<{ sealing: Sealing; trouble: null } | { sealing: null; trouble: Said }>

/**
 * 32 random bytes as base64url in a file that only this program's user reads, made at the first start. A key kept
 * elsewhere (`file`: a credential of systemd, a mounted secret) is never made here. Where something is sealed already a
 * missing key is not replaced: a new one would open nothing and hide that the old one is gone.
 */
export function masterKey(folder: string, random: Random, file = join(folder, NAME)): MasterKey {
  if (!existsSync(file)) {
    if (file !== join(folder, NAME) || existsSync(join(folder, 'private.db')))
      return { sealing: null, trouble: { code: 'private_key_missing', params: { file } } }
    writeDurably(file, `${random.token()}\n`)
  }
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64url')
  // F03: a torn key is another key.
  if (key.length !== KEY_BYTES) return { sealing: null, trouble: { code: 'private_key_torn', params: { file } } }
  return { sealing: sealingOf(key, random, file), trouble: null }
}
