import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import type { Message } from '#gateway/channels/channel.ts'

/** The receiving end of a webhook: checks each signature and keeps what came. Moods: how it answers. */
export type WebhookReceiver = {
  readonly url: string
  readonly secret: string
  readonly received: Message[]
  mood: 'ok' | 'busy' | 'refusing' | 'cut'
  stop(): Promise<void>
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const secret = 'a-secret-of-this-test-0123456789'
  const verifier = new Webhook(Buffer.from(secret), { format: 'raw' })
  const received: Message[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      body += chunk
    })
    request.on('end', () => {
      if (receiver.mood === 'busy') return void response.writeHead(503, { 'retry-after': '1' }).end()
      if (receiver.mood === 'refusing') return void response.writeHead(410).end()
      try {
        verifier.verify(body, request.headers as Record<string, string>)
      } catch {
        return void response.writeHead(401).end()
      }
      received.push(JSON.parse(body) as Message)
      if (receiver.mood === 'cut') return void response.destroy()
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    secret,
    received,
    mood: 'ok',
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return receiver
}
