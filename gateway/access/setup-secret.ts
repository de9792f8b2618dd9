import { timingSafeEqual } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '#devices/clock.ts'
import { writeDurably } from '../durable-file.ts'
import { hashOf } from './database.ts'

/** S01: there is no account that everybody knows. Whoever can read the data folder, or the start-up, makes the first. */
export type SetupSecret = Readonly<{
  /** Null once the first account is there. */
  text(): string | null
  is(given: string): boolean
  /** Used: it opens nothing any more. */
  destroy(): void
}>

/** A token has so many characters. */
const LENGTH = 43

/** The same over restarts until it is used. */
export function setupSecret(folder: string, random: Random): SetupSecret {
  const file = join(folder, 'setup-secret')
  // F03: an empty one would let in whoever says nothing. Nobody can know a torn one: a new one takes its place.
  if (readSecret(file).length < LENGTH) writeDurably(file, `${random.token()}\n`)
  chmodSync(file, 0o600)
  let secret: string | null = readSecret(file)
  return {
    text: () => secret,
    is: (given) => secret !== null && timingSafeEqual(Buffer.from(hashOf(given)), Buffer.from(hashOf(secret))),
    destroy() {
      secret = null
      rmSync(file, { force: true })
    },
  }
}

function readSecret(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
}

/** Where there is an account, or none is wanted. */
export const NO_SETUP: SetupSecret = { text: () => null, is: () => false, destroy: () => {} }
