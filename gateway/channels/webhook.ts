import { lookup } from 'node:dns/promises'
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { Webhook } from 'standardwebhooks'
import type { Channel, Delivery } from './channel.ts'
import { hostOf, isPrivateAddress } from './private-address.ts'

const TIMEOUT_MS = 10_000

type Address = Readonly<{ address: string; family: number }>
/** All addresses of a name. */
export type Resolve = (host: string) => Promise<readonly Address[]>
type Config = Readonly<{ id: string; url: string; secret: string; allow_private?: boolean | undefined }>

/**
 * Signed JSON to a URL of the site file, by the Standard Webhooks scheme. S21: the name is resolved once, and the
 * address that was looked at is the one that is connected to; redirects are not followed.
 */
export function webhookChannel(
  { id, url, secret, allow_private: mayBePrivate = false }: Config,
  wallNow: () => number,
  resolve: Resolve = (host) => lookup(host, { all: true }),
): Channel {
  const signer = new Webhook(Buffer.from(secret), { format: 'raw' })

  async function addressOf(host: string): Promise<Address> {
    const found = isIP(host) === 0 ? await resolve(host) : [{ address: host, family: isIP(host) }]
    const first = found[0]
    // One address inside is enough: a name that leads to both is made to slip through.
    if (!first || (!mayBePrivate && found.some(({ address }) => isPrivateAddress(address)))) throw new Refused()
    return first
  }

  return {
    id,
    async send(message, signal) {
      const body = JSON.stringify(message)
      // Of this attempt, by the wall: a receiver refuses old signatures. When it happened stands in the body.
      const at = new Date(wallNow())
      const headers = {
        'content-type': 'application/json',
        'webhook-id': message.id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
        'webhook-signature': signer.sign(message.id, at, body),
      }
      const timeout = AbortSignal.timeout(TIMEOUT_MS)
      const within = AbortSignal.any([signal, timeout])
      try {
        const to = await orAborted(addressOf(hostOf(url)), within)
        return deliveryOf(await post({ url, to, headers, body, signal: within }))
      } catch (error) {
        signal.throwIfAborted()
        return { outcome: 'retry', reason: timeout.aborted ? 'timeout' : reasonOf(error) }
      }
    },
  }
}

/** What is resolved may become another address later: it is tried again, and refused again, until the message is old. */
class Refused extends Error {
  readonly code = 'private_address'
}

type Post = Readonly<{ url: string; to: Address; headers: Record<string, string>; body: string; signal: AbortSignal }>
type Answer = Pick<IncomingMessage, 'statusCode' | 'headers'>

function post({ url, to, headers, body, signal }: Post): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const isSecure = new URL(url).protocol === 'https:'
  const request = (isSecure ? httpsRequest : httpRequest)(url, {
    method: 'POST',
    headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
    // A line of its own: one that was kept open may lead where the name led before.
    agent: isSecure ? new HttpsAgent({ keepAlive: false }) : new HttpAgent({ keepAlive: false }),
    lookup: (_host, { all }, found) => (all ? found(null, [{ ...to }]) : found(null, to.address, to.family)),
    signal,
  })
  request.once('error', reject)
  request.once('response', (response) => {
    resolve(response)
    // What it says beside its status is not wanted, and may be endless.
    response.destroy()
  })
  request.end(body)
  return promise
}

/** A resolver cannot be stopped; it can be left alone. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unreachable'
  const { code } = error as Error & { code?: unknown }
  return typeof code === 'string' ? code.toLowerCase() : 'unreachable'
}

function deliveryOf({ statusCode = 0, headers }: Answer): Delivery {
  if (statusCode >= 200 && statusCode < 300) return { outcome: 'delivered' }
  const reason = `http_${statusCode}`
  if (statusCode !== 429 && statusCode < 500) return { outcome: 'failed', reason }
  const seconds = Number(headers['retry-after'])
  return seconds > 0 ? { outcome: 'retry', reason, afterMs: seconds * 1_000 } : { outcome: 'retry', reason }
}
