import { Transform } from 'node:stream'
import { MAX_PACKET_BYTES } from '../wire-guard.ts'

const PUBLISH = 3
/** Topic and packet id of a message that is too long must still fit. */
const MAX_HEAD_BYTES = 65_540

/** What a broker sends, less what is too long. Counts messages, for only their order tells which one was shortened. */
export type Shortened = Readonly<{
  stream: Transform
  /** Asked once for each message, in order of arrival. */
  wasShortened(): boolean
}>

/**
 * Stands between a broker and the client's parser, which would buffer up to the 256 MB that a header may declare. A
 * message that is too long goes on without its payload, so that it can be acknowledged: refused, a broker would send it
 * again for ever and nothing behind it. [MQTT 3.1.1 §3.3, MQTT 5 §3.3]
 */
export function shortened(protocol: '3.1.1' | '5'): Shortened {
  /** Of the packet under way: what was read of its fixed header, then of its topic and packet id. */
  let head: number[] = []
  let bodyLeft = 0
  let isSkipping = false
  /** Still to read before the payload of a long message; null when its topic's length is not known yet. */
  let wanted: number | null = null
  let prefix: number[] = []
  let arrived = 0
  let asked = 0
  const cut = new Set<number>()

  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const parts: Buffer[] = []
      let at = 0
      while (at < chunk.length) {
        if (bodyLeft > 0) at += body(chunk, at, parts)
        else if (!fixedHeader(chunk[at++]!, parts)) return done(new Error('the broker sends a packet that is too long'))
      }
      if (parts.length > 0) this.push(parts.length === 1 ? parts[0] : Buffer.concat(parts))
      done()
    },
  })

  /** False when the connection cannot go on. */
  function fixedHeader(byte: number, parts: Buffer[]): boolean {
    head.push(byte)
    if (head.length === 1 || (byte >= 0x80 && head.length < 5)) return true
    const declared = head.slice(1).reduce((sum, each, i) => sum + (each & 0x7f) * 128 ** i, 0)
    const isMessage = head[0]! >> 4 === PUBLISH
    if (isMessage) arrived += 1
    isSkipping = declared > MAX_PACKET_BYTES
    if (isSkipping && !isMessage) return false
    if (isSkipping) {
      cut.add(arrived)
      ;[wanted, prefix] = [null, [head[0]!]]
    } else parts.push(Buffer.from(head))
    bodyLeft = declared
    head = []
    return true
  }

  /** How many bytes of the chunk it took. */
  function body(chunk: Buffer, at: number, parts: Buffer[]): number {
    const step = Math.min(bodyLeft, chunk.length - at)
    bodyLeft -= step
    if (!isSkipping) {
      parts.push(chunk.subarray(at, at + step))
      return step
    }
    for (let i = at; i < at + step && wanted !== 0; i++) {
      prefix.push(chunk[i]!)
      if (wanted !== null) wanted -= 1
      else if (prefix.length === 3) {
        const hasPacketId = (prefix[0]! & 0x06) !== 0
        wanted = Math.min(prefix[1]! * 256 + prefix[2]! + (hasPacketId ? 2 : 0), MAX_HEAD_BYTES)
      }
    }
    if (bodyLeft === 0) parts.push(withoutPayload())
    return step
  }

  function withoutPayload(): Buffer {
    const [first, ...rest] = prefix
    // No properties either: a length of zero.
    const kept = protocol === '5' ? [...rest, 0] : rest
    const length: number[] = []
    for (let left = kept.length; length.length === 0 || left > 0; left = Math.floor(left / 128))
      length.push((left % 128) + (left >= 128 ? 0x80 : 0))
    prefix = []
    return Buffer.from([first!, ...length, ...kept])
  }

  return { stream, wasShortened: () => cut.delete(++asked) }
}
