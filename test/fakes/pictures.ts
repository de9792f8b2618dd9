import { crc32, deflateSync } from 'node:zlib'

const segment = (marker: number, data: Buffer | string): Buffer => {
  const body = Buffer.from(data)
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(body.length + 2, 2)
  return Buffer.concat([head, body])
}

/** A grey square of 8 × 8 that every decoder shows, with whatever else stands before its frame and behind its end. */
export function jpeg({
  before = [] as readonly Buffer[],
  behind = Buffer.alloc(0),
  width = 8,
  height = 8,
} = {}): Buffer {
  const frame = Buffer.from([8, 0, 0, 0, 0, 1, 1, 0x11, 0])
  frame.writeUInt16BE(height, 1)
  frame.writeUInt16BE(width, 3)
  const oneCode = (table: number) => Buffer.from([table, 1, ...Array.from({ length: 15 }, () => 0), 0])
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    ...before,
    segment(0xdb, Buffer.from([0, ...Array.from({ length: 64 }, () => 1)])),
    segment(0xc0, frame),
    segment(0xc4, oneCode(0x00)),
    segment(0xc4, oneCode(0x10)),
    segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
    Buffer.from([0x3f, 0xff, 0xd9]),
    behind,
  ])
}

/** What a camera writes beside the picture: here with the place it was taken at. */
export const exif = (bytes = 60_000) => segment(0xe1, `Exif\0\0GPS 30.2741N 120.1551E ${'x'.repeat(bytes - 40)}`)
export const comment = (text: string) => segment(0xfe, text)

type Chunks = readonly (readonly [type: string, data: Buffer])[]
type Tables = Readonly<{ before?: Chunks; behind?: Chunks }>

/** A PNG that says to be of one size, and holds rows of another; with chunks before and behind them. */
export function png(
  width: number,
  height: number,
  rows: Buffer,
  { depth = 8, colour = 0, before = [], behind = [] }: Readonly<{ depth?: number; colour?: number }> & Tables = {},
): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, depth, colour, 0, 0, 0])
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, sum])
  }
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('tEXt', Buffer.from('Comment\0taken at home')),
    ...before.map(([type, data]) => chunk(type, data)),
    chunk('IDAT', deflateSync(rows)),
    ...behind.map(([type, data]) => chunk(type, data)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}
