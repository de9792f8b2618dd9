import { Fault } from '#devices/fault.ts'
import type { Picture } from './rebuilt.ts'

/** ITU-T T.81, table B.1. */
const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda
const ADOBE = 0xee
/** Baseline, extended and progressive Huffman: all that a camera or a browser makes. */
const FRAMES = [0xc0, 0xc1, 0xc2]
const TABLES = [0xdb, 0xc4, 0xdd]
/** Told by the decoder that colours are turned: without it they would be wrong. */
const ADOBE_LENGTH = 14

/**
 * The same picture from its coded data alone.
 * @throws Fault `bad_picture` for what is no JPEG, or is cut off.
 */
export function rebuiltJpeg(bytes: Buffer): Picture {
  const parts: Buffer[] = [Buffer.of(0xff, SOI)]
  let [at, width, height, scans] = [2, 0, 0, 0]
  for (;;) {
    if (at + 2 > bytes.length || bytes[at] !== 0xff) throw bad('cut off')
    const marker = bytes[at + 1]!
    if (marker === 0xff) {
      at++
      continue
    }
    if (marker === EOI) break
    const length = at + 4 <= bytes.length ? bytes.readUInt16BE(at + 2) : 0
    const end = at + 2 + length
    if (length < 2 || end > bytes.length) throw bad('a segment beyond the end')
    const segment = bytes.subarray(at, end)
    at = end
    if (FRAMES.includes(marker)) {
      if (width > 0 || length < 11) throw bad('two frames')
      height = segment.readUInt16BE(5)
      width = segment.readUInt16BE(7)
      parts.push(segment)
    } else if (TABLES.includes(marker) || isAdobe(marker, segment)) parts.push(segment)
    else if (marker === SOS) {
      if (width === 0 || height === 0) throw bad('a scan without a frame')
      const next = endOfScan(bytes, at)
      parts.push(segment, bytes.subarray(at, next))
      at = next
      scans++
    } else if (!isDropped(marker)) throw bad('an unusual segment')
  }
  if (scans === 0) throw bad('no picture in it')
  parts.push(Buffer.of(0xff, EOI))
  return { mediaType: 'image/jpeg', width, height, bytes: Buffer.concat(parts) }
}

/** Metadata, thumbnails, comments. */
function isDropped(marker: number): boolean {
  return (marker >= 0xe0 && marker <= 0xef) || marker === 0xfe
}

function isAdobe(marker: number, segment: Buffer): boolean {
  return marker === ADOBE && segment.length === ADOBE_LENGTH + 2 && segment.toString('latin1', 4, 9) === 'Adobe'
}

/** Entropy-coded data ends at a marker that is neither a stuffed byte nor a restart (B.1.1.5). */
function endOfScan(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1]!
    if (next !== 0 && next !== 0xff && (next < 0xd0 || next > 0xd7)) return at
  }
  throw bad('cut off')
}

function bad(detail: string): Fault {
  return new Fault('bad_picture', { detail })
}
