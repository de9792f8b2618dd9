import { lookup } from 'node:dns/promises'
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import type { Delivery } from './channel.ts'
import { hostOf, isPrivateAddress } from './private-address.ts'

const TIMEOUT_MS = 10_000
/** No provider has more to say than this; what goes on for longer is cut off. */
const LONGEST_ANSWER_BYTES = 65_536

type Address = Readonly<{ address: string; family: number }>
/** All addresses of a name. */
export type Resolve = (host: string) => Promise<readonly Address[]>
export const resolveName: Resolve = (host) => lookup(host, { all: true })

export type Letter = Readonly<{
  url: string
  headers: Readonly<Record<string, string>>
  body: string | Buffer
  /** POST unless said. */
  method?: 'GET' | 'POST' | 'PUT'
}>
/** `retryAfterMs` is the receiver's own wish; `text` its body where it was wanted, at most 64 KiB. */
export type Answer = Readonly<{ status: number; retryAfterMs: number | null; text: string }>

type PostOptions = Readonly<{ mayBePrivate: boolean; resolve: Resolve; signal: AbortSignal; wantsText?: boolean }>

/**
 * One request, and what its answer means to the caller. S21: the name is resolved once, and the address that was looked at
 * is the one that is connected to; redirects are not followed. Without an answer nobody knows whether it arrived, unless
 * the line was never there. Throws only when `signal` aborts.
 */
export async function post<T = Delivery>(
  letter: Letter,
  { mayBePrivate, resolve, signal, wantsText = false }: PostOptions,
  deliveryOf: (answer: Answer) => T,
): Promise<T | Unanswered> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  const within = AbortSignal.any([signal, timeout])
  try {
    const to = await orAborted(addressOf(hostOf(letter.url), mayBePrivate, resolve), within)
    return deliveryOf(await send(letter, { to, wantsText, signal: within }))
  } catch (error) {
    signal.throwIfAborted()
    const reason = timeout.aborted ? 'timeout' : reasonOf(error)
    return { outcome: NEVER_LEFT.has(reason) ? 'retry' : 'unknown', reason }
  }
}

type Unanswered = Extract<Delivery, { outcome: 'retry' | 'unknown' }>

/** The message cannot have arrived. */
const NEVER_LEFT = new Set([
  'private_address',
  'econnrefused',
  'enotfound',
  'eai_again',
  'ehostunreach',
  'enetunreach',
  'cert_has_expired',
])

/** What a status alone says, where no body tells more. */
export function deliveryByStatus({ status, retryAfterMs }: Answer): Delivery {
  if (status >= 200 && status < 300) return { outcome: 'delivered' }
  const reason = `http_${status}`
  if (status !== 429 && status < 500) return { outcome: 'failed', reason }
  // Too many, or not now: said of the account, not of this message.
  return retryAfterMs === null
    ? { outcome: 'retry', reason }
    : { outcome: 'retry', reason, afterMs: retryAfterMs, isForAll: true }
}

/** What is resolved may become another address later: it is tried again, and refused again, until the message is old. */
class Refused extends Error {
  readonly code = 'private_address'
}

async function addressOf(host: string, mayBePrivate: boolean, resolve: Resolve): Promise<Address> {
  const found = isIP(host) === 0 ? await resolve(host) : [{ address: host, family: isIP(host) }]
  const first = found[0]
  // One address inside is enough: a name that leads to both is made to slip through.
  if (!first || (!mayBePrivate && found.some(({ address }) => isPrivateAddress(address)))) throw new Refused()
  return first
}

function send(
  { url, headers, body, method = 'POST' }: Letter,
  { to, wantsText, signal }: Readonly<{ to: Address; wantsText: boolean; signal: AbortSignal }>,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const isSecure = new URL(url).protocol === 'https:'
  const request = (isSecure ? httpsRequest : httpRequest)(url, {
    method,
    headers: method === 'GET' ? headers : { ...headers, 'content-length': String(Buffer.byteLength(body)) },
    // A line of its own: one that was kept open may lead where the name led before.
    agent: isSecure ? new HttpsAgent({ keepAlive: false }) : new HttpAgent({ keepAlive: false }),
    lookup: (_host, { all }, found) => (all ? found(null, [{ ...to }]) : found(null, to.address, to.family)),
    signal,
  })
  request.once('error', reject)
  request.once('response', (response) => void answerOf(response, wantsText).then(resolve, reject))
  request.end(body)
  return promise
}

async function answerOf(response: IncomingMessage, wantsText: boolean): Promise<Answer> {
  const parts: Buffer[] = []
  let size = 0
  // What it says beside its status is not wanted, and may be endless.
  if (!wantsText) response.destroy()
  else
    for await (const part of response as AsyncIterable<Buffer>) {
      parts.push(part.subarray(0, LONGEST_ANSWER_BYTES - size))
      size += part.length
      if (size >= LONGEST_ANSWER_BYTES) break
    }
  const seconds = Number(response.headers['retry-after'])
  return {
    status: response.statusCode ?? 0,
    retryAfterMs: seconds > 0 ? seconds * 1_000 : null,
    text: Buffer.concat(parts).toString('utf8'),
  }
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
