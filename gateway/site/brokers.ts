import { accessSync, constants } from 'node:fs'
import { resolve } from 'node:path'
import type { FaultCode, Params } from '#devices/fault.ts'
import type { BrokerConnection } from '#ingest/mqtt/client/broker-connection.ts'
import type { TlsListen } from '#ingest/mqtt/tls-door.ts'
import type { SiteFile } from './schema.ts'

type Written = NonNullable<SiteFile['mqtt_brokers']>[number]
type Blame = (at: readonly (string | number)[], code: FaultCode, params?: Params) => void

/** Where the gateway publishes what it knows. */
export type Outward = Readonly<{
  /** First level of all its topics. */
  root: string
  /** To its own broker as well. */
  toOwn: boolean
  /** Ids of `mqtt_brokers`. */
  brokers: readonly string[]
  /** Where Home Assistant looks for devices; null when it is not told. */
  homeAssistant: string | null
}>

const PORTS = { 'mqtt:': 1_883, 'mqtts:': 8_883 } as const

/** A broker of the site file with its defaults; null, and blamed, when the gateway could not sign in with what is said. */
export function brokerOf(
  written: Written,
  site: string,
  folder: string,
  secretAt: (at: readonly string[], written: string) => string | null,
  tell: Blame,
): BrokerConnection | null {
  let isFaulty = false
  const blame: Blame = (...fault) => {
    isFaulty = true
    tell(...fault)
  }
  const { id, username, share, protocol = '3.1.1', networks = ['plain'], tls = {} } = written
  const url = new URL(written.url)
  const isSecured = url.protocol === 'mqtts:'
  const secret = written.secret === undefined ? undefined : secretAt(['secret'], written.secret)
  if (secret === null) return null
  if (!isSecured && written.tls) blame(['tls'], 'wrong_value', { key: 'tls', detail: 'the url begins with mqtts://' })
  if (secret !== undefined && username === undefined) blame([], 'missing_key', { key: 'username' })
  if ((tls.cert === undefined) !== (tls.key === undefined))
    blame(['tls'], 'missing_key', { key: tls.cert === undefined ? 'cert' : 'key' })
  const files = Object.entries(tls).map(([key, file]) => [key, resolve(folder, file)] as const)
  const lost = files.filter(([, file]) => !isReadable(file))
  for (const [key, file] of lost) blame(['tls', key], 'file_missing', { file })
  if (isFaulty) return null
  const { ca: caFile, cert: certFile, key: keyFile } = Object.fromEntries(files)
  return {
    id,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || PORTS[isSecured ? 'mqtts:' : 'mqtt:'],
    tls: isSecured ? { ...(caFile && { caFile }), ...(certFile && keyFile && { certFile, keyFile }) } : null,
    protocol: protocol === 5 ? '5' : '3.1.1',
    clientId: written.client_id ?? `caretaker-${site}`,
    ...(username === undefined ? {} : { username }),
    ...(secret === undefined ? {} : { secret }),
    ...(share === undefined ? {} : { shareGroup: share }),
    networks,
  }
}

/** What goes out, and where to. */
export function outwardOf(
  written: SiteFile['outward'],
  known: Readonly<{ brokers: readonly BrokerConnection[]; hasOwn: boolean }>,
  missing: (at: readonly (string | number)[], kind: string, id: string, known: Iterable<string>) => void,
): Outward | null {
  if (!written) return null
  const ids = [...(known.hasOwn ? ['own'] : []), ...known.brokers.map(({ id }) => id)]
  written.to.forEach((id, i) => {
    if (!ids.includes(id)) missing(['outward', 'to', i], 'broker', id, ids)
  })
  const { home_assistant: homeAssistant = false } = written
  return {
    root: written.topic ?? 'caretaker',
    toOwn: known.hasOwn && written.to.includes('own'),
    brokers: known.brokers.map(({ id }) => id).filter((id) => written.to.includes(id)),
    homeAssistant: homeAssistant === true ? 'homeassistant' : homeAssistant === false ? null : homeAssistant,
  }
}

/** Without one of its files there is no door with TLS; the other one stays. */
export function tlsOf(
  mqtt: SiteFile['mqtt'],
  folder: string,
  missing: (key: 'cert' | 'key', file: string) => void,
): TlsListen | null {
  if (!mqtt?.tls) return null
  const [host = '', port = ''] = mqtt.tls.listen.split(':')
  const files = { cert: resolve(folder, mqtt.tls.cert), key: resolve(folder, mqtt.tls.key) }
  const lost = (['cert', 'key'] as const).filter((key) => !isReadable(files[key]))
  for (const key of lost) missing(key, files[key])
  return lost.length > 0 ? null : { host, port: Number(port), certFile: files.cert, keyFile: files.key }
}

export function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK)
    return true
  } catch {
    return false
  }
}
