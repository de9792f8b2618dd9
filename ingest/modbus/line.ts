import type { Socket } from 'node:net'
import type { SerialConnection } from './connection.ts'

/** Bytes both ways, with no frame borders of its own. */
export type Line = Readonly<{
  write(bytes: Buffer): void
  /** To be called once. `lost` comes at most once, also after `close`. */
  listen(heard: (bytes: Buffer) => void, lost: (why: string) => void): void
  isOpen(): boolean
  close(): void
}>

export function socketLine(socket: Socket): Line {
  let lastError = 'closed by the far end'
  socket.on('error', (error) => (lastError = error.message))
  return {
    write: (bytes) => void socket.write(bytes),
    listen(heard, lost) {
      socket.on('data', heard)
      socket.once('close', () => lost(lastError))
    },
    isOpen: () => !socket.destroyed && socket.readyState === 'open',
    close: () => void socket.destroy(),
  }
}

/** The port for this process alone. Rejects when it is not there or taken. */
export async function openSerialPort(connection: SerialConnection, signal: AbortSignal): Promise<Line> {
  // Loaded only by a site that has such a line: it brings native code.
  const { SerialPort } = await import('serialport')
  const { path, baud: baudRate, parity, stopBits } = connection
  const port = new SerialPort({ path, baudRate, parity, stopBits, dataBits: 8, lock: true, autoOpen: false })
  let lastError = 'the port is gone'
  port.on('error', (error) => (lastError = error.message))
  await new Promise<void>((resolve, reject) => {
    port.open((error) => (error ? reject(error) : resolve()))
  })
  const close = () => {
    // Its callback also takes the error of a port that was pulled out meanwhile.
    if (port.isOpen) port.close(() => {})
  }
  port.once('close', () => signal.removeEventListener('abort', close))
  signal.addEventListener('abort', close, { once: true })
  if (signal.aborted) close()
  // A hung-up terminal ends the stream without closing the port.
  port.once('end', close)
  return {
    write: (bytes) => void port.write(bytes),
    listen(heard, lost) {
      port.on('data', heard)
      port.once('close', () => lost(lastError))
    },
    isOpen: () => port.isOpen,
    close,
  }
}
