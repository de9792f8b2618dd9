import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto'
import type { Random } from '#devices/clock.ts'
import { Fault } from '#devices/fault.ts'

const VERSION = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32
const HEAD_BYTES = 1 + NONCE_BYTES
const ALGORITHM = 'aes-256-gcm'

/** What the master key is used for: each purpose has a key of its own, so that none says anything of another. */
type Purpose = 'data-keys' | 'lookup' | 'second-factors' | 'push' | 'check'

/** Sealing under the master key. `place` is bound to what is sealed: moved to another row it does not open. */
export type Sealing = Readonly<{
  seal(purpose: Purpose, place: string, plain: Uint8Array): Buffer
  /** Throws `private_key_wrong` when it was sealed under another key, elsewhere, or was changed since. */
  open(purpose: Purpose, place: string, sealed: Uint8Array): Buffer
  /** The same text gives the same bytes, and nobody without the key can tell which text. */
  fingerprint(text: string): Buffer
  newKey(): Buffer
  sealUnder(key: Buffer, place: string, plain: Uint8Array): Buffer
  openUnder(key: Buffer, place: string, sealed: Uint8Array): Buffer
}>

export function sealingOf(master: Buffer, random: Random, file: string): Sealing {
  const keyFor = (purpose: Purpose) => Buffer.from(hkdfSync('sha256', master, '', `caretaker ${purpose}`, KEY_BYTES))
  const keys: Readonly<Record<Purpose, Buffer>> = {
    'data-keys': keyFor('data-keys'),
    lookup: keyFor('lookup'),
    'second-factors': keyFor('second-factors'),
    push: keyFor('push'),
    check: keyFor('check'),
  }
  const newBytes = (n: number) => Buffer.from(random.token(), 'base64url').subarray(0, n)

  function sealUnder(key: Buffer, place: string, plain: Uint8Array): Buffer {
    const nonce = newBytes(NONCE_BYTES)
    const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(place))
    return Buffer.concat([Buffer.of(VERSION), nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  }
  function openUnder(key: Buffer, place: string, sealed: Uint8Array): Buffer {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
    try {
      const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(1, HEAD_BYTES), { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(place))
        .setAuthTag(bytes.subarray(-TAG_BYTES))
      return Buffer.concat([decipher.update(bytes.subarray(HEAD_BYTES, -TAG_BYTES)), decipher.final()])
    } catch (error) {
      throw new Fault('private_key_wrong', { file }, { cause: error })
    }
  }
  return {
    seal: (purpose, place, plain) => sealUnder(keys[purpose], place, plain),
    open: (purpose, place, sealed) => openUnder(keys[purpose], place, sealed),
    fingerprint: (text) => createHmac('sha256', keys.lookup).update(text).digest(),
    newKey: () => newBytes(KEY_BYTES),
    sealUnder,
    openUnder,
  }
}
