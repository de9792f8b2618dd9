import { once } from 'node:events'
import { connect } from 'node:net'
import modbusSerial from 'modbus-serial'
import type { Connection } from '#devices/device.ts'
import type { PlannedRead } from './read-plan.ts'
import { replyCheck } from './reply-check.ts'

/** What came of one request. `refused` is a Modbus exception; all of `failed` ends the session. */
export type Reply =
  | Readonly<{ kind: 'values'; values: readonly (number | boolean)[] }>
  | Readonly<{ kind: 'refused'; code: number }>
  | Readonly<{ kind: 'failed'; reason: 'no_response' | 'connection_lost' | 'bad_frame'; detail: string }>

/**
 * One TCP connection and one modbus-serial client, used until the first failure and never mended: a time-out or a
 * doubtful frame ends it, so a late reply finds a closed socket and can answer no later request.
 * One request in flight: the caller awaits `read` before the next.
 */
export type Session = Readonly<{
  /** Never rejects. */
  read(request: PlannedRead): Promise<Reply>
  isOpen(): boolean
  end(): void
}>

const KEEP_ALIVE_AFTER_MS = 5_000

/** Rejects when the connection is refused, or not there within the connection's time-out (real time). */
export async function openSession(connection: Connection, signal: AbortSignal): Promise<Session> {
  const { host, port, timeoutMs } = connection
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS })
  const abort = () => socket.destroy(new Error('stopped'))
  const impatience = setTimeout(() => socket.destroy(new Error('connect timed out')), timeoutMs)
  signal.addEventListener('abort', abort, { once: true })
  socket.once('close', () => signal.removeEventListener('abort', abort))
  try {
    if (signal.aborted) abort()
    await once(socket, 'connect')
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    clearTimeout(impatience)
  }

  let settle: ((reply: Reply) => void) | null = null
  let lastError = 'closed by the far end'
  const check = replyCheck()
  const client = new modbusSerial.default()
  // modbus-serial swallows a socket's error and its close after an error: listen on the socket itself.
  socket.on('error', (error) => (lastError = error.message))
  socket.on('close', () => fail('connection_lost', lastError))
  // Before modbus-serial's own listener, so that a doubtful frame is judged before it is parsed.
  socket.on('data', (chunk) => {
    const doubt = check.push(chunk)
    if (doubt) fail('bad_frame', doubt)
  })
  await client.linkTCP(socket, { port })
  client.setTimeout(timeoutMs)

  function end(): void {
    // Also cancels the timers of what is in flight, so that nothing keeps the process alive.
    client.destroy(() => {})
    socket.destroy()
  }
  function fail(reason: 'no_response' | 'connection_lost' | 'bad_frame', detail: string): void {
    settle?.({ kind: 'failed', reason, detail })
    settle = null
    end()
  }

  return {
    read(request) {
      const { promise, resolve } = Promise.withResolvers<Reply>()
      if (socket.destroyed) return Promise.resolve({ kind: 'failed', reason: 'connection_lost', detail: lastError })
      settle = resolve
      check.expect(request)
      // The unit id is state of the client: set and used with nothing in between.
      client.setID(request.unitId)
      requestOf(client, request).then(
        ({ data }) => resolve({ kind: 'values', values: data }),
        (error: unknown) => {
          const { modbusCode, errno, message } = error as { modbusCode?: number; errno?: unknown; message: string }
          if (modbusCode !== undefined) resolve({ kind: 'refused', code: modbusCode })
          else if (errno === 'ETIMEDOUT') fail('no_response', message)
          else if (errno === 'ECONNREFUSED') fail('connection_lost', message)
          else fail('bad_frame', message)
        },
      )
      return promise
    },
    isOpen: () => !socket.destroyed && socket.readyState === 'open',
    end,
  }
}

function requestOf(client: InstanceType<typeof modbusSerial.default>, { table, address, count }: PlannedRead) {
  switch (table) {
    case 'coil':
      return client.readCoils(address, count)
    case 'discrete':
      return client.readDiscreteInputs(address, count)
    case 'holding':
      return client.readHoldingRegisters(address, count)
    case 'input':
      return client.readInputRegisters(address, count)
  }
}
