import { createDecipheriv, createHash, timingSafeEqual } from 'node:crypto'

export type WecomCallback = Readonly<{
  /** Both as the app's page shows them. */
  token: string
  aes_key: string
}>
/** Of the address that WeCom calls. */
export type WecomSignature = Readonly<{ msg_signature: string; timestamp: string; nonce: string }>

const CDATA = '<![CDATA['
const BLOCK_BYTES = 32
const HEAD_BYTES = 16
const LENGTH_BYTES = 4

/** Whether the one who shares our token signed this: SHA-1 over the sorted parts, as their document has it. */
export function isSigned(
  encrypted: string,
  { msg_signature, timestamp, nonce }: WecomSignature,
  token: string,
): boolean {
  const text = [token, timestamp, nonce, encrypted].toSorted().join('')
  const own = Buffer.from(createHash('sha1').update(text).digest('hex'))
  const given = Buffer.from(msg_signature.toLowerCase())
  return own.length === given.length && timingSafeEqual(own, given)
}

/**
 * What was said, and to which company. AES-256-CBC with the first half of the key as its vector; 16 random bytes, the
 * length, the text, then the company.
 * @throws when it was made with another key, or is cut short.
 */
export function decrypted(encrypted: string, aesKey: string): Readonly<{ text: string; receiver: string }> {
  const key = Buffer.from(`${aesKey}=`, 'base64')
  const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false)
  const padded = Buffer.concat([decipher.update(encrypted, 'base64'), decipher.final()])
  const pad = padded.at(-1) ?? 0
  if (pad < 1 || pad > BLOCK_BYTES) throw new RangeError('wrong padding')
  const plain = padded.subarray(0, padded.length - pad)
  const begins = HEAD_BYTES + LENGTH_BYTES
  const length = plain.readUInt32BE(HEAD_BYTES)
  if (begins + length > plain.length) throw new RangeError('cut short')
  const end = begins + length
  return { text: plain.toString('utf8', begins, end), receiver: plain.toString('utf8', end) }
}

/** The text of an element. Their messages are flat, and carry what people typed as CDATA. */
export function elementOf(xml: string, name: string): string | null {
  const open = `<${name}>`
  const at = xml.indexOf(open)
  if (at < 0) return null
  const begins = at + open.length
  const isTyped = xml.startsWith(CDATA, begins)
  const from = isTyped ? begins + CDATA.length : begins
  const end = xml.indexOf(isTyped ? `]]></${name}>` : `</${name}>`, from)
  return end < 0 ? null : xml.slice(from, end)
}
