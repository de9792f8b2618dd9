/** Keys of messages already taken, each with the promise of its durability. Bounded: the oldest are forgotten. */
export class RecentKeys {
  readonly #keys = new Map<string, Promise<void>>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  get(key: string): Promise<void> | undefined {
    return this.#keys.get(key)
  }

  add(key: string, durable: Promise<void>): void {
    this.#keys.set(key, durable)
    if (this.#keys.size > this.#limit) this.#keys.delete(this.#keys.keys().next().value!)
  }

  /** What never became durable may come again. */
  forget(keys: Iterable<string>): void {
    for (const key of keys) this.#keys.delete(key)
  }
}
