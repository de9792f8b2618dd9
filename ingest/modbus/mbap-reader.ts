import { answerBytes, EXCEPTION_BYTES, wrongWith } from './pdu.ts'

/** Transaction id, protocol id, length. The unit id counts as part of what follows. */
const HEADER_BYTES = 6

export type Question = Readonly<{ unitId: number; pdu: Buffer }>
/** Why a stream cannot be trusted any more; `foreign`: sound, and no answer to what was asked. */
export type Doubt = Readonly<{ kind: 'garbled' | 'foreign'; detail: string }>

/**
 * Cuts a TCP stream into answers. `questions` are those in flight by transaction id; an answered one is taken out.
 * `push` returns what is wrong with the stream, or null. After a doubt it has no known frame border any more: the
 * connection must go. A length is judged before the bytes that it promises are waited for.
 * MODBUS Messaging on TCP/IP Implementation Guide 1.0b §3.1.3.
 */
export type MbapReader = Readonly<{ push(chunk: Buffer): Doubt | null }>

export function mbapReader<Q extends Question>(
  questions: Map<number, Q>,
  answered: (question: Q, pdu: Buffer) => void,
): MbapReader {
  let pending: Buffer = Buffer.alloc(0)

  const headerDoubt = (): Doubt | null => {
    const question = questions.get(pending.readUInt16BE(0))
    if (!question) return UNASKED
    const protocol = pending.readUInt16BE(2)
    if (protocol !== 0) return garbled(`protocol id ${protocol}`)
    if (pending.length < HEADER_BYTES) return null
    const length = pending.readUInt16BE(4)
    const isPossible = length === 1 + EXCEPTION_BYTES || length === 1 + answerBytes(question.pdu)
    return isPossible ? null : garbled(`length ${length}`)
  }

  return {
    push(chunk) {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
      while (pending.length > 0) {
        if (questions.size === 0) return UNASKED
        if (pending.length < 4) return null
        const doubt = headerDoubt()
        if (doubt) return doubt
        if (pending.length < HEADER_BYTES) return null
        const end = HEADER_BYTES + pending.readUInt16BE(4)
        if (pending.length < end) return null
        const id = pending.readUInt16BE(0)
        const question = questions.get(id)!
        const unitId = pending[HEADER_BYTES]!
        const pdu = pending.subarray(HEADER_BYTES + 1, end)
        if (unitId !== question.unitId)
          return { kind: 'foreign', detail: `unit ${unitId} answers for ${question.unitId}` }
        const wrong = wrongWith(question.pdu, pdu)
        if (wrong) return garbled(wrong)
        pending = pending.subarray(end)
        questions.delete(id)
        answered(question, pdu)
      }
      return null
    },
  }
}

const UNASKED: Doubt = { kind: 'foreign', detail: 'an answer that nobody asked for' }

function garbled(detail: string): Doubt {
  return { kind: 'garbled', detail }
}

/** The frame of a request. */
export function mbapFrame(id: number, unitId: number, pdu: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + 1 + pdu.length)
  frame.writeUInt16BE(id, 0)
  frame.writeUInt16BE(0, 2)
  frame.writeUInt16BE(1 + pdu.length, 4)
  frame[HEADER_BYTES] = unitId
  pdu.copy(frame, HEADER_BYTES + 1)
  return frame
}
