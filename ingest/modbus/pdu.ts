/** Protocol data units: function code and data, the same on every road. Modbus Application Protocol 1.1b3 §6, §7. */

/** An exception is the function code with its high bit, and one byte. */
export const EXCEPTION_BYTES = 2
const EXCEPTION_BIT = 0x80

/** The code of an exception; 0 for an answer that is none. */
export function exceptionIn(answer: Uint8Array): number {
  return answer[0]! & EXCEPTION_BIT ? answer[1]! : 0
}

/** How long the PDU of a normal answer to `request` is. */
export function answerBytes(request: Buffer): number {
  const count = request.readUInt16BE(3)
  switch (request[0]) {
    case 1:
    case 2:
      return 2 + Math.ceil(count / 8)
    case 3:
    case 4:
      return 2 + count * 2
    default:
      return 5
  }
}

/** A read can be repeated without harm; a write cannot. */
export function isRead(request: Buffer): boolean {
  return request[0]! <= 4
}

/** Why `answer` cannot be the answer to `request`; null when it can. */
export function wrongWith(request: Buffer, answer: Buffer): string | null {
  const code = request[0]!
  if (answer[0] === (code | EXCEPTION_BIT) && answer.length === EXCEPTION_BYTES) return null
  if (answer[0] !== code) return `function ${answer[0]} for ${code}`
  const bytes = answerBytes(request)
  if (answer.length !== bytes) return `length ${answer.length} for ${bytes}`
  if (isRead(request)) return answer[1] === bytes - 2 ? null : `byte count ${answer[1]}`
  // 05 and 06 repeat address and value, 15 and 16 address and count.
  return answer.equals(request.subarray(0, bytes)) ? null : 'an answer to another write'
}
