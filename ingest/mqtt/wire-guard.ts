import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { Rejection } from '../source.ts'

/** The biggest remaining length (topic and payload) that is let through. */
export const MAX_PACKET_BYTES = 64 * 1024
/** A packet must be whole this long after its first byte. */
const PACKET_TIMEOUT_MS = 10_000

const PUBLISH = 3

/** Ends a connection. Who makes one has counted it. */
export class Refusal extends Error {
  readonly reason: Rejection
  constructor(reason: Rejection, detail: string) {
    super(detail)
    this.name = 'Refusal'
    this.reason = reason
  }
}

/** What decides over one connection's packets. */
export type Pace = Readonly<{
  /** Real ms to hold the wire before the next packet; 0 lets it through, Infinity ends the connection. */
  waitMs(packet: 'publish' | 'other'): number
  refused(reason: Rejection): void
}>

/**
 * Stands between a socket and the broker, whose parser would buffer up to the 256 MB that a header may declare.
 * Reads only fixed headers (MQTT 3.1.1 §2.2): too long ends the connection before one byte of the body is kept,
 * too many leaves the rest in the socket, where TCP slows the sender down and nothing is lost.
 */
export function guardWire(socket: Socket, pace: Pace, packetTimeoutMs = PACKET_TIMEOUT_MS): Duplex {
  let bodyLeft = 0
  /** Bytes of the current fixed header already read; 0 between packets. */
  let headerBytes = 0
  let declared = 0
  let held: Buffer | null = null
  let hasEnded = false
  let pauseTimer: NodeJS.Timeout | undefined
  let packetTimer: NodeJS.Timeout | undefined

  const guarded = new Duplex({
    allowHalfOpen: false,
    read() {
      if (!held) socket.resume()
    },
    write(chunk: Buffer, _encoding, done) {
      socket.write(chunk, done)
    },
    writev(chunks, done) {
      socket.cork()
      chunks.forEach(({ chunk }, i) => socket.write(chunk as Buffer, i === chunks.length - 1 ? done : undefined))
      socket.uncork()
    },
    final(done) {
      socket.end(done)
    },
    destroy(error, done) {
      clearTimeout(pauseTimer)
      clearTimeout(packetTimer)
      socket.destroy()
      done(error)
    },
  })

  const refuse = (reason: Rejection, detail: string): void => {
    pace.refused(reason)
    guarded.destroy(new Refusal(reason, detail))
  }

  /** Hands on what `waitMs` lets through; holds the rest. */
  const admit = (chunk: Buffer): void => {
    // A socket that is being destroyed still hands over what it had read.
    if (guarded.destroyed) return
    let hasBegun = false
    let at = 0
    while (at < chunk.length) {
      if (bodyLeft > 0) {
        const step = Math.min(bodyLeft, chunk.length - at)
        bodyLeft -= step
        at += step
        continue
      }
      const byte = chunk[at]!
      if (headerBytes === 0) {
        const waitMs = pace.waitMs(byte >> 4 === PUBLISH ? 'publish' : 'other')
        if (waitMs === Infinity) return refuse('flood', 'too many packets')
        if (waitMs > 0) return hold(chunk, at, waitMs)
        hasBegun = true
        headerBytes = 1
        declared = 0
      } else {
        declared += (byte & 0x7f) * 128 ** (headerBytes - 1)
        headerBytes += 1
        if (declared > MAX_PACKET_BYTES) return refuse('oversize', `a packet of ${declared} bytes or more`)
        if (byte < 0x80) {
          bodyLeft = declared
          headerBytes = 0
        } else if (headerBytes > 4) return refuse('malformed', 'remaining length has more than four bytes')
      }
      at += 1
    }
    const isMidPacket = bodyLeft > 0 || headerBytes > 0
    if (hasBegun || !isMidPacket) clearTimeout(packetTimer)
    if (hasBegun && isMidPacket)
      packetTimer = setTimeout(refuse, packetTimeoutMs, 'malformed', 'packet not whole in time')
    if (!guarded.push(chunk)) socket.pause()
  }

  const hold = (chunk: Buffer, at: number, waitMs: number): void => {
    socket.pause()
    clearTimeout(packetTimer)
    held = chunk.subarray(at)
    if (at > 0) guarded.push(chunk.subarray(0, at))
    pauseTimer = setTimeout(() => {
      const rest = held!
      held = null
      socket.resume()
      admit(rest)
    }, waitMs)
  }

  socket.on('data', admit)
  socket.on('end', () => {
    hasEnded = true
    guarded.push(null)
  })
  socket.on('error', (error) => guarded.destroy(error))
  // After an orderly end the broker still reads what came before it.
  socket.on('close', () => hasEnded || guarded.destroy())
  return guarded
}
