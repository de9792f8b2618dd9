import { promisify } from 'node:util'
import { crc32, deflate, inflate } from 'node:zlib'
import { Fault } from '#devices/fault.ts'
import type { Picture } from './rebuilt.ts'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
/** Samples of a pixel by colour type (PNG 11.2.2). */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
const [GREY, TRUE, INDEXED] = [0, 2, 3]
/** Bits of a sample that we take (PNG 11.2.1, table 12). */
const DEPTHS: Readonly<Record<number, readonly number[]>> = { 0: [1, 2, 4, 8], 2: [8], 3: [1, 2, 4, 8], 4: [8], 6: [8] }
const LAST_FILTER = 4
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
  if (samples === undefined || !DEPTHS[colour]!.includes(depth)) throw bad('unknown colours')
  if (header[10] !== 0 || header[11] !== 0) throw bad('packed in an unknown way')
  if (header[12] !== 0) throw bad('interlaced')
  const chunks = chunksOf(bytes)
  const tables = colourTables(chunks, { depth, colour })
  const packed = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data))
  const rowBytes = 1 + Math.ceil((width * samples * depth) / 8)
  const expected = height * rowBytes
  const rows = await inflated(packed, { maxOutputLength: expected + 1 }).catch(() => {
    throw bad('its rows do not unpack')
  })
  if (rows.length !== expected) throw bad('other rows than it says')
  for (let at = 0; at < rows.length; at += rowBytes) if (rows[at]! > LAST_FILTER) throw bad('an unknown filter')
  const parts = [
    SIGNATURE,
    chunk('IHDR', header),
    ...tables.map(({ type, data }) => chunk(type, data)),
    chunk('IDAT', await deflated(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]
  return { mediaType: 'image/png', width, height, bytes: Buffer.concat(parts) }
}

type Chunk = Readonly<{ type: string; data: Buffer }>
type Colours = Readonly<{ depth: number; colour: number }>

/** Palette and transparency (PNG 11.2.2, 11.3.1.1) of the lengths that their kind of picture has; others are refused. */
function colourTables(chunks: readonly Chunk[], { depth, colour }: Colours): readonly Chunk[] {
  const begins = chunks.findIndex(({ type }) => type === 'IDAT')
  const theOne = (name: string): Buffer | null => {
    const places = chunks.flatMap(({ type }, i) => (type === name ? [i] : []))
    if (places.length > 1 || (places[0] ?? -1) > begins) throw bad(`${name} twice, or behind the rows`)
    return chunks[places[0] ?? -1]?.data ?? null
  }
  const [palette, alpha] = [theOne('PLTE'), theOne('tRNS')]
  const most = 2 ** depth
  if (colour === INDEXED) {
    const entries = (palette?.length ?? 0) / 3
    if (!palette || !Number.isInteger(entries) || entries < 1 || entries > most) throw bad('its palette')
    if (alpha && (alpha.length < 1 || alpha.length > entries)) throw bad('its transparency')
    // Filled up, so that no pixel points behind its end.
    const whole = Buffer.concat([palette], 3 * most)
    return [{ type: 'PLTE', data: whole }, ...(alpha ? [{ type: 'tRNS', data: alpha }] : [])]
  }
  // Of true colour a palette is a suggestion, which nobody needs.
  if (!alpha) return []
  if (alpha.length !== { [GREY]: 2, [TRUE]: 6 }[colour]) throw bad('its transparency')
  const masked = Buffer.alloc(alpha.length)
  for (let at = 0; at < alpha.length; at += 2) masked.writeUInt16BE(alpha.readUInt16BE(at) & (most - 1), at)
  return [{ type: 'tRNS', data: masked }]
}

export function isPng(bytes: Buffer): boolean {
  return bytes.subarray(0, 8).equals(SIGNATURE)
}

/** Up to the end of the picture; what follows is none of it. */
function chunksOf(bytes: Buffer): Chunk[] {
  const chunks: Chunk[] = []
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
