import type { Reading } from '#devices/reading.ts'

const KINDS = { number: 1, boolean: 2, string: 4 } as const

/** What an import brought, in numbers. Grows with the number of series only. */
export class Tally {
  readings = 0
  from = Infinity
  to = -Infinity
  readonly #kinds = new Map<string, Map<string, number>>()

  add(readings: readonly Reading[]): void {
    this.readings += readings.length
    for (const { device, point, value, at } of readings) {
      if (at < this.from) this.from = at
      if (at > this.to) this.to = at
      let points = this.#kinds.get(device)
      if (!points) this.#kinds.set(device, (points = new Map()))
      const known = points.get(point)
      const kind = value === null ? 0 : KINDS[typeof value as keyof typeof KINDS]
      if (known === undefined) points.set(point, kind)
      else if ((known & kind) !== kind) points.set(point, known | kind)
    }
  }

  get series(): number {
    return this.#kinds.values().reduce((count, points) => count + points.size, 0)
  }

  /** Series that hold values of more than one kind, as `device.point`: mostly a word among numbers. */
  mixed(): string[] {
    return [...this.#kinds].flatMap(([device, points]) =>
      [...points].filter(([, kinds]) => (kinds & (kinds - 1)) !== 0).map(([point]) => `${device}.${point}`),
    )
  }
}
