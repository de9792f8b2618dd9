import type { Batch } from '#devices/reading.ts'
import type { Event } from '#rules/event.ts'
import type { FlowSnapshot } from '#rules/flow.ts'
import { encodeReadings } from './batch-codec.ts'
import type { ByteWriter } from './bytes.ts'
import type { Answer, Group } from './group.ts'
import type { SeriesNames } from './series-names.ts'

/** What waits for the next commit. Everybody in it waits for the same promise: all of it becomes durable, or nothing. */
export class PendingGroup {
  readonly batches: { id: number; batch: Batch }[] = []
  readonly events: Event[] = []
  readonly #answers: Answer[] = []
  readonly durable: Promise<void>
  readonly #settle: { resolve(): void; reject(error: Error): void }
  #keyframe: Group['keyframe'] = null
  #snapshot: FlowSnapshot | null = null

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.durable = promise
    this.#settle = { resolve, reject }
    // Whoever needs to know holds the promise; a group nobody waits for may fail without ending the program.
    promise.catch(() => {})
  }

  get isEmpty(): boolean {
    return this.batches.length === 0 && this.events.length === 0 && this.#answers.length === 0
  }

  add(input: { batch?: { id: number; batch: Batch }; events?: readonly Event[]; answer?: Answer }): void {
    if (input.batch) this.batches.push(input.batch)
    if (input.events) this.events.push(...input.events)
    if (input.answer) this.#answers.push(input.answer)
  }

  keep(keyframe: Group['keyframe'], snapshot: FlowSnapshot | null): void {
    this.#keyframe = keyframe
    this.#snapshot = snapshot
  }

  group(readingsUpto: number, names: SeriesNames, scratch: ByteWriter): Group {
    const batches = this.batches.map(({ id, batch }) => ({
      id,
      source: batch.source,
      received_at: batch.receivedAt,
      key: batch.key ?? null,
      body: encodeReadings(batch.readings, batch.receivedAt, names, scratch),
    }))
    return {
      batches,
      series: names.takeNew(),
      keyframe: this.#keyframe,
      events: this.events,
      answers: this.#answers,
      readingsUpto,
      snapshot: this.#snapshot,
    }
  }

  resolve(): void {
    this.#settle.resolve()
  }

  reject(error: Error): void {
    this.#settle.reject(error)
  }
}
