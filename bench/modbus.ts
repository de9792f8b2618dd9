import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import modbusSerial from 'modbus-serial'
import { SerialPort } from 'serialport'
import type { ModbusConnection } from '#ingest/modbus/connection.ts'
import { lineMeter } from '#ingest/modbus/line-meter.ts'
import { openTransport } from '#ingest/modbus/open-transport.ts'
import { rtuFrame } from '#ingest/modbus/rtu-frame.ts'
import { modbusSession } from '#ingest/modbus/session.ts'
import type { Figure } from './figure.ts'

const SECONDS = 3
const BITS_PER_BYTE = 11
/** The far end is a process of its own, so that its work is not ours. */
type FarEnd = Readonly<{ kind: 'tcp' }> | Readonly<{ kind: 'serial'; path: string; baud: number }>

const [, program, end] = process.argv
if (program === import.meta.filename && end) await serve(JSON.parse(end) as FarEnd)

/** Requests a second through our road and through modbus-serial alone, and the share of a serial wire's limit. */
export async function benchModbus(): Promise<Figure[]> {
  return [...(await overTcp()), ...(await overSerialLines())]
}

async function overTcp(): Promise<Figure[]> {
  const far = farEnd({ kind: 'tcp' })
  const [port] = (await once(far, 'message')) as [number]
  const figures: Figure[] = []
  for (const count of [10, 125]) {
    for (const window of [1, 8]) {
      const peer = await peerRate(port, count, window)
      const own = await ownRate(
        { id: 'b', protocol: 'modbus-tcp', host: '127.0.0.1', port, timeoutMs: 1_000 },
        count,
        window,
      )
      const name = `Modbus TCP, ${count} registers, window ${window}`
      const alone = `modbus-serial ${Math.round(peer.perSecond).toLocaleString('en')}/s`
      figures.push({
        name,
        value: Math.round(own.perSecond),
        unit: 'requests/s',
        peer: alone,
        ratio: own.perSecond / peer.perSecond,
      })
      const cpu = `modbus-serial ${peer.cpuUs.toFixed(0)} µs`
      figures.push({
        name: `${name}: CPU`,
        value: own.cpuUs,
        unit: 'µs/request',
        peer: cpu,
        ratio: own.cpuUs / peer.cpuUs,
      })
    }
  }
  far.kill()
  return figures
}

async function overSerialLines(): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const baud of [9_600, 19_200, 115_200]) {
    const folder = mkdtempSync(join(tmpdir(), 'line-'))
    const [near, end] = [join(folder, 'near'), join(folder, 'far')]
    const pty = (link: string) => `pty,raw,echo=0,link=${link}`
    const socat = spawn('socat', [pty(near), pty(end)], { stdio: 'ignore' })
    while (!existsSync(near) || !existsSync(end)) await sleep(10)
    const far = farEnd({ kind: 'serial', path: end, baud })
    await once(far, 'message')
    for (const count of [10, 125]) {
      const connection = {
        id: 'b',
        protocol: 'modbus-rtu',
        path: near,
        baud,
        parity: 'none',
        stopBits: 1,
        timeoutMs: 2_000,
      } as const
      const { perSecond } = await ownRate(connection, count, 1)
      const limit = 1_000 / (wireMs(8 + 5 + count * 2, baud) + 2 * gapMs(baud))
      const name = `RTU ${baud.toLocaleString('en')} baud, ${count} registers`
      figures.push({
        name,
        value: perSecond,
        unit: 'requests/s',
        peer: `the wire ${limit.toFixed(1)}/s`,
        ratio: perSecond / limit,
      })
    }
    far.kill()
    socat.kill()
    rmSync(folder, { recursive: true, force: true })
  }
  return figures
}

type Rate = Readonly<{ perSecond: number; cpuUs: number }>

async function ownRate(connection: ModbusConnection, count: number, window: number): Promise<Rate> {
  const transport = await openTransport(
    connection,
    lineMeter(() => performance.now()),
    new AbortController().signal,
  )
  const session = modbusSession(transport)
  const rate = await rateOf(window, async () => {
    const reply = await session.ask({ unitId: 1, table: 'holding', address: 0, count })
    if (reply.kind !== 'values') throw new Error(JSON.stringify(reply))
  })
  transport.end()
  return rate
}

async function peerRate(port: number, count: number, window: number): Promise<Rate> {
  const client = new modbusSerial.default()
  await client.connectTCP('127.0.0.1', { port })
  client.setID(1)
  client.setTimeout(1_000)
  const rate = await rateOf(window, () => client.readHoldingRegisters(0, count))
  client.destroy(() => {})
  return rate
}

async function rateOf(window: number, ask: () => Promise<unknown>): Promise<Rate> {
  for (let i = 0; i < 20; i++) await ask()
  const from = performance.now()
  const cpu = process.threadCpuUsage()
  let done = 0
  const lane = async () => {
    while (performance.now() - from < SECONDS * 1_000) {
      await ask()
      done += 1
    }
  }
  await Promise.all(Array.from({ length: window }, lane))
  const { user, system } = process.threadCpuUsage(cpu)
  return { perSecond: (done / (performance.now() - from)) * 1_000, cpuUs: (user + system) / done }
}

function farEnd(end: FarEnd): ChildProcess {
  return fork(import.meta.filename, [JSON.stringify(end)])
}

async function serve(end: FarEnd): Promise<void> {
  if (end.kind === 'tcp') {
    const server = createServer((socket) => {
      let pending = Buffer.alloc(0)
      socket.setNoDelay().on('error', () => {})
      socket.on('data', (chunk) => {
        pending = Buffer.concat([pending, chunk])
        for (; pending.length >= 12; pending = pending.subarray(12)) socket.write(tcpAnswer(pending))
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    process.send!((server.address() as AddressInfo).port)
    return
  }
  const port = new SerialPort({ path: end.path, baudRate: 115_200 })
  await once(port, 'open')
  let pending = Buffer.alloc(0)
  port.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    if (pending.length < 8) return
    const bytes = pending.readUInt16BE(4) * 2
    pending = pending.subarray(8)
    const reply = rtuFrame(1, Buffer.concat([Buffer.of(3, bytes), Buffer.alloc(bytes)]))
    // Timers count in milliseconds, a byte at 115,200 baud takes a tenth of one: wait in place.
    const until = performance.now() + wireMs(8 + reply.length, end.baud) + gapMs(end.baud)
    while (performance.now() < until);
    port.write(reply)
  })
  process.send!('ready')
}

function tcpAnswer(request: Buffer): Buffer {
  const bytes = request.readUInt16BE(10) * 2
  const answer = Buffer.alloc(9 + bytes)
  request.copy(answer, 0, 0, 8)
  answer.writeUInt16BE(3 + bytes, 4)
  answer[8] = bytes
  return answer
}

/** By it a unit knows that a request has ended, and a master that an answer has. */
function gapMs(baud: number): number {
  return baud > 19_200 ? 1.75 : wireMs(3.5, baud)
}

function wireMs(bytes: number, baud: number): number {
  return (bytes * BITS_PER_BYTE * 1_000) / baud
}
