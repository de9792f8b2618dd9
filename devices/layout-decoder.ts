import {
  endOf,
  type Field,
  FIELD_BYTES,
  type FieldType,
  type Frame,
  type Part,
  type PayloadLayout,
} from './payload-layout.ts'

/** What a payload says, by name; lists hold the records. */
export type Decode = (bytes: Uint8Array, port: number) => Readonly<Record<string, unknown>> | LayoutRefusal
export type LayoutRefusal = Readonly<{ refused: 'no_frame' | 'cut_off_or_unknown' }>

type Target = Record<string, unknown>
type Read = (view: DataView, base: number, into: Target) => void
/** False when the payload ends too early, or begins with what is not known. */
type Body = (view: DataView, into: Target) => boolean

/** Makes a decoder of a checked layout, once: nothing of the layout is looked up when a payload comes. */
export function decoderOf({ order = 'big', frames }: PayloadLayout): Decode {
  const compiled = frames.map((frame) => ({ fits: fitOf(frame), bodies: bodiesOf(frame, order) }))
  return (bytes, port) => {
    const frame = compiled.find(({ fits }) => fits(bytes, port))
    if (!frame) return { refused: 'no_frame' }
    const into: Target = {}
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return frame.bodies.every((body) => body(view, into)) ? into : { refused: 'cut_off_or_unknown' }
  }
}

export function isLayoutRefusal(said: ReturnType<Decode>): said is LayoutRefusal {
  return typeof said['refused'] === 'string'
}

function fitOf({ port, length, when = [] }: Frame): (bytes: Uint8Array, port: number) => boolean {
  return (bytes, fPort) =>
    (port === undefined || port.includes(fPort)) &&
    (length === undefined || bytes.length === length) &&
    when.every(({ at, is }) => at < bytes.length && is.includes(bytes[at]!))
}

function bodiesOf(frame: Frame, order: 'big' | 'little'): Body[] {
  if (frame.ignore) return []
  const bodies: Body[] = []
  if (frame.fields) {
    const read = fieldsOf(frame.fields, order)
    const end = endOf(frame.fields)
    bodies.push((view, into) => {
      if (view.byteLength < end) return false
      read(view, 0, into)
      return true
    })
  }
  if (frame.tlv) bodies.push(itemsOf(frame.tlv, order))
  if (frame.groups) bodies.push(groupsOf(frame.groups, order))
  if (frame.repeat) bodies.push(repeatOf(frame.repeat, order))
  return bodies
}

function itemsOf({ from = 0, trailer = 0, items }: NonNullable<Frame['tlv']>, order: 'big' | 'little'): Body {
  const headBytes = (Object.keys(items)[0] ?? '').length / 2
  const parts = new Map(
    Object.entries(items).map(([head, part]) => [Number.parseInt(head, 16), { part, read: partOf(part, order) }]),
  )
  return (view, into) => {
    const end = view.byteLength - trailer
    for (let here = from; here < end;) {
      if (here + headBytes > end) return false
      let head = 0
      for (let i = 0; i < headBytes; i++) head = head * 256 + view.getUint8(here + i)
      const item = parts.get(head)
      // Of an unknown item nobody knows the length: what came before it stands.
      if (!item) return here > from
      here += headBytes
      if (here + item.part.length > end) return false
      item.read(view, here, into)
      here += item.part.length
    }
    return true
  }
}

function groupsOf({ flags, from, list }: NonNullable<Frame['groups']>, order: 'big' | 'little'): Body {
  const parts = list.map((part) => ({ length: part.length, read: partOf(part, order) }))
  const flagsAt = flags.at ?? 0
  const flagsEnd = flagsAt + FIELD_BYTES[flags.type ?? 'uint8']
  const readFlags = rawOf(flags, order)
  return (view, into) => {
    if (view.byteLength < flagsEnd) return false
    const present = Number(readFlags(view, flagsAt))
    let here = from
    for (let i = 0; i < parts.length; i++) {
      if (((present >>> i) & 1) === 0) continue
      const { length, read } = parts[i]!
      if (here + length > view.byteLength) return false
      read(view, here, into)
      here += length
    }
    return true
  }
}

function repeatOf({ from, ...part }: NonNullable<Frame['repeat']>, order: 'big' | 'little'): Body {
  const read = partOf(part, order)
  return (view, into) => {
    let here = from
    for (; here + part.length <= view.byteLength; here += part.length) read(view, here, into)
    return here === view.byteLength
  }
}

function partOf({ fields = {}, record }: Part, order: 'big' | 'little'): Read {
  const read = fieldsOf(fields, order)
  if (record === undefined) return read
  return (view, base, into) => {
    const entry: Target = {}
    read(view, base, entry)
    const list = (into[record] ??= []) as Target[]
    list.push(entry)
  }
}

function fieldsOf(fields: Readonly<Record<string, Field>>, order: 'big' | 'little'): Read {
  const reads = Object.entries(fields).map(([name, field]): Read => {
    const { at = 0, absent } = field
    const raw = rawOf(field, order)
    if (absent)
      return (view, base, into) => {
        const value = raw(view, base + at)
        into[name] = absent.includes(Number(value)) ? null : value
      }
    return (view, base, into) => {
      into[name] = raw(view, base + at)
    }
  })
  return (view, base, into) => {
    for (let i = 0; i < reads.length; i++) reads[i]!(view, base, into)
  }
}

function rawOf(field: Field, profileOrder: 'big' | 'little'): (view: DataView, at: number) => number | boolean {
  const type = field.type ?? 'uint8'
  const whole = wholeOf(type, (field.order ?? profileOrder) === 'little')
  const { bit, bits } = field
  if (bit !== undefined) return (view, at) => ((whole(view, at) >>> bit) & 1) === 1
  if (bits === undefined) return whole
  const [low = 0, high = 0] = bits
  const width = high - low + 1
  // Shifted to the top and back: the way down keeps the sign, or fills with zeros.
  return type.startsWith('int')
    ? (view, at) => ((whole(view, at) >>> low) << (32 - width)) >> (32 - width)
    : (view, at) => ((whole(view, at) >>> low) << (32 - width)) >>> (32 - width)
}

function wholeOf(type: FieldType, isLittle: boolean): (view: DataView, at: number) => number {
  switch (type) {
    case 'uint8':
      return (view, at) => view.getUint8(at)
    case 'int8':
      return (view, at) => view.getInt8(at)
    case 'uint16':
      return (view, at) => view.getUint16(at, isLittle)
    case 'int16':
      return (view, at) => view.getInt16(at, isLittle)
    case 'uint24':
      return (view, at) => uint24(view, at, isLittle)
    case 'int24':
      return (view, at) => (uint24(view, at, isLittle) << 8) >> 8
    case 'uint32':
      return (view, at) => view.getUint32(at, isLittle)
    case 'int32':
      return (view, at) => view.getInt32(at, isLittle)
    case 'float32':
      return (view, at) => view.getFloat32(at, isLittle)
    case 'hundredths':
      return (view, at) => (view.getInt8(isLittle ? at + 1 : at) * 100 + view.getInt8(isLittle ? at : at + 1)) / 100
  }
}

function uint24(view: DataView, at: number, isLittle: boolean): number {
  return isLittle
    ? view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
    : (view.getUint8(at) << 16) | view.getUint16(at + 1)
}
