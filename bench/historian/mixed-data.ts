import type { Reading } from '#devices/reading.ts'
import { seededRandom } from '#plant/random.ts'

export const DATA_STARTS = Date.UTC(2026, 0, 5)
const POINTS_OF_DEVICE = 20
const KINDS = ['walk', 'noise', 'state', 'counter'] as const

/**
 * Points that each say something once a second, on the whole second; a quarter each: a random walk with two decimals,
 * noise with one decimal (sigma 10 steps), an on/off state that changes every ten minutes or so, a counter. The same
 * number of points always says the same.
 */
export class MixedData {
  readonly #points: readonly Readonly<{ device: string; point: string }>[]
  readonly #next: () => number
  readonly #states: Float64Array
  #second = 0

  constructor(count: number) {
    this.#points = Array.from({ length: count }, (_, i) => pointOf(i))
    this.#states = new Float64Array(count).fill(5_000)
    this.#next = seededRandom(count).next
  }

  /** The values of the next second, by number of the point; `at` is its time. */
  values(): { at: number; values: (number | boolean)[] } {
    const at = DATA_STARTS + this.#second++ * 1_000
    return { at, values: this.#points.map((_, i) => this.#valueOf(i)) }
  }

  /** The same as readings. */
  second(): { at: number; readings: Reading[] } {
    const at = DATA_STARTS + this.#second++ * 1_000
    const readings = this.#points.map(({ device, point }, i): Reading => ({
      device,
      point,
      value: this.#valueOf(i),
      quality: 'good',
      at,
    }))
    return { at, readings }
  }

  #valueOf(i: number): number | boolean {
    const states = this.#states
    switch (KINDS[i % KINDS.length]) {
      case 'walk':
        states[i]! += Math.round(this.#normal() * 3)
        return states[i]! / 100
      case 'noise':
        return (2_000 + Math.round(this.#normal() * 10)) / 10
      case 'state':
        if (this.#next() < 1 / 600) states[i] = 5_000 - states[i]!
        return states[i]! > 0
      default:
        return (states[i]! += Math.floor(this.#next() * 4))
    }
  }

  /** About normal, sigma 1: the sum of four evens. */
  #normal(): number {
    return (this.#next() + this.#next() + this.#next() + this.#next() - 2) * Math.sqrt(3)
  }
}

/** Devices of twenty points, as a pump set has them. */
export function pointOf(index: number): { device: string; point: string } {
  return { device: `D${Math.floor(index / POINTS_OF_DEVICE)}`, point: `point_${index % POINTS_OF_DEVICE}` }
}
