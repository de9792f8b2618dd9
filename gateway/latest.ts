import type { Batch, Reading } from '#devices/reading.ts'

/** The newest durable reading of every point: what screens show as current. */
export class Latest {
  readonly #readings = new Map<string, Map<string, Reading>>()

  take(batch: Batch): void {
    for (const reading of batch.readings) {
      let points = this.#readings.get(reading.device)
      if (!points) this.#readings.set(reading.device, (points = new Map()))
      const last = points.get(reading.point)
      if (!last || reading.at >= last.at) points.set(reading.point, reading)
    }
  }

  of(device: string): ReadonlyMap<string, Reading> {
    return this.#readings.get(device) ?? new Map()
  }
}
