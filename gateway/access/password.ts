import { argon2, timingSafeEqual } from 'node:crypto'
import type { Random } from '#devices/clock.ts'
import { Fault } from '#devices/fault.ts'

/** RFC 9106: argon2id, 19 MiB, two passes, one lane. The text form (PHC) names them, so that they may grow later. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const
const TAG_BYTES = 32
const SALT_BYTES = 16
/** The runtime's thread pool has four threads; each hash holds one, and 19 MiB. */
const AT_ONCE = 4
const MOST_WAITING = 100
const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

type Cost = Readonly<{ memory: number; passes: number; parallelism: number }>

/** Slow on purpose, and off the main thread: whoever asks waits in line. */
export class PasswordHashing {
  readonly #random: Random
  readonly #line: (() => void)[] = []
  #running = 0
  #computed = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** How many hashes were computed: what an attempt costs, whoever it was for. */
  get computed(): number {
    return this.#computed
  }

  async hash(password: string): Promise<string> {
    const salt = this.#bytes(SALT_BYTES)
    return phcOf(salt, await this.#compute(password, salt, COST))
  }

  async verify(phc: string, password: string): Promise<boolean> {
    const [, memory, passes, parallelism, salt, tag] = PHC.exec(phc) ?? []
    if (salt === undefined || tag === undefined) throw new Error('a stored password hash cannot be read')
    const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
    const expected = Buffer.from(tag, 'base64')
    const actual = await this.#compute(password, Buffer.from(salt, 'base64'), cost)
    return actual.length === expected.length && timingSafeEqual(actual, expected)
  }

  /** The hash of no password: verifying it costs as much as any, so that an unknown name takes as long as a known one. */
  decoy(): string {
    return phcOf(this.#bytes(SALT_BYTES), this.#bytes(TAG_BYTES))
  }

  #bytes(count: number): Buffer {
    return Buffer.from(this.#random.token(), 'base64url').subarray(0, count)
  }

  async #compute(password: string, salt: Buffer, cost: Cost): Promise<Buffer> {
    if (this.#running >= AT_ONCE) {
      if (this.#line.length >= MOST_WAITING) throw new Fault('busy')
      await new Promise<void>((resolve) => this.#line.push(resolve))
    } else this.#running++
    this.#computed++
    try {
      const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
      // One form for what different keyboards send for the same letters.
      const message = password.normalize('NFKC')
      argon2('argon2id', { ...cost, message, nonce: salt, tagLength: TAG_BYTES }, (error, tag) =>
        error ? reject(error) : resolve(tag),
      )
      return await promise
    } finally {
      // The place is handed on, not given up: nobody new may slip in between.
      const next = this.#line.shift()
      if (next) next()
      else this.#running--
    }
  }
}

function phcOf(salt: Buffer, tag: Buffer): string {
  const { memory, passes, parallelism } = COST
  const plain = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${plain(salt)}$${plain(tag)}`
}
