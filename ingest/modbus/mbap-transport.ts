import type { Socket } from 'node:net'
import type { LineMeter } from './line-meter.ts'
import { mbapFrame, mbapReader, type Question } from './mbap-reader.ts'
import { exceptionIn } from './pdu.ts'
import type { Answer, Failure, Transport } from './transport.ts'
import type { Outcome } from './unit-meter.ts'

type Waiting = Question &
  Readonly<{
    settle: (answer: Answer) => void
    ended: ReturnType<LineMeter['begin']>
    impatience: NodeJS.Timeout
  }>

/**
 * Modbus TCP over one socket, as many requests in flight as the caller likes. A time-out or a doubtful frame ends it,
 * so a late answer finds a closed socket and can meet no later request; the others in flight are abandoned.
 */
export function mbapTransport(socket: Socket, timeoutMs: number, meter: LineMeter): Transport {
  const waiting = new Map<number, Waiting>()
  let lastId = 0
  let lastError = 'closed by the far end'
  const reader = mbapReader(waiting, ({ settle, ended, impatience }, pdu) => {
    clearTimeout(impatience)
    ended('answer', exceptionIn(pdu))
    settle({ kind: 'answer', pdu })
  })

  socket.on('error', (error) => (lastError = error.message))
  socket.on('close', () => giveUp({ kind: 'failed', reason: 'connection_lost', detail: lastError }, 'lost'))
  socket.on('data', (chunk: Buffer) => {
    const doubt = reader.push(chunk)
    if (!doubt) return
    if (waiting.size === 0) meter.unasked()
    giveUp({ kind: 'failed', reason: 'bad_frame', detail: doubt.detail, outcome: doubt.kind }, doubt.kind)
  })

  /** The failure is that of one request: the one named, else the one that waits longest. */
  function giveUp(
    failure: Failure,
    outcome: Exclude<Outcome, 'answer'>,
    culprit: number | undefined = waiting.keys().next().value,
  ): void {
    const all = [...waiting]
    waiting.clear()
    socket.destroy()
    for (const [id, { settle, ended, impatience }] of all) {
      clearTimeout(impatience)
      if (id === culprit) ended(outcome)
      settle(id === culprit ? failure : { kind: 'abandoned' })
    }
  }

  return {
    request(unitId, pdu) {
      if (socket.destroyed) return Promise.resolve({ kind: 'failed', reason: 'connection_lost', detail: lastError })
      const id = (lastId = (lastId + 1) & 0xffff)
      const { promise, resolve: settle } = Promise.withResolvers<Answer>()
      const impatience = setTimeout(
        () => giveUp({ kind: 'failed', reason: 'no_response', detail: `nothing in ${timeoutMs} ms` }, 'silent', id),
        timeoutMs,
      )
      waiting.set(id, { unitId, pdu, settle, ended: meter.begin(unitId), impatience })
      socket.write(mbapFrame(id, unitId, pdu))
      return promise
    },
    isOpen: () => !socket.destroyed && socket.readyState === 'open',
    end: () => void socket.destroy(),
  }
}
