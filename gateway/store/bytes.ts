import { Buffer } from 'node:buffer'

/** Writes whole numbers, floats and text into bytes that grow as needed. */
export class ByteWriter {
  #bytes: Buffer
  #length = 0

  constructor(capacity = 4_096) {
    this.#bytes = Buffer.allocUnsafe(capacity)
  }

  get length(): number {
    return this.#length
  }

  /** Forgets what was written, and keeps its memory for what comes next. */
  clear(): this {
    this.#length = 0
    return this
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1)
    this.#bytes[this.#length++] = value
  }

  /** A whole number from 0 to 2^53: seven bits a byte, lowest first, the eighth says that more follow. */
  varint(value: number): void {
    if (this.#length + 8 > this.#bytes.length) this.#grow(8)
    while (value > 0x7f_ff_ff_ff) {
      this.#bytes[this.#length++] = (value % 128) | 128
      value = Math.floor(value / 128)
    }
    while (value > 127) {
      this.#bytes[this.#length++] = (value & 127) | 128
      value >>>= 7
    }
    this.#bytes[this.#length++] = value
  }

  /** A whole number from -2^52 to 2^52: 0, -1, 1, -2, … become 0, 1, 2, 3, … */
  zigzag(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value)
  }

  float64(value: number): void {
    if (this.#length + 8 > this.#bytes.length) this.#grow(8)
    this.#bytes.writeDoubleLE(value, this.#length)
    this.#length += 8
  }

  uint32(value: number): void {
    if (this.#length + 4 > this.#bytes.length) this.#grow(4)
    this.#bytes.writeUInt32LE(value, this.#length)
    this.#length += 4
  }

  /** UTF-8, after its length in bytes. */
  text(value: string): void {
    const size = Buffer.byteLength(value)
    this.varint(size)
    if (this.#length + size > this.#bytes.length) this.#grow(size)
    this.#length += this.#bytes.write(value, this.#length, 'utf8')
  }

  append(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** What was written, without a copy: it stands until something else is. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** A copy of what was written from `from` on. */
  bytes(from = 0): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#bytes.subarray(from, this.#length))
  }

  #grow(by: number): void {
    const bytes = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + by))
    this.#bytes.copy(bytes, 0, 0, this.#length)
    this.#bytes = bytes
  }
}

/** Reads what a `ByteWriter` wrote. Reading beyond the end throws a RangeError. */
export class ByteReader {
  #bytes: Buffer
  position: number

  constructor(bytes: Uint8Array, position = 0) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.position = position
  }

  /** Begins to read other bytes. */
  open(bytes: Uint8Array): this {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.position = 0
    return this
  }

  get isAtEnd(): boolean {
    return this.position >= this.#bytes.length
  }

  byte(): number {
    const value = this.#bytes[this.position++]
    if (value === undefined) throw new RangeError('bytes end too early')
    return value
  }

  varint(): number {
    let byte = this.byte()
    if (byte < 128) return byte
    let value = byte & 127
    for (let scale = 128; byte >= 128; scale *= 128) {
      byte = this.byte()
      value += (byte & 127) * scale
    }
    return value
  }

  zigzag(): number {
    const value = this.varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  float64(): number {
    const value = this.#bytes.readDoubleLE(this.position)
    this.position += 8
    return value
  }

  uint32(): number {
    const value = this.#bytes.readUInt32LE(this.position)
    this.position += 4
    return value
  }

  text(): string {
    const size = this.varint()
    return this.take(size).toString('utf8')
  }

  take(size: number): Buffer {
    if (this.position + size > this.#bytes.length) throw new RangeError('bytes end too early')
    const bytes = this.#bytes.subarray(this.position, this.position + size)
    this.position += size
    return bytes
  }
}
