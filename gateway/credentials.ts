import { createHmac } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '#devices/clock.ts'
import { Fault } from '#devices/fault.ts'
import { writeDurably } from './durable-file.ts'

/** A token has so many characters: a shorter key is a torn one, and would be another. */
const LEAST_KEY_LENGTH = 43

/**
 * Each MQTT device has its own secret, derived from one random key of this installation: nothing per device is stored,
 * and nothing is shared. A secret written in the site file wins.
 */
export function deviceSecrets(folder: string, random: Random): (device: string) => string {
  const file = join(folder, 'mqtt.key')
  if (!existsSync(file)) writeDurably(file, `${random.token()}\n`)
  const key = readFileSync(file, 'utf8').trim()
  // A torn key file would make every device's password a public one.
  if (key.length < LEAST_KEY_LENGTH)
    throw new Fault('store_corrupt', { detail: `${file} holds no key; remove it to make a new one` })
  return (device) => createHmac('sha256', key).update(`mqtt-device:${device}`).digest('base64url')
}
