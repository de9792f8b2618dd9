import type { PlannedRead } from './read-plan.ts'

export const FUNCTION_CODE = { coil: 1, discrete: 2, holding: 3, input: 4 } as const

const MBAP_BYTES = 6
const EXCEPTION_LENGTH = 3

/**
 * Looks at the bytes before modbus-serial does, because that checks neither protocol id nor length (a length of 65535
 * stalls it for ever) nor the unit of an exception. Returns what is wrong with them, or null. After a doubt the stream
 * has no known frame border any more: the connection must go.
 * MODBUS Messaging on TCP/IP Implementation Guide 1.0b §3.1.3; Application Protocol 1.1b3 §6, §7.
 */
export type ReplyCheck = Readonly<{
  expect(read: Pick<PlannedRead, 'unitId' | 'table' | 'count'>): void
  push(chunk: Buffer): string | null
}>

export function replyCheck(): ReplyCheck {
  let expected: { unitId: number; code: number; byteCount: number } | null = null
  let pending: Buffer = Buffer.alloc(0)

  const doubt = (): string | null => {
    if (!expected) return 'an answer that nobody asked for'
    if (pending.length < MBAP_BYTES) return null
    const { unitId, code, byteCount } = expected
    const protocol = pending.readUInt16BE(2)
    const length = pending.readUInt16BE(4)
    if (protocol !== 0) return `protocol id ${protocol}`
    if (length !== EXCEPTION_LENGTH && length !== EXCEPTION_LENGTH + byteCount) return `length ${length}`
    if (pending.length < MBAP_BYTES + 2) return null
    if (pending[6] !== unitId) return `unit ${pending[6]} answers for ${unitId}`
    const expectedCode = length === EXCEPTION_LENGTH ? code | 0x80 : code
    if (pending[7] !== expectedCode) return `function ${pending[7]} for ${code}`
    if (expectedCode === code && pending.length > 8 && pending[8] !== byteCount) return `byte count ${pending[8]}`
    return null
  }

  return {
    expect({ unitId, table, count }) {
      const isBits = table === 'coil' || table === 'discrete'
      expected = { unitId, code: FUNCTION_CODE[table], byteCount: isBits ? Math.ceil(count / 8) : count * 2 }
    },
    push(chunk) {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
      while (pending.length > 0) {
        const found = doubt()
        if (found) return found
        if (pending.length < MBAP_BYTES) return null
        const end = MBAP_BYTES + pending.readUInt16BE(4)
        if (pending.length < end) return null
        pending = pending.subarray(end)
        expected = null
      }
      return null
    },
  }
}
