import type { Line } from './line.ts'
import type { LineMeter } from './line-meter.ts'
import { answerBytes, exceptionIn, isRead } from './pdu.ts'
import { answerIn, beginsWithFrame, isSpent, RTU_OVERHEAD_BYTES, rtuFrame } from './rtu-frame.ts'
import type { Answer, Failure, Transport } from './transport.ts'

const MOST_RETRIES = 2
/** Start, 8 data, parity or second stop, stop. */
const BITS_PER_BYTE = 11
/** Between two frames of one exchange a unit may take this long to turn round. */
const TURN_ROUND_MS = 50
/** An echo and an answer have room in it; who says more says something else. */
const MOST_HEARD_BYTES = 1_024
/** A pause inside a frame that no unit makes; adapters hand bytes on in lots of 16 ms. */
const BROKEN_OFF_MS = 50

type Debt = Readonly<{ over: Promise<void>; forgive: () => void }>

/**
 * RTU frames on a line, one request at a time. RTU has no transaction id: an answer is known by its unit, function and
 * length only, so an answer to an earlier request looks like one to this. Hence: nothing that was heard before the
 * request counts, the line must be quiet before it, and a unit that owes an answer is left alone until it is too late.
 * `baud` null: a socket to a serial server, which keeps the pauses of the wire itself; after a failure it is closed.
 */
export function rtuTransport(
  options: Readonly<{ line: Line; baud: number | null; timeoutMs: number; meter: LineMeter }>,
): Transport {
  const { line, baud, timeoutMs, meter } = options
  const frameGapMs = frameGap(baud)
  const wireMs = (bytes: number) => (baud === null ? 0 : (bytes * BITS_PER_BYTE * 1_000) / baud)
  const debts = new Map<number, Debt>()
  let listening: ((bytes: Buffer) => void) | null = null
  let fail: ((failure: Failure) => void) | null = null
  let lost: Failure | null = null
  let turn: Promise<unknown> = Promise.resolve()
  const rest = quietness()

  line.listen(
    (bytes) => {
      if (listening) return listening(bytes)
      // Somebody talks who was not asked: a late unit, or another master whose unit will answer now.
      meter.stray(bytes.length)
      rest.atLeast(TURN_ROUND_MS + frameGapMs)
    },
    (why) => {
      lost = { kind: 'failed', reason: 'connection_lost', detail: why }
      fail?.(lost)
      for (const { forgive } of debts.values()) forgive()
    },
  )

  async function exchange(unitId: number, pdu: Buffer): Promise<Exclude<Answer, { kind: 'abandoned' }>> {
    const { promise, resolve } = Promise.withResolvers<Exclude<Answer, { kind: 'abandoned' }>>()
    const ended = meter.begin(unitId)
    let heard: Buffer = Buffer.alloc(0)
    let brokenOff: NodeJS.Timeout | undefined
    const doubtful = (): Failure => ({
      kind: 'failed',
      reason: 'bad_frame',
      detail: `${heard.length} bytes that are no answer`,
      outcome: beginsWithFrame(heard) ? 'foreign' : 'garbled',
    })
    const silent: Failure = { kind: 'failed', reason: 'no_response', detail: `nothing in ${timeoutMs} ms` }
    const wholeMs = timeoutMs + wireMs(RTU_OVERHEAD_BYTES * 2 + pdu.length + answerBytes(pdu))
    // What already waits in the buffers of this machine came in time: timers look only after it was read.
    const patience = setTimeout(() => setImmediate(() => resolve(heard.length > 0 ? doubtful() : silent)), wholeMs)
    fail = resolve
    listening = (bytes) => {
      heard = Buffer.concat([heard, bytes])
      const answer = answerIn(heard, unitId, pdu)
      if (answer) return resolve({ kind: 'answer', pdu: answer })
      if (heard.length > MOST_HEARD_BYTES) return resolve(doubtful())
      clearTimeout(brokenOff)
      const known = heard.length
      const judge = () => {
        if (heard.length === known && isSpent(heard, unitId, pdu)) resolve(doubtful())
      }
      brokenOff = setTimeout(() => setImmediate(judge), BROKEN_OFF_MS + frameGapMs)
    }
    line.write(rtuFrame(unitId, pdu))
    const answer = await promise
    listening = fail = null
    clearTimeout(patience)
    clearTimeout(brokenOff)
    if (answer.kind === 'answer') ended('answer', exceptionIn(answer.pdu))
    else ended(answer === silent ? 'silent' : answer === lost ? 'lost' : (answer.outcome ?? 'garbled'))
    rest.atLeast(answer.kind === 'answer' ? frameGapMs : TURN_ROUND_MS + frameGapMs)
    return answer
  }

  async function ask(unitId: number, pdu: Buffer): Promise<Answer> {
    await debts.get(unitId)?.over
    for (let retries = 0; ; retries++) {
      if (!(await rest.over(timeoutMs))) {
        meter.unasked()
        return { kind: 'failed', reason: 'bad_frame', detail: 'the line is never quiet', outcome: 'foreign' }
      }
      if (lost) return lost
      if (!line.isOpen()) return { kind: 'failed', reason: 'connection_lost', detail: 'closed' }
      const answer = await exchange(unitId, pdu)
      const isBroken = answer.kind === 'failed' && answer.reason === 'bad_frame'
      if (answer.kind !== 'failed') return answer
      // The same question again: whichever answer comes is the answer to it.
      if (isBroken && isRead(pdu) && retries < MOST_RETRIES) {
        meter.retried()
        continue
      }
      if (baud === null) line.close()
      else if (!lost) owe(unitId)
      return answer
    }
  }

  /** Its answer may still come, and would fit the next request to it. */
  function owe(unitId: number): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    const forgive = () => {
      clearTimeout(tooLate)
      debts.delete(unitId)
      resolve()
    }
    const tooLate = setTimeout(forgive, timeoutMs)
    debts.set(unitId, { over: promise, forgive })
  }

  return {
    request(unitId, pdu) {
      const answer = turn.then(() => ask(unitId, pdu))
      turn = answer
      return answer
    },
    isOpen: () => lost === null && line.isOpen(),
    end: () => line.close(),
  }
}

/** 3.5 characters, and 1.75 ms above 19,200 baud. Modbus over Serial Line 1.02 §2.5.1.1. */
function frameGap(baud: number | null): number {
  if (baud === null) return 0
  return baud > 19_200 ? 1.75 : (3.5 * BITS_PER_BYTE * 1_000) / baud
}

/** Whether the line has been left alone long enough. Without a clock: a timer that every disturbance starts anew. */
function quietness() {
  let timer: NodeJS.Timeout | null = null
  let calm = Promise.withResolvers<boolean>()
  return {
    atLeast(ms: number): void {
      if (ms <= 0) return
      if (timer) clearTimeout(timer)
      timer = setTimeout(() => {
        timer = null
        calm.resolve(true)
        calm = Promise.withResolvers<boolean>()
      }, Math.ceil(ms))
    },
    /** False when it does not come to rest within `patienceMs`. */
    async over(patienceMs: number): Promise<boolean> {
      if (!timer) return true
      const impatience = Promise.withResolvers<boolean>()
      const limit = setTimeout(() => impatience.resolve(false), patienceMs)
      const isCalm = await Promise.race([calm.promise, impatience.promise])
      clearTimeout(limit)
      return isCalm
    },
  }
}
