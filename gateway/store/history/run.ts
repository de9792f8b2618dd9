import { type Quality, type Reading, type Reason, REASONS, type Value } from '#devices/reading.ts'

const QUALITIES: readonly Quality[] = ['good', 'uncertain', 'bad']
const REASON_OF: ReadonlyMap<Reason, number> = new Map(REASONS.map((reason, index) => [reason, index + 1]))

/**
 * All about a reading but its value and time, in one byte: bits 0–1 the quality (good, uncertain, bad), bits 2–6 the
 * reason by its place in `REASONS` (0 is none), bit 7 that its time cannot be trusted. 0 is a plain good reading.
 */
export function flagsOf({ quality, reason, timeQuality }: Pick<Reading, 'quality' | 'reason' | 'timeQuality'>): number {
  if (quality === 'good' && reason === undefined && timeQuality !== 'bad') return 0
  const reasonBits = reason === undefined ? 0 : REASON_OF.get(reason)! << 2
  return QUALITIES.indexOf(quality) | reasonBits | (timeQuality === 'bad' ? 128 : 0)
}

export function qualityOf(flags: number): Quality {
  return QUALITIES[flags & 3]!
}

/** False when the device's clock could not be believed. */
export function isTimed(flags: number): boolean {
  return (flags & 128) === 0
}

export function rankOf(flags: number): number {
  return flags & 3
}

export const BAD_RANK = 2

export function readingOf(device: string, point: string, at: number, value: Value | null, flags: number): Reading {
  if (flags === 0) return { device, point, value, quality: 'good', at }
  const reason = REASONS[((flags >> 2) & 31) - 1]
  return {
    device,
    point,
    value,
    quality: qualityOf(flags),
    ...(reason ? { reason } : {}),
    at,
    ...(isTimed(flags) ? {} : { timeQuality: 'bad' as const }),
  }
}

/** What a value is; told apart by these numbers on disk as well. */
export const [NOTHING, NUMBER, BOOLEAN, TEXT] = [0, 1, 2, 3] as const
export type Kind = typeof NOTHING | typeof NUMBER | typeof BOOLEAN | typeof TEXT

const SMALLEST = 96
const GROWTH = 2
const MOST_KEPT = 16_384
/** A time, a number, flags and a kind. */
const ENTRY_BYTES = 18

type Columns = Readonly<{ times: Float64Array; numbers: Float64Array; flags: Uint8Array; kinds: Uint8Array }>

export type PackedRun = Columns & Readonly<{ texts: readonly string[] }>

/**
 * Readings of one point as columns of one length: source time in ms, value, flags. Outside the heap of JavaScript, which
 * would copy and walk through millions of them again and again.
 */
export class Run {
  #columns: Columns
  #capacity: number
  #length = 0
  readonly #texts: string[] = []

  constructor(capacity = SMALLEST) {
    this.#capacity = capacity
    this.#columns = columnsOf(capacity)
  }

  get length(): number {
    return this.#length
  }

  get times(): Float64Array {
    return this.#columns.times.subarray(0, this.#length)
  }

  get flags(): Uint8Array {
    return this.#columns.flags.subarray(0, this.#length)
  }

  /** Of each value what it is. */
  get kinds(): Uint8Array {
    return this.#columns.kinds.subarray(0, this.#length)
  }

  /** A number as it is, on and off as 1 and 0, of a text the place in `texts`, of nothing 0. */
  get numbers(): Float64Array {
    return this.#columns.numbers.subarray(0, this.#length)
  }

  get texts(): readonly string[] {
    return this.#texts
  }

  get values(): (Value | null)[] {
    return Array.from({ length: this.#length }, (_, index) => this.valueAt(index))
  }

  valueAt(index: number): Value | null {
    const number = this.#columns.numbers[index]!
    switch (this.#columns.kinds[index]) {
      case NUMBER:
        return number
      case BOOLEAN:
        return number === 1
      case TEXT:
        return this.#texts[number]!
      default:
        return null
    }
  }

  /** The kind that all values are of; null where they differ. */
  get onlyKind(): Kind | null {
    const { kinds } = this
    for (let i = 1; i < kinds.length; i++) if (kinds[i] !== kinds[0]) return null
    return (kinds[0] ?? NOTHING) as Kind
  }

  /** What stands in `numbers` for the values of one kind, in their order. */
  numbersOf(kind: Kind): Float64Array {
    const { numbers, kinds } = this
    return this.onlyKind === kind ? numbers : numbers.filter((_, index) => kinds[index] === kind)
  }

  push(at: number, value: Value | null, flags: number): void {
    if (typeof value === 'number') this.#add(at, NUMBER, value, flags)
    else if (value === null) this.#add(at, NOTHING, 0, flags)
    else if (typeof value === 'boolean') this.#add(at, BOOLEAN, value ? 1 : 0, flags)
    else this.#add(at, TEXT, this.addText(value), flags)
  }

  /** Takes one of another run's readings. */
  pushOf(other: Run, index: number): void {
    const { times, kinds, numbers, flags } = other.#columns
    if (kinds[index] === TEXT) this.push(times[index]!, other.valueAt(index), flags[index]!)
    else this.#add(times[index]!, kinds[index] as Kind, numbers[index]!, flags[index]!)
  }

  /** Takes those of another run's readings that stand at the places from `start` to `end` of `order`. */
  pushEach(other: Run, order: Uint32Array, start: number, end: number): void {
    this.#reserve(end - start)
    const [from, to] = [other.#columns, this.#columns]
    let place = this.#length
    for (let i = start; i < end; i++, place++) {
      const index = order[i]!
      const kind = from.kinds[index]!
      const number = from.numbers[index]!
      to.times[place] = from.times[index]!
      to.numbers[place] = kind === TEXT ? this.addText(other.#texts[number]!) : number
      to.flags[place] = from.flags[index]!
      to.kinds[place] = kind
    }
    this.#length = place
  }

  /** Takes what lies in [from, to). */
  pushFrom(other: Run, from = -Infinity, to = Infinity): void {
    const { times } = other.#columns
    if (other.#isNumeric() && other.#liesIn(from, to)) return this.#pushAll(other)
    for (let i = 0; i < other.#length; i++) if (times[i]! >= from && times[i]! < to) this.pushOf(other, i)
  }

  /** Whole columns are copied at once. */
  #pushAll(other: Run): void {
    const columns = this.extend(other.#length)
    columns.times.set(other.times)
    columns.numbers.set(other.numbers)
    columns.flags.set(other.flags)
    columns.kinds.set(other.kinds)
  }

  #isNumeric(): boolean {
    return this.#texts.length === 0
  }

  #liesIn(from: number, to: number): boolean {
    const { times } = this.#columns
    for (let i = 0; i < this.#length; i++) if (!(times[i]! >= from && times[i]! < to)) return false
    return true
  }

  /** `n` more readings, for whoever fills the columns in: these, and all that is 0 yet. */
  extend(n: number): Columns {
    this.#reserve(n)
    const [start, end] = [this.#length, this.#length + n]
    this.#length = end
    const { times, numbers, flags, kinds } = this.#columns
    numbers.fill(0, start, end)
    return {
      times: times.subarray(start, end),
      numbers: numbers.subarray(start, end),
      flags: flags.subarray(start, end),
      kinds: kinds.subarray(start, end),
    }
  }

  /** Empty again. It keeps its memory, where that is not more than most runs need. */
  clear(kept = MOST_KEPT): this {
    this.#length = 0
    this.#texts.length = 0
    if (this.#capacity > kept) this.#columns = columnsOf((this.#capacity = SMALLEST))
    return this
  }

  /** The place that a text takes in `texts`. */
  addText(text: string): number {
    return this.#texts.push(text) - 1
  }

  /** As plain data: what goes from thread to thread at little cost, many objects do not. */
  packed(): PackedRun {
    const { times, numbers, flags, kinds, texts } = this
    return { times, numbers, flags, kinds, texts }
  }

  static of({ times, numbers, flags, kinds, texts }: PackedRun): Run {
    const run = new Run(0)
    run.#columns = { times, numbers, flags, kinds }
    run.#capacity = run.#length = times.length
    for (const text of texts) run.addText(text)
    return run
  }

  /** In the order of time, one reading for each ms: of two, the one that came later. Itself where that is so already. */
  ordered(): Run {
    const { times } = this
    let isOrdered = true
    for (let i = 1; i < times.length && isOrdered; i++) isOrdered = times[i]! > times[i - 1]!
    if (isOrdered) return this
    // Sorting is stable: of equal times, the later one comes last, and overwrites.
    const order = Array.from(times, (_, index) => index).toSorted((a, b) => times[a]! - times[b]!)
    const result = new Run(times.length)
    for (const [place, index] of order.entries()) {
      if (times[order[place + 1] ?? -1] === times[index]) continue
      result.pushOf(this, index)
    }
    return result
  }

  #add(at: number, kind: Kind, number: number, flags: number): void {
    if (this.#length === this.#capacity) this.#reserve(1)
    const columns = this.#columns
    const place = this.#length++
    columns.times[place] = at
    columns.numbers[place] = number
    columns.flags[place] = flags
    columns.kinds[place] = kind
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#capacity) return
    this.#capacity = Math.max(this.#capacity * GROWTH, this.#length + more)
    const { times, numbers, flags, kinds } = this.#columns
    this.#columns = columnsOf(this.#capacity)
    this.#columns.times.set(times)
    this.#columns.numbers.set(numbers)
    this.#columns.flags.set(flags)
    this.#columns.kinds.set(kinds)
  }
}

/** In one piece of memory: many points have short runs. */
function columnsOf(capacity: number): Columns {
  const memory = new ArrayBuffer(capacity * ENTRY_BYTES)
  return {
    times: new Float64Array(memory, 0, capacity),
    numbers: new Float64Array(memory, capacity * 8, capacity),
    flags: new Uint8Array(memory, capacity * 16, capacity),
    kinds: new Uint8Array(memory, capacity * 17, capacity),
  }
}

/** Readings as columns; whoever walks through them gets each as an object. A million objects at once nobody needs. */
export type RunReadings = Iterable<Reading> & Readonly<{ length: number; run: Run }>

export function readingsOf({ device, point }: Readonly<{ device: string; point: string }>, run: Run): RunReadings {
  return {
    length: run.length,
    run,
    *[Symbol.iterator]() {
      const { times, flags } = run
      for (let i = 0; i < run.length; i++) yield readingOf(device, point, times[i]!, run.valueAt(i), flags[i]!)
    },
  }
}
