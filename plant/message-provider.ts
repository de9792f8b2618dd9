import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '#devices/clock.ts'

/** A channel of the site whose provider is played: its id, and where the site file says that it listens. */
export type PlayedProvider = Readonly<{ id: string; port: number }>

/** One text message as it was handed over. */
export type Handed = Readonly<{
  id: string
  to: string
  text: string
  at: number
  state: 'sent' | 'DELIVRD' | 'UNDELIV'
}>

export type MessageProvider = Readonly<{ port: number; stop(): Promise<void> }>

/** A telephone is some seconds away, and a demonstration runs for weeks. */
const DELIVERED_AFTER_MS = 4_000
const MOST_KEPT = 2_000
const LONGEST_BYTES = 16_384

type Taken = Readonly<{ id: string; to: string; text: string; at: number }>

/**
 * Stands in for a provider of text messages: takes them (`POST /send`), tells what became of one (`GET /report/ID`), and
 * shows what the telephones show (`GET /messages` as JSON, `GET /` to read). Nothing leaves this machine. Some numbers do
 * not exist, and some telephones are switched off: always the same ones.
 */
export async function startMessageProvider({
  port,
  clock,
}: Readonly<{ port: number; clock: Clock }>): Promise<MessageProvider> {
  const taken = new Map<string, Taken>()
  const stateOf = ({ to, at }: Taken): Handed['state'] => {
    if (clock.now() - at < DELIVERED_AFTER_MS) return 'sent'
    return isSwitchedOff(to) ? 'UNDELIV' : 'DELIVRD'
  }
  const handed = (): Handed[] => [...taken.values()].map((message) => ({ ...message, state: stateOf(message) }))

  const take = async (request: IncomingMessage): Promise<object> => {
    const { id, to, text } = (await bodyOf(request)) ?? {}
    if (typeof id !== 'string' || typeof to !== 'string' || typeof text !== 'string') return { code: 4, id: '' }
    if (isNoNumber(to)) return { code: 3, id: '' }
    // The same message again is the same message.
    if (!taken.has(id)) taken.set(id, { id, to, text, at: clock.now() })
    for (const oldest of taken.keys()) {
      if (taken.size <= MOST_KEPT) break
      taken.delete(oldest)
    }
    return { code: 0, id }
  }
  const server = createServer((request, response) => {
    const { method, url = '/' } = request
    const path = url.split('?')[0]!
    if (method === 'POST' && path === '/send') {
      take(request).then(
        (answer) => sendJson(response, answer),
        () => void response.destroy(),
      )
      return
    }
    if (method !== 'GET') return void response.writeHead(405).end()
    if (path.startsWith('/report/')) {
      const message = taken.get(decoded(path.slice('/report/'.length)))
      return sendJson(response, { state: message ? stateOf(message) : 'unknown' })
    }
    if (path === '/messages') return sendJson(response, { items: handed() })
    if (path !== '/') return void response.writeHead(404).end()
    const lines = handed().map(({ to, text, state }) => `${to}  ${state}\n${text}\n`)
    response
      .writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
      .end(lines.toReversed().join('\n'))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** One in forty is written down wrongly. */
export function isNoNumber(to: string): boolean {
  return lastDigitsOf(to) % 40 === 17
}

/** One in thirty is in a drawer. */
function isSwitchedOff(to: string): boolean {
  return lastDigitsOf(to) % 30 === 11
}

function lastDigitsOf(to: string): number {
  return Number(to.replace(/\D/g, '').slice(-4))
}

function sendJson(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown> | null> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    parts.push(part)
    size += part.length
    if (size > LONGEST_BYTES) return null
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'))
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
