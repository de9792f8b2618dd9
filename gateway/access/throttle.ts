import { Fault } from '#devices/fault.ts'

/** After the free attempts each one more waits twice as long as the last, in real time. */
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 300_000
/** Who left it alone for so long begins anew. */
const FORGOTTEN_AFTER_MS = 900_000
const MOST_KEYS = 10_000

type Attempts = { failed: number; tried: number; lastAt: number; lockedUntil: number }
/** `waitMs` > 0: refused, and not looked at. `isBurst` at the limit and at each doubling of it: worth a line in the journal. */
type Verdict = Readonly<{ waitMs: number; tried: number; isBurst: boolean }>

/**
 * S07: guesses by one key (an account's name, an address). An attempt counts as failed when it begins: a hundred at once
 * are a hundred, not one. It is kept in memory and bounded; the key that was quiet for the longest goes first.
 */
export class Throttle {
  readonly #free: number
  readonly #nowMs: () => number
  readonly #keys = new Map<string, Attempts>()

  /** `nowMs` is real time that never goes back. */
  constructor(free: number, nowMs: () => number) {
    this.#free = free
    this.#nowMs = nowMs
  }

  /** How long the key must still wait; 0 when it may try. */
  waitMs(key: string): number {
    return Math.max(0, (this.#keys.get(key)?.lockedUntil ?? 0) - this.#nowMs())
  }

  /** One attempt begins. */
  take(key: string): Verdict {
    const now = this.#nowMs()
    const known = this.#keys.get(key)
    const isFresh = !known || now - known.lastAt > FORGOTTEN_AFTER_MS
    const attempts = isFresh ? { failed: 0, tried: 0, lastAt: now, lockedUntil: 0 } : known
    const waitMs = Math.max(0, attempts.lockedUntil - now)
    attempts.tried++
    attempts.lastAt = now
    if (waitMs === 0 && ++attempts.failed >= this.#free)
      attempts.lockedUntil = now + Math.min(FIRST_WAIT_MS * 2 ** (attempts.failed - this.#free), LONGEST_WAIT_MS)
    this.#keep(key, attempts)
    return { waitMs, tried: attempts.tried, isBurst: isDoubling(attempts.tried, this.#free) }
  }

  /** It was right after all: the key begins anew. */
  forgive(key: string): void {
    this.#keys.delete(key)
  }

  /** It was right after all, which says nothing about the other attempts of this key. */
  takeBack(key: string): void {
    const attempts = this.#keys.get(key)
    if (!attempts) return
    attempts.failed = Math.max(0, attempts.failed - 1)
    attempts.tried = Math.max(0, attempts.tried - 1)
    if (attempts.failed < this.#free) attempts.lockedUntil = 0
  }

  #keep(key: string, attempts: Attempts): void {
    // Again at the end: the order of the map is the order of the last attempts.
    this.#keys.delete(key)
    this.#keys.set(key, attempts)
    if (this.#keys.size > MOST_KEYS) this.#keys.delete(this.#keys.keys().next().value!)
  }
}

function isDoubling(tried: number, free: number): boolean {
  return tried >= free && Number.isInteger(Math.log2(tried / free))
}

export function tooMany(waitMs: number): Fault {
  return new Fault('too_many_attempts', { seconds: Math.max(1, Math.ceil(waitMs / 1_000)) })
}

/** One household has a /64 of IPv6: its addresses are one. */
export function addressKey(address: string): string {
  const v4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (v4 !== undefined || !address.includes(':')) return v4 ?? address
  const [head = '', tail] = address.toLowerCase().split('%')[0]!.split('::')
  const groups = head === '' ? [] : head.split(':')
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
  const whole = [...groups, ...Array<string>(missing).fill('0'), ...(tail ? tail.split(':') : [])]
  return whole.slice(0, 4).join(':')
}
