import { createHash } from 'node:crypto'
import { Fault } from '#devices/fault.ts'
import type { PhotoKind } from '#rules/orders/procedure.ts'
import { LARGEST_PICTURE_BYTES } from './picture.ts'

/** A part of a picture: with 64 KB a bad line loses little. */
export const LARGEST_PART_BYTES = 512 * 1_024
const FORGOTTEN_AFTER_MS = 15 * 60_000
const MOST_OF_ONE = 8
const MOST = 200
/** In memory until they are whole, of one account and of all. */
const MOST_BYTES_OF_ONE = 24 * 1_048_576
const MOST_BYTES = 64 * 1_048_576
/** Whoever sends nothing for so long gives way to who does. */
const IDLE_MS = 60_000

/** `owner` is the account that sends it, `by` the person whose photo it is; `deviceAt` ms, when it was taken. */
export type Wanted = Readonly<{
  owner: string
  order: string
  by: string
  kind: PhotoKind
  /** Null where only `key` names it. */
  sha256: string | null
  key: string
  size: number
  deviceAt: number | null
}>
type Upload = Wanted & { parts: Buffer[]; received: number; touchedAt: number }

/** Pictures on their way, in parts. They belong to who began them; the same picture goes on where it was cut. */
export class Uploads {
  readonly #open = new Map<string, Upload>()

  /** How much is there already: from here on it is sent. */
  begin(wanted: Wanted, now: number): Readonly<{ id: string; received: number }> {
    this.sweep(now)
    if (wanted.size > LARGEST_PICTURE_BYTES) throw new Fault('too_large', { bytes: LARGEST_PICTURE_BYTES })
    const id = createHash('sha256')
      .update(JSON.stringify([wanted.owner, wanted.order, wanted.kind, wanted.sha256 ?? wanted.key, wanted.size]))
      .digest('hex')
    const known = this.#open.get(id)
    if (known) {
      known.touchedAt = now
      return { id, received: known.received }
    }
    const isOwn = ({ owner }: Wanted) => owner === wanted.owner
    if (!this.#hasRoom(isOwn, (own) => own.length < MOST_OF_ONE, now)) throw new Fault('busy')
    if (!this.#hasRoom(isAny, (all) => all.length < MOST, now)) throw new Fault('busy')
    this.#open.set(id, { ...wanted, parts: [], received: 0, touchedAt: now })
    return { id, received: 0 }
  }

  /** One part; one that came already is nothing, one beyond what is there is refused with how much that is. */
  add(id: string, owner: string, offset: number, part: Buffer, now: number): number {
    const upload = this.#of(id, owner, now)
    if (offset + part.length <= upload.received) return upload.received
    if (offset !== upload.received) throw new Fault('wrong_offset', { received: upload.received })
    if (offset + part.length > upload.size) throw new Fault('too_large', { bytes: upload.size })
    // What counts is what came: to promise much takes nothing from anybody.
    const fits = (most: number) => (others: readonly Upload[]) =>
      others.reduce((sum, { received }) => sum + received, part.length) <= most
    const isOwn = (other: Wanted) => other.owner === owner
    if (!this.#hasRoom(isOwn, fits(MOST_BYTES_OF_ONE), now) || !this.#hasRoom(isAny, fits(MOST_BYTES), now))
      throw new Fault('busy')
    upload.parts.push(part)
    upload.received += part.length
    return upload.received
  }

  /** The whole, when it is what was promised; null while some of it is missing. */
  whole(id: string, owner: string, now: number): Readonly<{ upload: Wanted; bytes: Buffer }> | null {
    const upload = this.#of(id, owner, now)
    if (upload.received < upload.size) return null
    const bytes = Buffer.concat(upload.parts)
    const isWhole = upload.sha256 === null || createHash('sha256').update(bytes).digest('hex') === upload.sha256
    if (isWhole) return { upload, bytes }
    this.#open.delete(id)
    throw new Fault('wrong_hash')
  }

  forget(id: string): void {
    this.#open.delete(id)
  }

  /** Somebody else's is not there. */
  #of(id: string, owner: string, now: number): Upload {
    this.sweep(now)
    const upload = this.#open.get(id)
    if (!upload || upload.owner !== owner) throw new Fault('unknown_upload')
    upload.touchedAt = now
    return upload
  }

  /** Ends uploads of this kind that idle, the longest first, until there is room; false when there is none. */
  #hasRoom(isOfKind: (upload: Upload) => boolean, isEnough: (kind: readonly Upload[]) => boolean, now: number) {
    const kind = [...this.#open].filter(([, upload]) => isOfKind(upload)).toSorted(byTouch)
    while (!isEnough(kind.map(([, upload]) => upload))) {
      const [id, idle] = kind.shift() ?? []
      if (id === undefined || now - idle!.touchedAt <= IDLE_MS) return false
      this.#open.delete(id)
    }
    return true
  }

  /** Also when nobody sends anything more: what came stands in memory. */
  sweep(now: number): void {
    for (const [id, { touchedAt }] of this.#open) if (now - touchedAt > FORGOTTEN_AFTER_MS) this.#open.delete(id)
  }
}

const isAny = () => true
const byTouch = ([, a]: [string, Upload], [, b]: [string, Upload]) => a.touchedAt - b.touchedAt
