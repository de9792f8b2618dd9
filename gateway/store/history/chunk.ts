import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { Fault } from '#devices/fault.ts'
import { ByteReader, ByteWriter } from '../bytes.ts'

/** So many neighbouring series share a chunk: small ones compress together, and a chart of one still reads little. */
export const GROUP_SIZE = 16

export function groupOf(series: number): number {
  return Math.floor(series / GROUP_SIZE)
}

/** What the head of a chunk says of one series in it: how many entries, and the source times from first to last. */
export type Entry = Readonly<{ series: number; n: number; from: number; to: number; start: number; size: number }>
export type Part = Readonly<{ series: number; n: number; from: number; to: number; encode(out: ByteWriter): void }>

const VERSION = 1
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
  head.byte(VERSION)
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
    if (head.byte() !== VERSION) throw new Fault('store_corrupt', { detail: `chunk of version ${bytes[0]}` })
    if (head.uint32() !== crc32(bytes.subarray(HEAD_BYTES)))
      throw new Fault('store_corrupt', { detail: 'a chunk does not match its checksum' })
    let [series, start] = [0, 0]
    this.entries = Array.from({ length: head.varint() }, () => {
      series += head.varint()
      const n = head.varint()
      const from = head.zigzag()
      const to = from + head.varint()
      const size = head.varint()
      const entry = { series, n, from, to, start, size }
      start += size
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

  read<T>({ start, size }: Entry, decode: (from: ByteReader) => T): T {
    // In one piece: filled to the last byte, it would be asked for more.
    this.#body ??= zstdDecompressSync(this.#compressed, { chunkSize: Math.max(SMALLEST_PIECE, this.#size + 1) })
    return decode(new ByteReader(this.#body.subarray(start, start + size)))
  }
}
