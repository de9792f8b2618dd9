import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { Table } from '#devices/point.ts'

/** Modbus Application Protocol 1.1b3 §7. */
export const EXCEPTION = { illegalFunction: 1, illegalAddress: 2, illegalValue: 3, targetSilent: 0x0b } as const

/** `words` holds registers, or 0 and 1 for bit tables; `silent` leaves the request without an answer. */
export type Answer =
  | Readonly<{ words: readonly number[] }>
  | Readonly<{ exception: (typeof EXCEPTION)[keyof typeof EXCEPTION] }>
  | 'silent'
export type AskUnit = (unitId: number, table: Table, address: number, count: number) => Answer

export type ModbusServer = Readonly<{ port: number; close(): Promise<void> }>

const TABLE_OF_FUNCTION: Readonly<Record<number, Table>> = { 1: 'coil', 2: 'discrete', 3: 'holding', 4: 'input' }
const HEADER_BYTES = 7
/** MAP 1.1b3 §4.1: a PDU is at most 253 bytes; the length field counts the unit id too. */
const LONGEST_FIELD = 254

/**
 * A read-only Modbus TCP server with many unit ids. Own framing, because modbus-serial's ServerTCP takes port 0
 * for 502 and can therefore not be given a free port; the client of that package reads it in the tests.
 */
export async function startModbusServer(settings: {
  host: string
  port: number
  ask: AskUnit
  log: (line: string) => void
}): Promise<ModbusServer> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', (error) => settings.log(`modbus client: ${error.message}`))
    answerFrames(socket, settings.ask)
  })
  server.listen(settings.port, settings.host)
  await once(server, 'listening')
  server.on('error', (error) => settings.log(`modbus server: ${error.message}`))
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** MBAP framing: frames may come in pieces or several at once; a frame that cannot be one ends the connection. */
function answerFrames(socket: Socket, ask: AskUnit): void {
  let waiting: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    waiting = waiting.length > 0 ? Buffer.concat([waiting, chunk]) : chunk
    while (waiting.length >= HEADER_BYTES) {
      const length = waiting.readUInt16BE(4)
      if (waiting.readUInt16BE(2) !== 0 || length < 2 || length > LONGEST_FIELD) return void socket.destroy()
      if (waiting.length < 6 + length) return
      const answer = answerTo(waiting.subarray(6, 6 + length), ask)
      if (answer) {
        const header = Buffer.from(waiting.subarray(0, 6))
        header.writeUInt16BE(answer.length, 4)
        socket.write(Buffer.concat([header, answer]))
      }
      waiting = waiting.subarray(6 + length)
    }
  })
}

/** `request` and the answer begin with the unit id. */
function answerTo(request: Buffer, ask: AskUnit): Buffer | null {
  const unitId = request[0]!
  const code = request[1]!
  const refuse = (exception: number) => Buffer.from([unitId, code | 0x80, exception])
  const table = TABLE_OF_FUNCTION[code]
  if (!table) return refuse(EXCEPTION.illegalFunction)
  if (request.length !== 6) return refuse(EXCEPTION.illegalValue)
  const isBit = table === 'coil' || table === 'discrete'
  const count = request.readUInt16BE(4)
  if (count < 1 || count > (isBit ? 2000 : 125)) return refuse(EXCEPTION.illegalValue)
  const answer = ask(unitId, table, request.readUInt16BE(2), count)
  if (answer === 'silent') return null
  if ('exception' in answer) return refuse(answer.exception)
  const body = isBit ? packBits(answer.words) : packWords(answer.words)
  return Buffer.concat([Buffer.from([unitId, code, body.length]), body])
}

function packWords(words: readonly number[]): Buffer {
  const body = Buffer.alloc(words.length * 2)
  words.forEach((word, i) => body.writeUInt16BE(word, i * 2))
  return body
}

/** MAP §6.1: the first bit asked for is the lowest of the first byte. */
function packBits(bits: readonly number[]): Buffer {
  const body = Buffer.alloc(Math.ceil(bits.length / 8))
  bits.forEach((bit, i) => {
    if (bit) body[i >> 3]! |= 1 << (i & 7)
  })
  return body
}
