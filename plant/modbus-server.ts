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
/** `words` as in an answer; what the unit takes it stores, and the answer says so. */
export type TellUnit = (unitId: number, table: Table, address: number, words: readonly number[]) => Answer
export type AskUnit = (unitId: number, table: Table, address: number, count: number) => Answer

export type ModbusServer = Readonly<{ port: number; close(): Promise<void> }>

const TABLE_OF_FUNCTION: Readonly<Record<number, Table>> = { 1: 'coil', 2: 'discrete', 3: 'holding', 4: 'input' }
/** Writes: one coil, one register, several coils, several registers (MAP 1.1b3 §6.5, 6.6, 6.11, 6.12). */
const TABLE_WRITTEN: Readonly<Record<number, Table>> = { 5: 'coil', 6: 'holding', 15: 'coil', 16: 'holding' }
const HEADER_BYTES = 7
/** MAP 1.1b3 §4.1: a PDU is at most 253 bytes; the length field counts the unit id too. */
const LONGEST_FIELD = 254

/**
 * A Modbus TCP server with many unit ids. Own framing, because modbus-serial's ServerTCP takes port 0
 * for 502 and can therefore not be given a free port; the client of that package reads it in the tests.
 */
export async function startModbusServer(settings: {
  host: string
  port: number
  ask: AskUnit
  tell: TellUnit
  log: (line: string) => void
}): Promise<ModbusServer> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', (error) => settings.log(`modbus client: ${error.message}`))
    answerFrames(socket, settings)
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

type Unit = Readonly<{ ask: AskUnit; tell: TellUnit }>

/** MBAP framing: frames may come in pieces or several at once; a frame that cannot be one ends the connection. */
function answerFrames(socket: Socket, unit: Unit): void {
  let waiting: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    waiting = waiting.length > 0 ? Buffer.concat([waiting, chunk]) : chunk
    while (waiting.length >= HEADER_BYTES) {
      const length = waiting.readUInt16BE(4)
      if (waiting.readUInt16BE(2) !== 0 || length < 2 || length > LONGEST_FIELD) return void socket.destroy()
      if (waiting.length < 6 + length) return
      const answer = answerTo(waiting.subarray(6, 6 + length), unit)
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
function answerTo(request: Buffer, { ask, tell }: Unit): Buffer | null {
  const unitId = request[0]!
  const code = request[1]!
  const refuse = (exception: number) => Buffer.from([unitId, code | 0x80, exception])
  const written = TABLE_WRITTEN[code]
  if (written) {
    const words = wordsWritten(request, code)
    if (!words) return refuse(EXCEPTION.illegalValue)
    const answer = tell(unitId, written, request.readUInt16BE(2), words)
    if (answer === 'silent') return null
    return 'exception' in answer ? refuse(answer.exception) : Buffer.from(request.subarray(0, 6))
  }
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

/** What a write carries; null for one that contradicts itself. A coil that is written is 0x0000 or 0xFF00. */
function wordsWritten(request: Buffer, code: number): number[] | null {
  if (request.length < 6) return null
  const second = request.readUInt16BE(4)
  if (code === 6) return request.length === 6 ? [second] : null
  if (code === 5) return request.length === 6 && (second === 0 || second === 0xff00) ? [second === 0 ? 0 : 1] : null
  const bytes = code === 15 ? Math.ceil(second / 8) : second * 2
  if (second < 1 || request.length !== 7 + bytes || request[6] !== bytes) return null
  return Array.from({ length: second }, (_, i) =>
    code === 15 ? (request[7 + (i >> 3)]! >> (i & 7)) & 1 : request.readUInt16BE(7 + i * 2),
  )
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
