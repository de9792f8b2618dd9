import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const KEEP_ALIVE_AFTER_MS = 5_000

/** A connected socket, destroyed when the signal aborts. Rejects when it is refused or not there in time (real time). */
export async function openSocket(
  { host, port, timeoutMs }: Readonly<{ host: string; port: number; timeoutMs: number }>,
  signal: AbortSignal,
): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS })
  const abort = () => socket.destroy(new Error('stopped'))
  const impatience = setTimeout(() => socket.destroy(new Error('connect timed out')), timeoutMs)
  signal.addEventListener('abort', abort, { once: true })
  socket.once('close', () => signal.removeEventListener('abort', abort))
  try {
    if (signal.aborted) abort()
    await once(socket, 'connect')
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    clearTimeout(impatience)
  }
}
