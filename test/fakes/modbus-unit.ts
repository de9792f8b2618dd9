import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/**
 * `late` answers after `lateMs`; `wrongUnit` answers as another unit; `wrongByteCount` lies in the PDU; `shortFrame`
 * stops in the middle of the frame and stays silent; `hugeLength` promises 65535 bytes; `reset` drops the connection;
 * `cut` sends the first `cutAfter` bytes and drops it; `sliced` sends the reply byte by byte; `forgetful` does what a
 * write asks and loses the answer, reads it answers.
 */
export type Mood =
  | 'ok'
  | 'silent'
  | 'exception'
  | 'late'
  | 'wrongUnit'
  | 'wrongByteCount'
  | 'shortFrame'
  | 'hugeLength'
  | 'reset'
  | 'cut'
  | 'sliced'
  | 'forgetful'

export type Asked = Readonly<{ unitId: number; code: number; address: number; count: number; atMs: number }>

export class FakeUnit {
  readonly id: number
  mood: Mood = 'ok'
  exceptionCode = 2
  lateMs = 0
  cutAfter = 0
  /** Addresses that are not there: exception 02. */
  readonly missing = new Set<number>()
  /** More registers or bits than this in one request: exception 03. */
  mostAtOnce = 2_000
  /** A write is answered, and the value stays as it was. */
  isStubborn = false
  /** A write is answered with exception 03. */
  refusesWrites = false
  readonly holding = new Map<number, number>()
  readonly input = new Map<number, number>()
  readonly coil = new Map<number, boolean>()
  readonly discrete = new Map<number, boolean>()
  readonly asked: Asked[] = []

  constructor(id: number) {
    this.id = id
  }

  /** Notes a request that reached it. */
  hear(pdu: Buffer): void {
    const isSingle = pdu[0] === 5 || pdu[0] === 6
    const [code, address, count] = [pdu[0]!, pdu.readUInt16BE(1), isSingle ? 1 : pdu.readUInt16BE(3)]
    this.asked.push({ unitId: this.id, code, address, count, atMs: performance.now() })
  }

  /** Does what it says and makes the answer. */
  answer(pdu: Buffer): Buffer {
    const { code, address, count } = this.asked.at(-1)!
    const addresses = Array.from({ length: count }, (_, i) => address + i)
    if (count > this.mostAtOnce) return Buffer.of(code | 0x80, 3)
    if (addresses.some((at) => this.missing.has(at))) return Buffer.of(code | 0x80, 2)
    if (code > 4 && this.refusesWrites) return Buffer.of(code | 0x80, 3)
    if (code <= 4) return Buffer.of(code, ...dataOf(this, { code, address, count }))
    addresses.forEach((at, i) => {
      if (this.isStubborn) return
      if (code === 5) this.coil.set(at, pdu.readUInt16BE(3) === 0xff00)
      if (code === 6) this.holding.set(at, pdu.readUInt16BE(3))
      if (code === 15) this.coil.set(at, ((pdu[6 + (i >> 3)]! >> (i & 7)) & 1) === 1)
      if (code === 16) this.holding.set(at, pdu.readUInt16BE(6 + i * 2))
    })
    return pdu.subarray(0, 5)
  }
}

/** A Modbus TCP far end, framed by hand so that it can lie. A unit that was never named does not answer. */
export class FakeModbus {
  port = 0
  /** Connections accepted so far. */
  accepted = 0
  /** The most requests that waited for an answer at once. */
  mostWaiting = 0
  #waiting = 0
  readonly sockets = new Set<Socket>()
  readonly #units = new Map<number, FakeUnit>()
  readonly #frozen = new WeakSet<Socket>()
  #server: Server | null = null

  static async start(): Promise<FakeModbus> {
    const fake = new FakeModbus()
    await fake.start()
    return fake
  }

  unit(id: number): FakeUnit {
    let unit = this.#units.get(id)
    if (!unit) this.#units.set(id, (unit = new FakeUnit(id)))
    return unit
  }

  /** Listens; after `stop` on the same port again. */
  async start(): Promise<void> {
    const server = createServer((socket) => this.#serve(socket))
    this.#server = server
    server.listen(this.port, '127.0.0.1')
    await once(server, 'listening')
    this.port = (server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    const server = this.#server
    if (!server?.listening) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of this.sockets) socket.destroy()
    await closed
  }

  /** The connections of now are half-open from here on: nothing that is sent on them is answered. New ones work. */
  freeze(): void {
    for (const socket of this.sockets) this.#frozen.add(socket)
  }

  #serve(socket: Socket): void {
    this.accepted += 1
    this.sockets.add(socket)
    let pending = Buffer.alloc(0)
    socket.setNoDelay()
    socket.on('error', () => {})
    socket.on('close', () => this.sockets.delete(socket))
    socket.on('data', (chunk) => {
      if (this.#frozen.has(socket)) return
      pending = Buffer.concat([pending, chunk])
      while (pending.length >= 6 && pending.length >= 6 + pending.readUInt16BE(4)) {
        const end = 6 + pending.readUInt16BE(4)
        this.#answer(socket, pending.subarray(0, end))
        pending = pending.subarray(end)
      }
    })
  }

  #answer(socket: Socket, request: Buffer): void {
    const unitId = request[6]!
    const unit = this.#units.get(unitId)
    if (!unit) return
    const code = request[7]!
    const pdu = request.subarray(7)
    unit.hear(pdu)
    if (unit.mood === 'silent') return
    const reply = frame(request, unitId, unit.answer(pdu))
    switch (unit.mood) {
      case 'ok':
        return void socket.write(reply)
      case 'forgetful':
        return void (code <= 4 && socket.write(reply))
      case 'exception':
        return void socket.write(frame(request, unitId, Buffer.of(code | 0x80, unit.exceptionCode)))
      case 'late':
        // What it answers is what it held when it was asked.
        this.mostWaiting = Math.max(this.mostWaiting, ++this.#waiting)
        return void setTimeout(() => {
          this.#waiting -= 1
          if (socket.writable) socket.write(reply)
        }, unit.lateMs)
      case 'wrongUnit':
        reply[6] = unitId ^ 0x40
        return void socket.write(reply)
      case 'wrongByteCount':
        reply[8] = reply[8]! - 2
        return void socket.write(reply)
      case 'shortFrame':
        return void socket.write(reply.subarray(0, reply.length - 1))
      case 'hugeLength':
        reply.writeUInt16BE(0xffff, 4)
        return void socket.write(reply)
      case 'reset':
        return void socket.resetAndDestroy()
      case 'cut':
        return void socket.end(reply.subarray(0, unit.cutAfter))
      case 'sliced':
        return void writeSliced(socket, reply)
    }
  }
}

function frame(request: Buffer, unitId: number, pdu: Buffer): Buffer {
  const reply = Buffer.alloc(7 + pdu.length)
  request.copy(reply, 0, 0, 4)
  reply.writeUInt16BE(pdu.length + 1, 4)
  reply[6] = unitId
  pdu.copy(reply, 7)
  return reply
}

function dataOf(unit: FakeUnit, { code, address, count }: { code: number; address: number; count: number }): number[] {
  const addresses = Array.from({ length: count }, (_, i) => address + i)
  if (code === 3 || code === 4) {
    const registers = code === 3 ? unit.holding : unit.input
    const bytes = addresses.map((at) => registers.get(at) ?? 0).flatMap((word) => [word >> 8, word & 0xff])
    return [bytes.length, ...bytes]
  }
  const bits = code === 1 ? unit.coil : unit.discrete
  const bytes = Array.from({ length: Math.ceil(count / 8) }, () => 0)
  addresses.forEach((at, i) => {
    if (bits.get(at)) bytes[i >> 3]! |= 1 << (i & 7)
  })
  return [bytes.length, ...bytes]
}

async function writeSliced(socket: Socket, reply: Buffer): Promise<void> {
  for (const byte of reply) {
    if (!socket.writable) return
    await new Promise((resolve) => socket.write(Buffer.of(byte), resolve))
    await new Promise(setImmediate)
  }
}
