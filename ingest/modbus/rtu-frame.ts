import { answerBytes, wrongWith } from './pdu.ts'

/** Unit id before the PDU, CRC behind it. */
export const RTU_OVERHEAD_BYTES = 3
/** Fewer stray bytes than the shortest frame has: a line that changes direction may bring one, no answer hides in them. */
const MOST_GLITCH_BYTES = 3
const EXCEPTION_FRAME_BYTES = 5
/** Modbus over Serial Line 1.02 §2.5.1. */
const LONGEST_FRAME_BYTES = 256

/** Modbus over Serial Line 1.02 §2.5.1.2 and appendix B. Low byte first on the wire. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  }
  return crc
}

export function rtuFrame(unitId: number, pdu: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(pdu.length + RTU_OVERHEAD_BYTES)
  frame[0] = unitId
  frame.set(pdu, 1)
  frame.writeUInt16LE(crc16(frame.subarray(0, -2)), frame.length - 2)
  return frame
}

/** True when these bytes are one whole frame, to whomever. */
export function isRtuFrame(bytes: Buffer): boolean {
  return bytes.length > RTU_OVERHEAD_BYTES && crc16(bytes.subarray(0, -2)) === bytes.readUInt16LE(bytes.length - 2)
}

/** True when a whole frame stands first in what was heard: somebody else's, since it is no answer. */
export function beginsWithFrame(heard: Buffer): boolean {
  const longest = Math.min(heard.length, LONGEST_FRAME_BYTES)
  for (let bytes = RTU_OVERHEAD_BYTES + 1; bytes <= longest; bytes++)
    if (isRtuFrame(heard.subarray(0, bytes))) return true
  return false
}

/**
 * The PDU that answers `request`, once it is whole in what was heard since the request was sent; else null.
 * Before it there may be the request itself (adapters that echo) and a glitch too short to be a frame. More than that
 * means that somebody else is talking, and whose answer follows cannot be known any more: there is none then.
 */
export function answerIn(heard: Buffer, unitId: number, request: Buffer): Buffer | null {
  const echo = rtuFrame(unitId, request)
  const from = isEchoOf(heard, echo, request) ? echo.length : 0
  for (let start = from; start <= from + MOST_GLITCH_BYTES; start++) {
    const code = heard[start + 1]
    if (heard[start] !== unitId || code === undefined) continue
    const bytes = code === request[0] ? answerBytes(request) + RTU_OVERHEAD_BYTES : EXCEPTION_FRAME_BYTES
    const frame = heard.subarray(start, start + bytes)
    if (frame.length < bytes || !isRtuFrame(frame)) continue
    const pdu = frame.subarray(1, -2)
    if (wrongWith(request, pdu) === null) return pdu
  }
  return null
}

/** So many bytes came that one of them must have been the last of the answer: nothing is on its way any more. */
export function isSpent(heard: Buffer, unitId: number, request: Buffer): boolean {
  const echo = rtuFrame(unitId, request)
  const from = isEchoOf(heard, echo, request) ? echo.length : 0
  return heard.length >= from + answerBytes(request) + RTU_OVERHEAD_BYTES
}

/** The answer to a write of one value is its echo: there the two are not told apart, the read-back is. */
function isEchoOf(heard: Buffer, echo: Buffer, request: Buffer): boolean {
  return request[0] !== 5 && request[0] !== 6 && heard.subarray(0, echo.length).equals(echo)
}
