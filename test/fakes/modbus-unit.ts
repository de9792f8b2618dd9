import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/**
 * `late` answers after `lateMs`; `wrongUnit` answers as another unit; `wrongByteCount` lies in the PDU; `shortFrame`
 * stops in the middle of the frame and stays silent; `hugeLength` promises 65535 bytes; `reset` drops the connection;
 * `cut` sends the first `cutAfter` bytes and drops it; `sliced` sends the reply byte by byte.
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

export type Asked = Readonly<{ unitId: number; code: number; address: number; count: number; atMs: number }>

export class FakeUnit {
  mood: Mood = 'ok'
  exceptionCode = 2
  lateMs = 0
  cutAfter = 0
  readonly holding = new Map<number, number>()
  readonly input = new Map<number, number>()
  readonly coil = new Map<number, boolean>()
  readonly discrete = new Map<number, boolean>()
  readonly asked: Asked[] = []
}

/** A Modbus TCP far end, framed by hand so that it can lie. A unit that was never named does not answer. */
export class FakeModbus {
  port = 0
  /** Connections accepted so far. */
  accepted = 0
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
    if (!unit) this.#units.set(id, (unit = new FakeUnit()))
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
      while (pending.length >= 12) {
        this.#answer(socket, pending.subarray(0, 12))
        pending = pending.subarray(12)
      }
    })
  }

  #answer(socket: Socket, request: Buffer): void {
    const unitId = request[6]!
    const unit = this.#units.get(unitId)
    if (!unit) return
    const asked = { unitId, code: request[7]!, address: request.readUInt16BE(8), count: request.readUInt16BE(10) }
    unit.asked.push({ ...asked, atMs: performance.now() })
    const reply = frame(request, unitId, [asked.code, ...dataOf(unit, asked)])
    switch (unit.mood) {
      case 'ok':
        return void socket.write(reply)
      case 'silent':
        return
      case 'exception':
        return void socket.write(frame(request, unitId, [asked.code | 0x80, unit.exceptionCode]))
      case 'late':
        // What it answers is what it held when it was asked.
        return void setTimeout(() => socket.writable && socket.write(reply), unit.lateMs)
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

function frame(request: Buffer, unitId: number, pdu: number[]): Buffer {
  const reply = Buffer.alloc(7 + pdu.length)
  request.copy(reply, 0, 0, 4)
  reply.writeUInt16BE(pdu.length + 1, 4)
  reply[6] = unitId
  reply.set(pdu, 7)
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
