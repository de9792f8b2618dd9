import type { AccessEvent, Trail } from './trail.ts'

/** `what`: which proof was wrong, or what it did not suffice for. `route` is a pattern, never an address. */
export type Denial = Omit<Extract<AccessEvent, { type: 'access.denied' }>, 'type' | 'count'>

/**
 * S38: who was turned away. The first of a kind is noted at once; those that follow are counted, and noted as one number
 * when a minute is over: somebody who tries every door all night leaves a few lines.
 */
export class Denials {
  readonly #trail: Pick<Trail, 'note'>
  readonly #known = new Set<string>()
  readonly #counted = new Map<string, { denial: Denial; count: number }>()

  constructor(trail: Pick<Trail, 'note'>) {
    this.#trail = trail
  }

  /** Whether it was noted at once. */
  add(denial: Denial): boolean {
    const { what, account, route } = denial
    // Of sign-ins the first of anybody: were it the first by name, the time it takes to write would tell who exists.
    const kind = what === 'sign_in' ? what : `${what} ${account} ${route}`
    if (!this.#known.has(kind)) {
      this.#known.add(kind)
      this.#trail.note({ type: 'access.denied', ...denial, count: 1 })
      return true
    }
    const key = `${what} ${account} ${route}`
    const counted = this.#counted.get(key)
    if (counted) counted.count++
    else this.#counted.set(key, { denial, count: 1 })
    return false
  }

  /** A minute is over: what was counted is noted. Whether there was anything. */
  tell(): boolean {
    const counted = [...this.#counted.values()]
    this.#known.clear()
    this.#counted.clear()
    for (const { denial, count } of counted) this.#trail.note({ type: 'access.denied', ...denial, count })
    return counted.length > 0
  }
}
