import type { SilentBy } from '#rules/alarms/states.ts'

/**
 * The table of the alarm life-cycle a second time, by hand and without looking: one rule, one alarm, and what lies over it.
 * It knows states by name only, no events, no timers; the walk tells it what happened.
 */
export class AlarmModel {
  readonly #latch: boolean
  readonly #safety: boolean
  state = 'normal'
  isTold = false
  silence: SilentBy | null = null
  isHolding = false
  readonly over = { shelf: false, window: false, namedWindow: false, service: false, inspection: false, cause: false }

  constructor({ latch, safety }: { latch: boolean; safety: boolean }) {
    this.#latch = latch
    this.#safety = safety
  }

  get shown(): string {
    if (this.state === 'normal' || this.silence === null) return this.state
    if (this.silence === 'shelf') return 'shelved'
    return this.silence === 'out_of_service' ? 'out_of_service' : 'suppressed'
  }

  condition(isTrue: boolean): void {
    if (isTrue === this.isHolding) return
    this.isHolding = isTrue
    if (isTrue) {
      this.state = 'unacknowledged'
      this.silence = this.#wanted()
      if (this.silence === null) this.isTold = true
      return
    }
    if (this.state === 'unacknowledged') this.state = this.#latch ? 'latched' : this.isTold ? 'returned' : 'normal'
    else if (this.state === 'acknowledged') this.state = this.#latch ? 'latched_acknowledged' : 'normal'
    this.#ended()
    this.#look()
  }

  acknowledge(): boolean {
    const to = {
      unacknowledged: 'acknowledged',
      returned: 'normal',
      latched: 'latched_acknowledged',
    }[this.state]
    if (to === undefined) return false
    this.state = to
    this.#ended()
    return true
  }

  reset(): boolean {
    if (this.state !== 'latched_acknowledged') return false
    this.state = 'normal'
    this.#ended()
    return true
  }

  /** Something was laid over it, or taken away. */
  cover(what: keyof AlarmModel['over'], is: boolean): void {
    this.over[what] = is
    this.#look()
  }

  reAlarm(): void {
    if (this.state === 'acknowledged' && this.silence === null) this.state = 'unacknowledged'
  }

  #ended(): void {
    if (this.state !== 'normal') return
    this.isTold = false
    this.silence = null
  }

  #wanted(): SilentBy | null {
    const { shelf, window, namedWindow, service, inspection, cause } = this.over
    if (service && !this.#safety) return 'out_of_service'
    if (namedWindow || (window && !this.#safety)) return 'maintenance'
    if (inspection && !this.#safety) return 'inspection'
    if (shelf) return 'shelf'
    return cause && this.isHolding && !this.#safety ? 'cause' : null
  }

  #look(): void {
    if (this.state === 'normal') return
    const [before, after] = [this.silence, this.#wanted()]
    this.silence = after
    if (before === null || after !== null) return
    // What still holds when its silence ends is told at once, whoever acknowledged it before.
    if (this.isHolding) this.state = 'unacknowledged'
    else if (this.isTold) return
    else if (this.state === 'latched_acknowledged') this.state = 'latched'
    this.isTold = true
  }
}
