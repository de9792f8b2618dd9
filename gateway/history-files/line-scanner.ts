import { isUtf8 } from 'node:buffer'
import type { Value } from '#devices/reading.ts'
import { isInt64, isUint64 } from './numerals.ts'
import type { BadCode } from './ports.ts'

export type FieldKind = 'float' | 'int' | 'uint' | 'string' | 'bool'
export type Field = Readonly<{ key: string; kind: FieldKind; value: Value }>
export type Tag = Readonly<{ key: string; value: string }>
/** `time` as it stands in the line, a whole number within 64 bits; null when there is none. */
export type Point = Readonly<{
  measurement: string
  tags: readonly Tag[]
  fields: readonly Field[]
  time: string | null
}>

const [TAB, LF, CR, SPACE, QUOTE, HASH, COMMA, EQUALS, BACKSLASH, DELETE] = [
  0x09, 0x0a, 0x0d, 0x20, 0x22, 0x23, 0x2c, 0x3d, 0x5c, 0x7f,
] as const
const FLOAT = /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/
const INT = /^-?\d+$/
const UINT = /^\d+$/
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['t', 'T', 'true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['f', 'F', 'false', 'False', 'FALSE'].map((word) => [word, false] as const),
])
const STRING_ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

type Head = Pick<Point, 'measurement' | 'tags'>
/** 8 MB of them at most. */
const [HEADS_KEPT, LONGEST_HEAD_KEPT] = [8_192, 1_024]

/** What stood on a line. `cut`: its end has not arrived; load more and scan again from its beginning. */
export type Scanned = Point | 'nothing' | 'bad' | 'cut'

/**
 * Scans the line protocol, one line at a time, after the grammar of InfluxDB 2. Works on bytes: what is kept of a line
 * is a copy, so that a name does not hold on to a whole piece of the file.
 */
export class LineScanner {
  /** Before `scan` the first byte of a line; after it where the line ended, or what was wrong with it. */
  at = 0
  /** Line ends inside the quoted strings of the line scanned last. */
  innerLines = 0
  bad: BadCode = 'measurement'
  readonly #heads = new Map<string, Head>()
  #bytes: Buffer = Buffer.alloc(0)
  #isAll = false
  #isCut = false
  #isMisencoded = false

  /** `isAll`: nothing follows these bytes. */
  load(bytes: Buffer, isAll: boolean): void {
    this.#bytes = bytes
    this.#isAll = isAll
    this.at = 0
  }

  scan(): Scanned {
    this.#isCut = false
    this.#isMisencoded = false
    this.innerLines = 0
    this.#skipSpaces()
    if (this.#isLineEnd()) return 'nothing'
    if (this.#bytes[this.at] === HASH) return this.#comment() ? 'nothing' : 'bad'
    const point = this.#point()
    if (this.#isCut) return 'cut'
    // After a line end inside a string the line's own may still be on its way.
    if (this.innerLines > 0 && !this.#isAll && !this.#bytes.includes(LF, this.at)) {
      this.bad = 'too_long'
      return 'cut'
    }
    return point ?? 'bad'
  }

  #point(): Point | null {
    const head = this.#head()
    if (!head) return null
    const { measurement, tags } = head
    if (this.#bytes[this.at] !== SPACE) return this.#fail('fields')
    this.#skipSpaces()
    const fields = this.#fields()
    if (!fields) return null
    const isApart = this.#bytes[this.at] === SPACE
    this.#skipSpaces()
    if (this.#isLineEnd()) return { measurement, tags, fields, time: null }
    if (!isApart) return this.#fail('after_value')
    const start = this.at
    const time = this.#token()
    if (!INT.test(time)) return this.#fail('time', start)
    if (!isInt64(time)) return this.#fail('time_range', start)
    this.#skipSpaces()
    return this.#isLineEnd() ? { measurement, tags, fields, time } : this.#fail('after_time')
  }

  /** Measurement and tags up to the space behind them; a file has few of them, and each many times. */
  #head(): Head | null {
    const start = this.at
    const end = this.#endOfHead()
    const written = this.#bytes.toString('latin1', start, end)
    const known = this.#heads.get(written)
    if (known) {
      this.at = end
      return known
    }
    const measurement = this.#name(false)
    if (measurement === null) return this.#fail('measurement')
    const tags = this.#tags()
    if (!tags) return null
    const head = { measurement, tags }
    if (this.#heads.size >= HEADS_KEPT) this.#heads.clear()
    if (written.length <= LONGEST_HEAD_KEPT) this.#heads.set(written, head)
    return head
  }

  #endOfHead(): number {
    let end = this.at
    for (; end < this.#bytes.length; end++) {
      const byte = this.#bytes[end]!
      if (byte < SPACE || (byte === SPACE && this.#bytes[end - 1] !== BACKSLASH)) break
    }
    return end
  }

  #tags(): Tag[] | null {
    const tags: Tag[] = []
    while (this.#bytes[this.at] === COMMA) {
      const start = ++this.at
      const key = this.#name(true)
      if (key === null || this.#bytes[this.at] !== EQUALS) return this.#fail('tag_key')
      this.at++
      const value = this.#name(true)
      if (value === null) return this.#fail('tag_value')
      if (tags.some((tag) => tag.key === key)) return this.#fail('tag_twice', start)
      tags.push({ key, value })
    }
    return tags
  }

  #fields(): Field[] | null {
    const fields: Field[] = []
    for (;;) {
      const key = this.#name(true)
      if (key === null || this.#bytes[this.at] !== EQUALS) return this.#fail('field_key')
      this.at++
      const field = this.#bytes[this.at] === QUOTE ? this.#string(key) : this.#plain(key)
      if (!field) return null
      fields.push(field)
      if (this.#bytes[this.at] !== COMMA) return fields
      this.at++
    }
  }

  /** A measurement, or a key or the value of a tag; null when there is none, or an escape that escapes nothing. */
  #name(endsAtEquals: boolean): string | null {
    const bytes = this.#bytes
    const start = this.at
    let hasEscape = false
    let isEscaped = false
    for (; this.at < bytes.length; this.at++) {
      const byte = bytes[this.at]!
      if (byte < SPACE || byte === DELETE) break
      if (!isEscaped && (byte === SPACE || byte === COMMA || (endsAtEquals && byte === EQUALS))) break
      // A run of backslashes belongs to the character after it.
      isEscaped = byte === BACKSLASH
      hasEscape ||= isEscaped
    }
    if (this.at === start || isEscaped) return null
    const text = this.#text(start, this.at)
    if (text === null || !hasEscape) return text
    return text.replace(endsAtEquals ? /\\([,= ])/g : /\\([, ])/g, '$1')
  }

  #string(key: string): Field | null {
    const bytes = this.#bytes
    const start = this.at++
    let hasEscape = false
    for (; this.at < bytes.length; this.at++) {
      const byte = bytes[this.at]!
      if (byte === QUOTE) break
      if (byte === LF) this.innerLines++
      if (byte !== BACKSLASH) continue
      hasEscape = true
      if (bytes[++this.at] === LF) this.innerLines++
    }
    if (this.at >= bytes.length) {
      this.#isCut = !this.#isAll
      return this.#fail('open_string', start)
    }
    const text = this.#text(start + 1, this.at)
    if (text === null) return this.#fail('encoding')
    this.at++
    const value = hasEscape ? text.replace(/\\(["\\nrt])/g, (_, char: string) => STRING_ESCAPES[char] ?? char) : text
    return { key, kind: 'string', value }
  }

  #plain(key: string): Field | null {
    const start = this.at
    const token = this.#token()
    if (FLOAT.test(token)) {
      const value = Number(token)
      return Number.isFinite(value) ? { key, kind: 'float', value } : this.#fail('number_range', start)
    }
    const bool = BOOLEANS.get(token)
    if (bool !== undefined) return { key, kind: 'bool', value: bool }
    const digits = token.slice(0, -1)
    if (token.endsWith('i') && INT.test(digits))
      return isInt64(digits) ? { key, kind: 'int', value: Number(digits) } : this.#fail('number_range', start)
    if (token.endsWith('u') && UINT.test(digits))
      return isUint64(digits) ? { key, kind: 'uint', value: Number(digits) } : this.#fail('number_range', start)
    return this.#fail('field_value', start)
  }

  /** All up to the next separator. */
  #token(): string {
    const start = this.at
    for (; this.at < this.#bytes.length; this.at++) {
      const byte = this.#bytes[this.at]!
      if (byte <= SPACE || byte === COMMA) break
    }
    return this.#bytes.toString('latin1', start, this.at)
  }

  #comment(): boolean {
    for (; !this.#isLineEnd(); this.at++) {
      const byte = this.#bytes[this.at]!
      if ((byte < SPACE && byte !== TAB) || byte === DELETE) {
        this.bad = 'comment'
        return false
      }
    }
    return true
  }

  #skipSpaces(): void {
    while (this.#bytes[this.at] === SPACE) this.at++
  }

  #isLineEnd(): boolean {
    const byte = this.#bytes[this.at]
    if (byte === undefined || byte === LF) return true
    const next = this.#bytes[this.at + 1]
    return byte === CR && (next === undefined || next === LF)
  }

  /** Null when it is not UTF-8. */
  #text(start: number, end: number): string | null {
    const text = this.#bytes.toString('utf8', start, end)
    // The replacement character is a sign of bytes that are none, or is itself what was written.
    this.#isMisencoded = text.includes('\ufffd') && !isUtf8(this.#bytes.subarray(start, end))
    return this.#isMisencoded ? null : text
  }

  #fail(code: BadCode, at = this.at): null {
    this.bad = this.#isMisencoded ? 'encoding' : code
    this.at = at
    return null
  }
}
