import { accessSync, constants } from 'node:fs'
import { resolve } from 'node:path'
import type { Device } from '#devices/device.ts'
import { parseDuration } from '#devices/duration.ts'
import type { FaultCode, Params } from '#devices/fault.ts'
import type { Profile } from '#devices/profile.ts'
import type { Identity, OpcUaConnection } from '#ingest/opcua/connection.ts'
import type { SiteFile } from './schema.ts'

type Connections = NonNullable<SiteFile['connections']>
type Entry = Extract<Connections[string], { protocol: 'opc-ua' }>
type Path = readonly (string | number)[]
type Hands = Readonly<{
  folder: string
  blame(at: Path, code: FaultCode, params?: Params): void
  secretAt(at: Path, written: string): string | null
}>

const PUBLISHING = '1s'
const TIMEOUT = '5s'
const SHORTEST_PUBLISHING_MS = 50

/** The OPC UA servers of a site, those left out that are written wrongly. */
export function opcuaConnections(connections: Connections, hands: Hands): OpcUaConnection[] {
  return Object.entries(connections).flatMap(([id, entry]) =>
    entry.protocol === 'opc-ua' ? (connectionOf(id, entry, hands) ?? []) : [],
  )
}

function connectionOf(id: string, entry: Entry, { folder, blame, secretAt }: Hands): OpcUaConnection | null {
  const at = (...rest: Path) => ['connections', id, ...rest]
  let isWrong = false
  const wrong = (key: keyof Entry, detail: string) => {
    isWrong = true
    blame(at(key), 'wrong_value', { key, detail })
  }
  const { endpoint, security: mode = 'SignAndEncrypt', policy, user, secret: written } = entry
  const { user_certificate: certificate } = entry
  if (!URL.canParse(endpoint)) wrong('endpoint', 'opc.tcp://host:port')
  if (mode === 'None' && policy !== undefined) wrong('policy', 'nothing is secured: security is None')
  if (user !== undefined && certificate) wrong('user_certificate', 'give either user or user_certificate')
  if (user !== undefined && written === undefined) {
    isWrong = true
    blame(at(), 'missing_key', { key: 'secret' })
  }
  if (user === undefined && written !== undefined) wrong('secret', 'of whom? give user')
  // S28: whoever answers would have it.
  if (mode === 'None' && (user !== undefined || certificate)) wrong('security', 'a secret is not sent without security')
  const publishingMs = parseDuration(entry.publishing ?? PUBLISHING)!
  if (publishingMs < SHORTEST_PUBLISHING_MS) wrong('publishing', `${SHORTEST_PUBLISHING_MS}ms or longer`)
  const timeoutMs = parseDuration(entry.timeout ?? TIMEOUT)!
  if (!(timeoutMs > 0)) wrong('timeout', 'longer than 0')
  const secret = written === undefined ? undefined : secretAt(at('secret'), written)
  const files = certificate && {
    certFile: resolve(folder, certificate.cert),
    keyFile: resolve(folder, certificate.key),
  }
  for (const [key, file] of [['cert', files?.certFile] as const, ['key', files?.keyFile] as const])
    if (file !== undefined && !isReadable(file)) {
      isWrong = true
      blame(at('user_certificate', key), 'file_missing', { file })
    }
  if (isWrong || secret === null) return null
  const identity: Identity = files
    ? { kind: 'certificate', ...files }
    : user !== undefined && secret !== undefined
      ? { kind: 'user', user, secret }
      : { kind: 'anonymous' }
  return {
    id,
    protocol: 'opc-ua',
    endpoint,
    mode,
    policy: mode === 'None' ? 'None' : (policy ?? 'Basic256Sha256'),
    identity,
    publishingMs,
    timeoutMs,
  }
}

/** The site as a server. Without `clients` every certificate may come, and has to know a secret. */
export type OpcUaView = Readonly<{
  host: string
  port: number
  users: ReadonlyMap<string, string>
  /** Certificate files. */
  clients: readonly string[] | null
  anonymous: boolean
}>

/** Null where the site wants none, or asks for one that would let everybody in unsaid. */
export function opcuaViewOf(entry: SiteFile['opcua_server'], { folder, blame, secretAt }: Hands): OpcUaView | null {
  if (!entry) return null
  const { listen, users = [], clients, anonymous = false } = entry
  const [host = '', port = ''] = listen.split(':')
  const known = users.map(
    ({ user, secret }, i) => [user, secretAt(['opcua_server', 'users', i, 'secret'], secret)] as const,
  )
  const files = clients?.map((file) => resolve(folder, file)) ?? null
  const lost = (files ?? []).flatMap((file, i) => (isReadable(file) ? [] : [{ file, i }]))
  for (const { file, i } of lost) blame(['opcua_server', 'clients', i], 'file_missing', { file })
  if (users.length === 0 && !anonymous) {
    blame(['opcua_server'], 'missing_key', { key: 'users' })
    return null
  }
  if (lost.length > 0 || known.some(([, secret]) => secret === null)) return null
  return {
    host,
    port: Number(port),
    users: new Map(known.map(([user, secret]) => [user, secret!])),
    clients: files,
    anonymous,
  }
}

/** What a device that stands in a server has besides its profile; what is wrong with it is blamed on its entry. */
export function opcuaDevice(
  entry: SiteFile['devices'][number],
  profile: Profile | undefined,
  blame: (at: Path, code: FaultCode, params?: Params) => void,
): Pick<Device, 'nodeName'> {
  if (entry.node_name === undefined) return {}
  if (profile && !profile.opcua)
    blame(['node_name'], 'wrong_value', { key: 'node_name', detail: 'only a device of an OPC UA server has one' })
  return { nodeName: entry.node_name }
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK)
    return true
  } catch {
    return false
  }
}
