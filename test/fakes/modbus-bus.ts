import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SerialPort } from 'serialport'
import { isRtuFrame, rtuFrame } from '#ingest/modbus/rtu-frame.ts'
import { withoutServer } from './influxd.ts'
import { FakeUnit } from './modbus-unit.ts'
import { until } from './until.ts'

/**
 * `badCrc` flips a bit of the answer; `noise` sends stray bytes before it; `glitch` one stray byte; `late` answers
 * after `lateMs` with what it held when it was asked; `short` loses the last byte; `stranger` answers as another unit;
 * `master2`: another master asks the same unit for something else, and that answer comes instead.
 */
export type BusMood =
  | 'ok'
  | 'silent'
  | 'badCrc'
  | 'noise'
  | 'glitch'
  | 'late'
  | 'short'
  | 'stranger'
  | 'master2'
  | 'forgetful'

/** Units on a two-wire line, spoken to byte by byte. Far end of a serial port (pty) or of a serial server (TCP). */
export class FakeBus {
  /** Moods by unit; what comes is taken from the front, the last stays. */
  readonly moods = new Map<number, BusMood[]>()
  lateMs = 0
  /** The adapter hears itself. */
  isEcho = false
  /** Bits per second of the wire, 11 per byte; 0 is as fast as it can. */
  baud = 0
  readonly #units = new Map<number, FakeUnit>()
  #pending: Buffer = Buffer.alloc(0)
  #send: (bytes: Buffer) => void = () => {}

  unit(id: number): FakeUnit {
    let unit = this.#units.get(id)
    if (!unit) this.#units.set(id, (unit = new FakeUnit(id)))
    return unit
  }

  set(id: number, ...moods: BusMood[]): void {
    this.moods.set(id, moods)
  }

  attach(send: (bytes: Buffer) => void): void {
    this.#send = send
    this.#pending = Buffer.alloc(0)
  }

  hear(bytes: Buffer): void {
    if (this.isEcho) this.#send(bytes)
    this.#pending = Buffer.concat([this.#pending, bytes])
    while (this.#pending.length >= 8) {
      const code = this.#pending[1]!
      const length = code === 15 || code === 16 ? 9 + this.#pending[6]! : 8
      if (this.#pending.length < length) return
      const frame = this.#pending.subarray(0, length)
      if (!isRtuFrame(frame)) {
        this.#pending = this.#pending.subarray(1)
        continue
      }
      this.#pending = this.#pending.subarray(length)
      this.#answer(frame)
    }
  }

  #answer(request: Buffer): void {
    const unit = this.#units.get(request[0]!)
    if (!unit) return
    const moods = this.moods.get(unit.id) ?? ['ok']
    const mood = moods.length > 1 ? moods.shift()! : moods[0]!
    const pdu = request.subarray(1, -2)
    unit.hear(pdu)
    if (mood === 'silent') return
    const reply = rtuFrame(unit.id, unit.answer(pdu))
    const say = (bytes: Buffer, afterMs = 0) => {
      const wireMs = this.baud ? ((request.length + bytes.length) * 11_000) / this.baud : 0
      if (wireMs + afterMs === 0) return this.#send(bytes)
      setTimeout(() => this.#send(bytes), wireMs + afterMs)
    }
    switch (mood) {
      case 'ok':
        return say(reply)
      case 'forgetful':
        return pdu[0]! <= 4 ? say(reply) : undefined
      case 'badCrc':
        reply[3]! ^= 0x10
        return say(reply)
      case 'noise':
        return say(Buffer.concat([Buffer.from('5a00ff31c4', 'hex'), reply]))
      case 'glitch':
        return say(Buffer.concat([Buffer.of(0), reply]))
      case 'late':
        return say(reply, this.lateMs)
      case 'short':
        return say(reply.subarray(0, -1))
      case 'stranger':
        return say(rtuFrame(unit.id ^ 0x40, reply.subarray(1, -2)))
      case 'master2': {
        const other = Buffer.from(pdu)
        other.writeUInt16BE(0x4000, 1)
        unit.hear(other)
        return say(Buffer.concat([rtuFrame(unit.id, other), rtuFrame(unit.id, unit.answer(other))]))
      }
    }
  }
}

/** A serial line made of two ptys that socat joins: `path` is our end, the bus sits at the other. */
export class FakeSerialLine {
  readonly path: string
  readonly bus: FakeBus
  readonly #folder = mkdtempSync(join(tmpdir(), 'line-'))
  readonly #far: string
  #socat: ChildProcess | null = null
  #port: SerialPort | null = null

  private constructor(bus: FakeBus) {
    this.bus = bus
    this.path = join(this.#folder, 'near')
    this.#far = join(this.#folder, 'far')
  }

  static async start(bus: FakeBus): Promise<FakeSerialLine> {
    const line = new FakeSerialLine(bus)
    await line.plug()
    return line
  }

  /** As after unplugging: a new device under the same name. */
  async plug(): Promise<void> {
    const pty = (link: string) => `pty,raw,echo=0,link=${link}`
    this.#socat = spawn('socat', [pty(this.path), pty(this.#far)], { stdio: 'ignore' })
    await until('both ends of the line', () => existsSync(this.path) && existsSync(this.#far))
    const port = new SerialPort({ path: this.#far, baudRate: 115_200, lock: false, autoOpen: false })
    port.on('error', () => {})
    await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())))
    port.on('data', (bytes: Buffer) => this.bus.hear(bytes))
    this.bus.attach((bytes) => void (port.isOpen && port.write(bytes)))
    this.#port = port
  }

  /** Lets another program be the bus: the path of the far end. */
  async lend(): Promise<string> {
    const port = this.#port
    this.#port = null
    if (port?.isOpen) await new Promise<void>((resolve) => port.close(() => resolve()))
    return this.#far
  }

  /** The adapter is pulled out. */
  async unplug(): Promise<void> {
    const socat = this.#socat
    this.#socat = null
    if (!socat) return
    const gone = once(socat, 'exit')
    socat.kill('SIGKILL')
    await gone
    if (this.#port?.isOpen) this.#port.close(() => {})
    rmSync(this.path, { force: true })
    rmSync(this.#far, { force: true })
  }

  async stop(): Promise<void> {
    await this.unplug()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** A transparent serial server: what comes from the socket goes to the bus, and back to whoever is connected. */
export class FakeSerialServer {
  port = 0
  accepted = 0
  #server: Server | null = null

  static async start(bus: FakeBus): Promise<FakeSerialServer> {
    const fake = new FakeSerialServer()
    const server = createServer((socket) => {
      fake.accepted += 1
      socket.on('error', () => {})
      socket.on('data', (bytes) => bus.hear(bytes))
      bus.attach((bytes) => void (socket.writable && socket.write(bytes)))
    })
    fake.#server = server
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    fake.port = (server.address() as AddressInfo).port
    return fake
  }

  async stop(): Promise<void> {
    this.#server?.close()
  }
}

/** `skip` for tests that need a serial line: why not, or false. */
export function withoutSocat(): string | false {
  return withoutServer('socat', 'socat')
}
