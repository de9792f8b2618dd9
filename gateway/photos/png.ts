import { promisify } from 'node:util'
import { crc32, deflate, inflate } from 'node:zlib'
import { Fault } from '#devices/fault.ts'
import type { Picture } from './rebuilt.ts'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
/** Samples of a pixel by colour type (PNG 11.2.2). */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
const [inflated, deflated] = [promisify(inflate), promisify(deflate)]

/** Width and height, before anything is unpacked. */
export function sizeOfPng(bytes: Buffer): Readonly<{ width: number; height: number }> {
  if (bytes.length < 33 || bytes.toString('latin1', 12, 16) !== 'IHDR') throw bad('no header')
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
}

/**
 * The same picture from header, palette and rows alone. Unpacked only as far as its own size says.
 * @throws Fault `bad_picture` for what is no PNG, is damaged, or unpacks to anything else.
 */
export async function rebuiltPng(bytes: Buffer): Promise<Picture> {
  const { width, height } = sizeOfPng(bytes)
  const header = bytes.subarray(16, 29)
  const [depth = 0, colour = 0] = [header[8], header[9]]
  const samples = SAMPLES[colour]
  // Sixteen bits are for laboratories, and twice the memory.
  if (samples === undefined || ![1, 2, 4, 8].includes(depth)) throw bad('unknown colours')
  if (header[12] !== 0) throw bad('interlaced')
  const chunks = chunksOf(bytes)
  const packed = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data))
  const expected = height * (1 + Math.ceil((width * samples * depth) / 8))
  const rows = await inflated(packed, { maxOutputLength: expected + 1 }).catch(() => {
    throw bad('its rows do not unpack')
  })
  if (rows.length !== expected) throw bad('other rows than it says')
  const kept = chunks.filter(({ type }) => type === 'PLTE' || type === 'tRNS')
  const parts = [
    SIGNATURE,
    chunk('IHDR', header),
    ...kept.map(({ type, data }) => chunk(type, data)),
    chunk('IDAT', await deflated(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]
  return { mediaType: 'image/png', width, height, bytes: Buffer.concat(parts) }
}

export function isPng(bytes: Buffer): boolean {
  return bytes.subarray(0, 8).equals(SIGNATURE)
}

/** Up to the end of the picture; what follows is none of it. */
function chunksOf(bytes: Buffer): Readonly<{ type: string; data: Buffer }>[] {
  const chunks = []
  for (let at = SIGNATURE.length; at + 12 <= bytes.length;) {
    const length = bytes.readUInt32BE(at)
    const end = at + 12 + length
    if (end > bytes.length) break
    const type = bytes.toString('latin1', at + 4, at + 8)
    const data = bytes.subarray(at + 8, at + 8 + length)
    if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== bytes.readUInt32BE(end - 4)) throw bad('damaged')
    if (type === 'IEND') return chunks
    chunks.push({ type, data })
    at = end
  }
  throw bad('cut off')
}

function chunk(type: string, data: Buffer): Buffer {
  const framed = Buffer.alloc(12 + data.length)
  framed.writeUInt32BE(data.length, 0)
  framed.write(type, 4, 'latin1')
  data.copy(framed, 8)
  framed.writeUInt32BE(crc32(framed.subarray(4, 8 + data.length)), 8 + data.length)
  return framed
}

function bad(detail: string): Fault {
  return new Fault('bad_picture', { detail })
}
