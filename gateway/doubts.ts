import type { Batch, Reading } from '#devices/reading.ts'
import type { Event } from '#rules/event.ts'
import type { FlowSnapshot } from '#rules/flow.ts'
import { StuckBook, type StuckState } from '#rules/points/stuck.ts'

/** What is durable of points that stand still, for screens: the log keeps what the device said. */
export class Doubts {
  readonly #book = new StuckBook()

  /** Memory was built again from disk. */
  rebuilt({ stages }: FlowSnapshot): void {
    const known = stages['stuck']
    if (known) this.#book.restore(known.state as unknown as StuckState)
  }

  committed(events: readonly Event[]): void {
    for (const event of events) this.#book.apply(event)
  }

  doubted(batch: Batch): Batch {
    return this.#book.isEmpty ? batch : { ...batch, readings: batch.readings.map((reading) => this.#doubted(reading)) }
  }

  #doubted(reading: Reading): Reading {
    if (reading.quality !== 'good' || !this.#book.isStuck(reading.device, reading.point)) return reading
    return { ...reading, quality: 'uncertain', reason: 'stuck' }
  }
}
