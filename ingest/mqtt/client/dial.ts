import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { isIP, connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { BrokerConnection } from './broker-connection.ts'
import { BrokerSilence } from './why-away.ts'

const DIAL_MS = 20_000

/**
 * A socket to the broker on which MQTT can be spoken: with TLS only when its certificate was verified, so that no password
 * goes to anybody else. Certificates are read anew each time: a renewed one is taken up by the next connection.
 */
export async function dial({ host, port, tls }: BrokerConnection, signal: AbortSignal): Promise<Socket> {
  const read = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file))
  const socket = tls
    ? connectTls({
        host,
        port,
        ca: read(tls.caFile),
        cert: read(tls.certFile),
        key: read(tls.keyFile),
        minVersion: 'TLSv1.2',
        // An address has no name to ask for (RFC 6066 §3).
        ...(isIP(host) === 0 ? { servername: host } : {}),
      })
    : connectTcp({ host, port, noDelay: true })
  const dialling = AbortSignal.any([signal, AbortSignal.timeout(DIAL_MS)])
  try {
    await once(socket, tls ? 'secureConnect' : 'connect', { signal: dialling })
  } catch (error) {
    socket.on('error', () => {})
    socket.destroy()
    throw dialling.aborted && !signal.aborted ? new BrokerSilence('unreachable', 'no answer', { cause: error }) : error
  }
  return socket
}
