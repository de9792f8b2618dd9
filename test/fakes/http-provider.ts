import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Received = Readonly<{
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: Buffer
}>
/** `silence`: the line is cut; `trickle`: a byte now and then, and never an end. */
export type Answer =
  | Readonly<{ status?: number; headers?: Record<string, string>; body: string }>
  | 'silence'
  | 'trickle'

/** The far end of any provider over HTTP: keeps what came, and answers as its document says. */
export type HttpProvider = {
  readonly url: string
  readonly received: Received[]
  answer: Answer | ((request: Received) => Answer)
  stop(): Promise<void>
}

export async function startHttpProvider(answer: HttpProvider['answer']): Promise<HttpProvider> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => void parts.push(part))
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x')
      const { method = '', headers } = request
      const asked = { method, path: pathname, query: searchParams, headers, body: Buffer.concat(parts) }
      received.push(asked)
      const told = typeof provider.answer === 'function' ? provider.answer(asked) : provider.answer
      if (told === 'silence') return void response.destroy()
      if (told === 'trickle') {
        response.writeHead(200).write('{')
        const drip = setInterval(() => response.write(' '), 50)
        response.once('close', () => clearInterval(drip))
        return
      }
      response.writeHead(told.status ?? 200, told.headers).end(told.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const provider: HttpProvider = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return provider
}
