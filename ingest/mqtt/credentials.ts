import { createHash, timingSafeEqual } from 'node:crypto'

/** Compares a password with a device's secret in a time that depends on neither. No secret never matches. */
export function isSecret(password: Uint8Array, secret: string | null): boolean {
  const isEqual = timingSafeEqual(sha256(password), sha256(secret ?? ''))
  return isEqual && secret !== null && secret !== ''
}

/**
 * The device a client id belongs to: the id itself, or the id, a dash and anything. The longest one wins, else
 * device `K1` could connect as `K1-kitchen` and throw the device of that name off the broker.
 */
export function ownerOf(clientId: string, devices: Pick<ReadonlyMap<string, unknown>, 'has'>): string | null {
  for (let end = clientId.length; end > 0; end = clientId.lastIndexOf('-', end - 1)) {
    const id = clientId.slice(0, end)
    if (devices.has(id)) return id
  }
  return null
}

function sha256(text: string | Uint8Array): Buffer {
  return createHash('sha256').update(text).digest()
}
