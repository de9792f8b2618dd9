import type { WindowFunction } from '#devices/window-function.ts'
import type { Value, Reading } from '#devices/reading.ts'
import type { Evidence } from '../event.ts'
import type { Json } from '../stage.ts'
import type { Judgement } from './judgement.ts'
import { Window } from './window.ts'

/** A window over one point, and the newest reading of that point: what counts, rates and shares are judged by. */
export class WatchedWindow implements Pick<Judgement, 'take' | 'memory' | 'recall'> {
  readonly #point: string
  readonly #window: Window
  readonly #valueOf: (reading: Reading) => Value | null
  #newest: Reading | null = null

  constructor(
    watch: Readonly<{ point: string; overMs: number }>,
    rule: Readonly<{ validityMs: number }>,
    /** Null where the reading says nothing. */
    valueOf: (reading: Reading) => Value | null = ({ quality, value }) => (quality === 'bad' ? null : value),
  ) {
    this.#point = watch.point
    this.#window = new Window(watch.overMs, rule.validityMs)
    this.#valueOf = valueOf
  }

  readonly take = (reading: Reading): void => {
    if (reading.point !== this.#point) return
    this.#newest = reading
    this.#window.add(reading.at, this.#valueOf(reading))
  }

  get isHeard(): boolean {
    return this.#newest !== null && this.#newest.quality !== 'bad'
  }

  get isUncertain(): boolean {
    return this.#newest?.quality === 'uncertain'
  }

  /** Null as long as nobody can tell, or the newest reading is bad. */
  read(of: WindowFunction): number | null {
    return this.isHeard ? this.#window.read(of) : null
  }

  /** Of what was seen, however little. */
  atLeast(of: WindowFunction): number | null {
    return this.isHeard ? this.#window.atLeast(of) : null
  }

  evidence(why: Evidence['why']): Evidence {
    const { value = null, at = 0 } = this.#newest ?? {}
    return { point: this.#point, value, ...(why === undefined ? {} : { why }), at }
  }

  readonly memory = () => this.#window.memory()
  readonly recall = (memory: Json): void => this.#window.recall(memory)
}
