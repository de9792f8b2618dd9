import { Fault } from '#devices/fault.ts'
import type { Batch } from '#devices/reading.ts'
import type { Flow } from '#rules/flow.ts'
import type { Accounting } from './accounting.ts'

/** One thing to judge. `run` may crash; `fail` is told and decides whether it is tried again. */
export type Input = Readonly<{ run(flow: Flow): void; fail(error: Error): void }>

/** The core crashed while time passed, not on an input. */
export class TickCrash extends Error {}

/** Not a crash: the input was never tried. */
function isRefusal(error: Error): error is Fault {
  return error instanceof Fault && (error.code === 'stopping' || error.code === 'store_failed')
}

const CRASHES_ALLOWED = 2

type Hands = Readonly<{
  accounting: Accounting
  /** Judges and logs it; returns the durability it waits for. */
  admit(flow: Flow, batch: Batch): { durable: Promise<void>; outcome: 'stored' | 'deduplicated' }
  tryAgain(input: Input): void
  /** Sets it aside, durably. */
  quarantine(batch: Batch, error: Error): Promise<void>
}>

/** A batch on its way, accounted for from the door to its fate: stored, known already, refused, or set aside. */
export function batchInput(
  batch: Batch,
  { accounting, admit, tryAgain, quarantine }: Hands,
): { input: Input; settled: Promise<void> } {
  accounting.receive(batch.source)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let crashes = 0
  const refused = (reason: string, error: Error) => {
    accounting.settle(batch.source, 'rejected', reason)
    reject(error)
  }
  const input: Input = {
    run(flow) {
      const { durable, outcome } = admit(flow, batch)
      durable.then(
        () => {
          accounting.settle(batch.source, outcome)
          resolve()
        },
        (error: Error) => refused('store_failed', error),
      )
    },
    fail(error) {
      if (isRefusal(error)) return refused(error.code, error)
      // What fell due before it is not its fault.
      if (error instanceof TickCrash || ++crashes <= CRASHES_ALLOWED) return tryAgain(input)
      quarantine(batch, error).then(
        () => {
          accounting.settle(batch.source, 'rejected', 'quarantined')
          resolve()
        },
        (failure: Error) => refused('store_failed', failure),
      )
    },
  }
  return { input, settled: promise }
}
