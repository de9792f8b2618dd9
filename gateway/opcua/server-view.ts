import { readFileSync } from 'node:fs'
import { X509Certificate } from 'node:crypto'
import type { ServerSession } from 'node-opcua'
import type { Clock } from '#devices/clock.ts'
import { loadOpcUa, type OpcUa } from '#ingest/opcua/library.ts'
import type { OwnCertificate } from '#ingest/opcua/own-certificate.ts'
import type { OpcUaView } from '../site/opcua.ts'
import type { Site } from '../site/site.ts'
import type { Store } from '../store/store.ts'
import { keepAlarms } from './alarm-objects.ts'
import { buildPlant, type LatestReadings } from './plant-objects.ts'
import { userDoor } from './user-door.ts'

const MOST_SESSIONS = 20

type Parts = Readonly<{
  site: Site
  own(): Promise<OwnCertificate>
  clock: Clock & Readonly<{ speed: number }>
  latest: LatestReadings
  read: Pick<Store['read'], 'list'>
  log: Readonly<{
    info(fields: object, message: string): void
    warn(fields: object, message: string): void
    error(fields: object, message: string): void
  }>
  /** Called when it listens. */
  listening?(port: number): void
}>

/**
 * The site as an OPC UA server, for building management above us: assets, devices, values with their status and source
 * time, alarms that stand. Nothing can be written. Never rejects: a gateway without this view still watches.
 */
export async function runServerView(parts: Parts, signal: AbortSignal): Promise<void> {
  const { log, site } = parts
  const view = site.opcuaServer
  if (!view) return
  try {
    const server = await start(parts, view)
    parts.listening?.(server.port)
    log.info({ host: view.host, port: server.port }, 'OPC UA server listens')
    if (!signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>()
      signal.addEventListener('abort', () => resolve(), { once: true })
      await promise
    }
    await server.stop()
  } catch (error) {
    log.error({ error: (error as Error).message, host: view.host, port: view.port }, 'no OPC UA server')
  }
}

async function start({ site, own: ownOf, clock, latest, read, log }: Parts, view: OpcUaView) {
  const opcua = await loadOpcUa()
  const { OPCUAServer } = await import('node-opcua')
  const own = await ownOf()
  const mayEnter = userDoor(view.users, () => clock.now() / clock.speed)
  const server = new OPCUAServer({
    host: view.host,
    port: view.port,
    serverInfo: {
      applicationUri: own.applicationUri,
      productUri: 'urn:caretaker',
      applicationName: { text: `Caretaker ${site.id}` },
    },
    buildInfo: { productName: 'Caretaker' },
    certificateFile: own.certFile,
    privateKeyFile: own.keyFile,
    serverCertificateManager: clientDoor(opcua, view, (thumbprint) =>
      log.warn({ thumbprint }, 'an OPC UA client with an unknown certificate was refused'),
    ) as never,
    // Nobody signs in with a certificate of a person.
    userCertificateManager: clientDoor(opcua, { ...view, clients: [] }, () => {}) as never,
    securityModes: [opcua.MessageSecurityMode.SignAndEncrypt],
    securityPolicies: [
      opcua.SecurityPolicy.Basic256Sha256,
      opcua.SecurityPolicy.Aes128_Sha256_RsaOaep,
      opcua.SecurityPolicy.Aes256_Sha256_RsaPss,
    ],
    allowAnonymous: view.anonymous,
    maxConnectionsPerEndpoint: MOST_SESSIONS,
    serverCapabilities: { maxSessions: MOST_SESSIONS },
    userManager: {
      isValidUser(this: ServerSession, user: string, secret: string) {
        return mayEnter(user, secret, this.channel?.remoteAddress ?? '')
      },
    },
  })
  await server.initialize()
  const space = server.engine.addressSpace!
  const namespace = space.getOwnNamespace()
  buildPlant({ opcua, space, namespace, site, latest, clock })
  const stopAlarms = keepAlarms({
    opcua,
    space,
    namespace,
    site,
    alarms: async (limit) => (await read.list('alarms', { state: 'open', limit })).items,
    clock,
    isLookedAt: () => server.engine.currentSessionCount > 0,
  })
  try {
    await server.start()
  } catch (error) {
    stopAlarms()
    await server.shutdown(0).catch(() => {})
    throw error
  }
  return {
    port: (server.endpoints[0] as unknown as { port: number }).port,
    async stop() {
      stopAlarms()
      await server.shutdown(0)
    },
  }
}

/** Clients whose certificate the site file names; all, where it names none and asks for a secret instead. */
function clientDoor(
  { StatusCodes }: OpcUa,
  { clients }: Pick<OpcUaView, 'clients'>,
  refused: (thumbprint: string) => void,
): object {
  const known = clients?.map((file) => new X509Certificate(readFileSync(file)).raw) ?? null
  const check = async (certificate: Buffer | Buffer[]) => {
    const leaf = Array.isArray(certificate) ? certificate[0]! : certificate
    if (known === null || known.some((each) => leaf.subarray(0, each.length).equals(each))) return StatusCodes.Good
    refused(thumbprintOf(leaf))
    return StatusCodes.BadCertificateUntrusted
  }
  const done = async () => {}
  return {
    referenceCounter: 0,
    initialize: done,
    dispose: done,
    checkCertificate: check,
    getTrustStatus: check,
    verifyCertificate: async () => 'Good',
    trustCertificate: done,
    rejectCertificate: done,
    addIssuer: done,
    addRevocationList: done,
  }
}

function thumbprintOf(der: Buffer): string {
  try {
    return new X509Certificate(der).fingerprint.replaceAll(':', '').toLowerCase()
  } catch {
    return 'unreadable'
  }
}
