import { createHmac, timingSafeEqual } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '#devices/clock.ts'
import { Fault } from '#devices/fault.ts'
import { writeDurably } from './durable-file.ts'

/** A token has so many characters: a shorter key is a torn one, and would be another. */
const LEAST_KEY_LENGTH = 43

/** One random key of this installation, made when it is first asked for. */
function keyIn(folder: string, name: string, random: Random): string {
  const file = join(folder, name)
  // A key made where no gateway runs would give passwords that none takes.
  if (!existsSync(folder)) throw new Fault('no_store', { folder })
  if (!existsSync(file)) writeDurably(file, `${random.token()}\n`)
  const key = readFileSync(file, 'utf8').trim()
  // A torn key file would make everything that is derived from it public.
  if (key.length < LEAST_KEY_LENGTH)
    throw new Fault('store_corrupt', { detail: `${file} holds no key; remove it to make a new one` })
  return key
}

/**
 * Each MQTT device has its own secret, derived from one random key of this installation: nothing per device is stored,
 * and nothing is shared. A secret written in the site file wins.
 */
export function deviceSecrets(folder: string, random: Random): (device: string) => string {
  const key = keyIn(folder, 'mqtt.key', random)
  return (device) => createHmac('sha256', key).update(`mqtt-device:${device}`).digest('base64url')
}

/** So many bytes of a tag's code cannot be guessed through a door that counts its callers, and still make a small QR code. */
const TAG_BYTES = 12

/** The tags on the equipment: whoever reads one stands there. Nothing is stored; a new key makes all of them void. */
export type AssetTags = Readonly<{
  of(asset: string): string
  /** Null for a tag that is not ours. */
  assetOf(tag: string): string | null
}>

export function assetTags(folder: string, random: Random): AssetTags {
  const key = keyIn(folder, 'tags.key', random)
  const of = (asset: string) => {
    const code = createHmac('sha256', key).update(`asset-tag:${asset}`).digest().subarray(0, TAG_BYTES)
    return `${asset}.${code.toString('base64url')}`
  }
  return {
    of,
    assetOf(tag) {
      const asset = tag.slice(0, Math.max(0, tag.lastIndexOf('.')))
      const [given, ours] = [Buffer.from(tag), Buffer.from(of(asset))]
      return given.length === ours.length && timingSafeEqual(given, ours) ? asset : null
    },
  }
}
