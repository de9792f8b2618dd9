import { readFileSync, statSync } from 'node:fs'
import type { Socket } from 'node:net'
import { createServer, type Server } from 'node:tls'

/** `certFile`: the certificate with its chain, PEM; `keyFile`: its private key, PEM. */
export type TlsListen = Readonly<{ host: string; port: number; certFile: string; keyFile: string }>

const LOOK_MS = 60_000
const HANDSHAKE_MS = 10_000

/**
 * S27: the same broker over TLS 1.2 and 1.3. A renewed certificate is taken up within a minute, connections stay; one that
 * cannot be read leaves the old one in use, and is told.
 */
export function tlsServer(
  { certFile, keyFile }: TlsListen,
  connected: (socket: Socket) => void,
  told: (error: Error) => void,
  lookMs = LOOK_MS,
): Server {
  const read = () => ({ cert: readFileSync(certFile), key: readFileSync(keyFile), minVersion: 'TLSv1.2' as const })
  const stamp = () => [certFile, keyFile].map((file) => statSync(file).mtimeMs).join()
  const server = createServer({ ...read(), handshakeTimeout: HANDSHAKE_MS, noDelay: true }, connected)
  let known = stamp()
  const look = setInterval(() => {
    try {
      const now = stamp()
      if (now === known) return
      server.setSecureContext(read())
      known = now
    } catch (error) {
      told(error as Error)
    }
  }, lookMs)
  look.unref()
  server.on('close', () => clearInterval(look))
  // A handshake that fails is a stranger's affair: the socket is gone, nothing else is touched.
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  return server
}
