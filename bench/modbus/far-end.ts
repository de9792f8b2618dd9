import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { SerialPort } from 'serialport'
import { rtuFrame } from '#ingest/modbus/rtu-frame.ts'

type FarEnd = Readonly<{ kind: 'tcp' }> | Readonly<{ kind: 'serial'; path: string; baud: number }>
const BITS_PER_BYTE = 11
/** The one unit that never answers, on every wire. */
export const DEAD = 99

const [, program, end] = process.argv
if (program === import.meta.filename && end) await serve(JSON.parse(end) as FarEnd)

/** How many requests it has answered over TCP. */
export async function askedOf(far: ChildProcess): Promise<number> {
  far.send('asked')
  const [asked] = (await once(far, 'message')) as [number]
  return asked
}

/** Two joined ptys, with a far end at one of them that keeps the pace of the wire. */
export async function serialLine(baud: number): Promise<Readonly<{ path: string; stop(): void }>> {
  const folder = mkdtempSync(join(tmpdir(), 'line-'))
  const [near, end] = [join(folder, 'near'), join(folder, 'far')]
  const pty = (link: string) => `pty,raw,echo=0,link=${link}`
  const socat = spawn('socat', [pty(near), pty(end)], { stdio: 'ignore' })
  while (!existsSync(near) || !existsSync(end)) await sleep(10)
  const far = farEnd({ kind: 'serial', path: end, baud })
  await once(far, 'message')
  return {
    path: near,
    stop() {
      far.kill()
      socat.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A process of its own, so that its work is not ours. Its first message says that it listens: the port, or `ready`. */
export function farEnd(end: FarEnd): ChildProcess {
  return fork(import.meta.filename, [JSON.stringify(end)])
}

async function serve(end: FarEnd): Promise<void> {
  let asked = 0
  process.on('message', () => process.send!(asked))
  // It ends with the measurement, however that ends.
  process.on('disconnect', () => process.exit())
  if (end.kind === 'tcp') {
    const server = createServer((socket) => {
      let pending = Buffer.alloc(0)
      socket.setNoDelay().on('error', () => {})
      socket.on('data', (chunk) => {
        pending = Buffer.concat([pending, chunk])
        for (; pending.length >= 12; pending = pending.subarray(12))
          if (pending[6] !== DEAD && ++asked) socket.write(tcpAnswer(pending))
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
    const unitId = pending[0]!
    const bytes = pending.readUInt16BE(4) * 2
    pending = pending.subarray(8)
    if (unitId === DEAD) return
    const reply = rtuFrame(unitId, Buffer.concat([Buffer.of(3, bytes), Buffer.alloc(bytes)]))
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
export function gapMs(baud: number): number {
  return baud > 19_200 ? 1.75 : wireMs(3.5, baud)
}

export function wireMs(bytes: number, baud: number): number {
  return (bytes * BITS_PER_BYTE * 1_000) / baud
}
