import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Asked = Readonly<{
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  body: string
}>
type Answer = Readonly<{ status?: number; headers?: Record<string, string>; body?: string }> | 'silence'

/** The far end of a road: keeps what came, and answers as the provider's document says. `null` stands for OK. */
export type PagingProvider = {
  readonly url: string
  readonly asked: Asked[]
  answer: (asked: Asked) => Answer
  stop(): Promise<void>
}

export async function startPagingProvider(
  t: Readonly<{ teardown(end: () => unknown): void }>,
  answer: (asked: Asked) => Answer = () => ({}),
): Promise<PagingProvider> {
  const asked: Asked[] = []
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      body += chunk
    })
    request.on('end', () => {
      const { pathname: path, searchParams: query } = new URL(request.url ?? '', 'http://x')
      const one = { method: request.method ?? '', path, query, headers: request.headers, body }
      asked.push(one)
      const said = provider.answer(one)
      if (said === 'silence') return void response.destroy()
      response.writeHead(said.status ?? 200, said.headers).end(said.body ?? '')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const provider: PagingProvider = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answer,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  t.teardown(() => provider.stop())
  return provider
}

/** As WeCom's document has it: a token by GET, then messages with it. */
export function wecomAnswers(send: () => object = () => ({})): PagingProvider['answer'] {
  return ({ path }) =>
    path === '/cgi-bin/gettoken'
      ? { body: '{"errcode":0,"errmsg":"ok","access_token":"token-1","expires_in":7200}' }
      : { body: JSON.stringify({ errcode: 0, errmsg: 'ok', msgid: 'm1', response_code: 'rc1', ...send() }) }
}
