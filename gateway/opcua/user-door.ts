import { isSecret } from '#ingest/mqtt/credentials.ts'
import { addressKey, Throttle } from '../access/throttle.ts'

/** Wrong secrets for one user from one address, and from one address, before each further try has to wait. */
const FREE_PER_USER = 5
const FREE_PER_ADDRESS = 20

type Door = (user: string, secret: string, address: string) => boolean

/**
 * S07: who may open a session. Whoever guesses slows down their own address, and nobody else: the building's management
 * comes in under its name from its own. `nowMs` is real time that never goes back.
 */
export function userDoor(users: ReadonlyMap<string, string>, nowMs: () => number): Door {
  const byUser = new Throttle(FREE_PER_USER, nowMs)
  const byAddress = new Throttle(FREE_PER_ADDRESS, nowMs)
  return (user, secret, from) => {
    const address = addressKey(from)
    const pair = `${address} ${user}`
    const waits = [byAddress.take(address), byUser.take(pair)].some(({ waitMs }) => waitMs > 0)
    // Compared even when the name is unknown, or nobody listens: the answer and its time are the same.
    const isRight = isSecret(new TextEncoder().encode(secret), users.get(user) ?? null)
    if (waits || !isRight) return false
    byAddress.takeBack(address)
    byUser.forgive(pair)
    return true
  }
}
