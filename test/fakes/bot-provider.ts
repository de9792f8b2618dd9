import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

type Request = Readonly<{ path: string; query: URLSearchParams; body: Record<string, unknown> }>

/** The far end of a group bot: keeps what came, and answers as a provider's document says. */
export type BotProvider = {
  readonly url: string
  readonly received: Request[]
  answer: Readonly<{ status?: number; headers?: Record<string, string>; body: string }> | 'silence'
  stop(): Promise<void>
}

export async function startBotProvider(): Promise<BotProvider> {
  const received: Request[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      text += chunk
    })
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x')
      received.push({ path: pathname, query: searchParams, body: JSON.parse(text) as Record<string, unknown> })
      const { answer } = provider
      if (answer === 'silence') return void response.destroy()
      response.writeHead(answer.status ?? 200, answer.headers).end(answer.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const provider: BotProvider = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: { body: '{"errcode":0,"errmsg":"ok"}' },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return provider
}
