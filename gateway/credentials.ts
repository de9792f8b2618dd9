import { createHmac } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '#devices/clock.ts'

/**
 * Each MQTT device has its own secret, derived from one random key of this installation: nothing per device is stored,
 * and nothing is shared. A secret written in the site file wins.
 */
export function deviceSecrets(folder: string, random: Random): (device: string) => string {
  const file = join(folder, 'mqtt.key')
  if (!existsSync(file)) writeFileSync(file, `${random.token()}\n`, { mode: 0o600, flag: 'wx' })
  const key = readFileSync(file, 'utf8').trim()
  return (device) => createHmac('sha256', key).update(`mqtt-device:${device}`).digest('base64url')
}
