import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { Fault } from '#devices/fault.ts'
import { ByteReader, ByteWriter } from '../bytes.ts'

/** So many neighbouring series share a chunk: small ones compress together, and a chart of one still reads little. */
export const GROUP_SIZE = 16

export function groupOf(series: number): number {
  return Math.floor(series / GROUP_SIZE)
}

/** What the head of a chunk says of one series in it: how many entries, and the source times from first to last. */
export type Entry = Readonly<{
  series: number
  n: number
  from: number
  to: number
  start: number
  size: number
  /** Of a frame of its own. */
  packed: number
}>
export type Part = Readonly<{ series: number; n: number; from: number; to: number; encode(out: ByteWriter): void }>

/** How the series of a chunk are compressed: all of them in one frame, or each in one of its own. */
const [TOGETHER, APART] = [1, 2] as const
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
const HEAD_BYTES = 5
/** What zlib takes at least. */
const SMALLEST_PIECE = 64

/** In which a chunk is written. */
type Pages = Readonly<{ head: ByteWriter; body: ByteWriter }>

/** Parts in ascending order of series → a head that tells them apart, and all of them compressed together. */
export function encodeChunk(parts: readonly Part[], pages: Pages): Uint8Array {
  const body = pages.body.clear()
  const head = pages.head.clear()
  head.byte(TOGETHER)
  head.uint32(0)
  head.varint(parts.length)
  let before = 0
  for (const { series, n, from, to, encode } of parts) {
    const start = body.length
    encode(body)
    head.varint(series - before)
    head.varint(n)
    head.zigzag(from)
    head.varint(to - from)
    head.varint(body.length - start)
    before = series
  }
  head.append(zstdCompressSync(body.view(), LEVEL))
  return sealed(head)
}

/** The same, and each of them compressed by itself: larger, but of one nothing else need be unpacked. */
export function encodeApart(parts: readonly Part[], pages: Pages): Uint8Array {
  const head = pages.head.clear()
  head.byte(APART)
  head.uint32(0)
  head.varint(parts.length)
  let before = 0
  const frames = parts.map(({ series, n, from, to, encode }) => {
    const body = pages.body.clear()
    encode(body)
    const frame = zstdCompressSync(body.view(), LEVEL)
    head.varint(series - before)
    head.varint(n)
    head.zigzag(from)
    head.varint(to - from)
    head.varint(body.length)
    head.varint(frame.length)
    before = series
    return frame
  })
  for (const frame of frames) head.append(frame)
  return sealed(head)
}

function sealed(head: ByteWriter): Uint8Array {
  const bytes = head.bytes()
  new DataView(bytes.buffer).setUint32(1, crc32(bytes.subarray(HEAD_BYTES)), true)
  return bytes
}

/** Reads the head at once; the rest is decompressed when the first of its series is asked for. */
export class Chunk {
  readonly entries: readonly Entry[]
  readonly #compressed: Uint8Array
  readonly #size: number
  #body: Uint8Array | null = null

  /** Throws a Fault `store_corrupt` when the bytes are not those that were written. */
  constructor(bytes: Uint8Array) {
    const head = new ByteReader(bytes)
    const version = head.byte()
    if (version !== TOGETHER && version !== APART)
      throw new Fault('store_corrupt', { detail: `chunk of version ${version}` })
    if (head.uint32() !== crc32(bytes.subarray(HEAD_BYTES)))
      throw new Fault('store_corrupt', { detail: 'a chunk does not match its checksum' })
    let [series, start] = [0, 0]
    this.entries = Array.from({ length: head.varint() }, () => {
      series += head.varint()
      const n = head.varint()
      const from = head.zigzag()
      const to = from + head.varint()
      const size = head.varint()
      const packed = version === APART ? head.varint() : 0
      const entry = { series, n, from, to, start, size, packed }
      start += version === APART ? packed : size
      return entry
    })
    this.#compressed = bytes.subarray(head.position)
    this.#size = start
  }

  /** Null where the bytes are not those that were written: what was in it is missing, and the rest is readable. */
  static tryReading(bytes: Uint8Array): Chunk | null {
    try {
      return new Chunk(bytes)
    } catch {
      return null
    }
  }

  entryOf(series: number): Entry | undefined {
    return this.entries.find((entry) => entry.series === series)
  }

  read<T>(entry: Entry, decode: (from: ByteReader) => T): T {
    const { start, size, packed } = entry
    if (packed > 0) return decode(new ByteReader(unpacked(this.#compressed.subarray(start, start + packed), size)))
    this.#body ??= unpacked(this.#compressed, this.#size)
    return decode(new ByteReader(this.#body.subarray(start, start + size)))
  }
}

/** In one piece: filled to the last byte, it would be asked for more. */
function unpacked(frame: Uint8Array, size: number): Uint8Array {
  return zstdDecompressSync(frame, { chunkSize: Math.max(SMALLEST_PIECE, size + 1) })
}
