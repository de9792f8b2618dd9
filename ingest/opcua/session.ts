import { readFileSync } from 'node:fs'
import type { UserIdentityInfo } from 'node-opcua'
import type { OpcUaConnection } from './connection.ts'
import { certificateDoor, type ClientSession, type OpcUa } from './library.ts'
import type { OwnCertificate } from './own-certificate.ts'

/** Longer than any pause between two messages of a subscription. */
const SESSION_MS = 60_000
/** Whatever the server does: what it takes to say goodbye is not waited for longer. */
const GOODBYE_MS = 2_000
/** A connection is made in four exchanges: certificate, channel, session, its activation. */
const EXCHANGES = 4

/** One session from its beginning to its end; it is never repaired. */
export type Session = Readonly<{
  services: ClientSession
  /** Aborts with the reason when it is over, whoever ended it. */
  over: AbortSignal
  end(reason: string): void
  /** Resolves when nothing of it is left. */
  gone(): Promise<void>
}>

type Opening = Readonly<{
  opcua: OpcUa
  connection: OpcUaConnection
  own: OwnCertificate
  isTrusted(chain: Uint8Array): boolean
  signal: AbortSignal
}>

/**
 * A new client with a new session. The library's own repair is switched off: what it brings back after an outage is
 * not always what was there before (items, subscription), and then stays silent. Rejects within the time-outs.
 */
export async function openSession({ opcua, connection, own, isTrusted, signal }: Opening): Promise<Session> {
  const { mode, policy, timeoutMs, endpoint } = connection
  const key = opcua.crypto_utils.makePrivateKeyFromPem(own.keyPem)
  const client = opcua.OPCUAClient.create({
    applicationName: 'Caretaker',
    applicationUri: own.applicationUri,
    clientName: `caretaker-${connection.id}`,
    certificateKeyPairProvider: {
      getCertificate: () => own.der,
      getCertificateChain: () => [own.der],
      getPrivateKey: () => key,
    },
    clientCertificateManager: certificateDoor(opcua, isTrusted),
    securityMode: opcua.MessageSecurityMode[mode],
    securityPolicy: opcua.SecurityPolicy[policy],
    connectionStrategy: { maxRetry: 0, initialDelay: 100, maxDelay: 100, randomisationFactor: 0 },
    endpointMustExist: false,
    requestedSessionTimeout: SESSION_MS,
    transportTimeout: timeoutMs,
    defaultTransactionTimeout: timeoutMs,
    keepSessionAlive: false,
  })
  const life = new AbortController()
  const end = (reason: string) => life.abort(new Error(reason))
  const stop = () => end('stopping')
  signal.addEventListener('abort', stop, { once: true })
  for (const event of ['close', 'abort', 'connection_lost'] as const) client.on(event, () => end('connection_lost'))
  let leaving: Promise<void> | null = null
  const gone = () => {
    signal.removeEventListener('abort', stop)
    return (leaving ??= within(GOODBYE_MS, client.disconnect()).catch(() => {}))
  }
  try {
    signal.throwIfAborted()
    const services = await orOver(
      life.signal,
      within(
        timeoutMs * EXCHANGES,
        (async () => {
          await client.connect(endpoint)
          return (await client.createSession(identityOf(opcua, connection))) as ClientSession
        })(),
      ),
    )
    services.on('session_closed', () => end('session_closed'))
    life.signal.addEventListener('abort', () => void gone(), { once: true })
    if (life.signal.aborted) throw life.signal.reason
    return { services, over: life.signal, end, gone }
  } catch (error) {
    end('not_opened')
    await gone()
    throw error
  }
}

function identityOf(opcua: OpcUa, { identity }: OpcUaConnection): UserIdentityInfo {
  switch (identity.kind) {
    case 'anonymous':
      return { type: opcua.UserTokenType.Anonymous }
    case 'user':
      return { type: opcua.UserTokenType.UserName, userName: identity.user, password: identity.secret }
    case 'certificate':
      return {
        type: opcua.UserTokenType.Certificate,
        certificateData: opcua.crypto_utils.convertPEMtoDER(readFileSync(identity.certFile, 'utf8')),
        privateKey: readFileSync(identity.keyFile, 'utf8'),
      }
  }
}

/** Real time: what a wire and the far end may take. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('timed out')), ms)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
    // Whatever comes of it later is nobody's any more.
    work.catch(() => {})
  }
}

async function orOver<T>(over: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = () => reject(over.reason as Error)
  over.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    over.removeEventListener('abort', stop)
    work.catch(() => {})
  }
}
