import { createHash } from 'node:crypto'

/** The chain begins here: 32 zero bytes. */
export const GENESIS: Uint8Array = new Uint8Array(32)

/** Each event's hash covers the one before it, so no row can be changed, dropped or moved unseen. */
export function chainHash(previous: Uint8Array, seq: number, at: number, body: string): Uint8Array {
  return createHash('sha256').update(previous).update(`${seq}\n${at}\n`).update(body).digest()
}
