import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/**
 * `ok`: takes every line but those that contain "poison", for which it answers 400 and takes nothing.
 * `unavailable`: 503. `hang`: reads and never answers. `cut`: dies inside the body of a refusal. `proxyPage`: 200 with a
 * web page. `proxyRefusal`: 400 with a web page. `wrongOrg`: 400 in the server's words. `forbidden`: 403 for all but writes.
 */
export type InfluxMood = 'ok' | 'unavailable' | 'hang' | 'cut' | 'proxyPage' | 'proxyRefusal' | 'wrongOrg' | 'forbidden'

export type SeenRequest = Readonly<{ method: string; url: URL; headers: IncomingMessage['headers']; body: string }>

export type InfluxHttp = {
  readonly url: string
  readonly requests: readonly SeenRequest[]
  /** Lines that were confirmed, in order. */
  readonly lines: readonly string[]
  readonly buckets: readonly string[]
  mood: InfluxMood
  stop(): Promise<void>
}

/** The write side of InfluxDB 2 (and the 1.x paths) as far as a client sees it. */
export async function startInfluxHttp(mood: InfluxMood = 'ok'): Promise<InfluxHttp> {
  const requests: SeenRequest[] = []
  const lines: string[] = []
  const buckets: string[] = []

  const answer = (request: SeenRequest, response: ServerResponse) => {
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
    const isWrite = /^\/(api\/v2\/)?write$/.test(request.url.pathname)
    switch (fake.mood) {
      case 'hang':
        return
      case 'unavailable':
        return json(503, { code: 'unavailable', message: 'try later' })
      case 'cut':
        response.writeHead(400, { 'content-type': 'application/json', 'content-length': '1000' }).write('{"code":')
        return setImmediate(() => response.destroy())
      case 'proxyPage':
        return response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>')
      case 'proxyRefusal':
        return response.writeHead(400, { 'content-type': 'text/html' }).end('<h1>Bad Request</h1>')
      case 'wrongOrg':
        return json(400, { code: 'invalid', message: 'failed to decode request body: organization not found' })
      case 'forbidden':
        if (!isWrite) return json(403, { code: 'forbidden', message: 'insufficient permissions' })
    }
    const key = `${request.method} ${request.url.pathname}`
    if (isWrite) {
      const sent = request.body.split('\n')
      const bad = sent.findIndex((line) => line.includes('poison'))
      if (bad >= 0) return json(400, { code: 'invalid', message: `unable to parse '${sent[bad]}': bad`, line: bad + 1 })
      lines.push(...sent)
      return response.writeHead(204).end()
    }
    if (key === 'GET /api/v2/buckets') {
      const name = request.url.searchParams.get('name')
      return json(200, {
        buckets: buckets.filter((bucket) => bucket === name).map((bucket) => ({ id: 'b1', name: bucket })),
      })
    }
    if (key === 'GET /api/v2/orgs')
      return json(200, { orgs: [{ id: 'o1', name: request.url.searchParams.get('org') }] })
    if (key === 'POST /api/v2/buckets') {
      buckets.push((JSON.parse(request.body) as { name: string }).name)
      return json(201, { id: 'b1' })
    }
    if (key === 'POST /query') return json(200, { results: [{ statement_id: 0 }] })
    return json(404, { code: 'not found', message: 'path not found' })
  }

  const server = createServer((incoming, response) => {
    let body = ''
    incoming.setEncoding('utf8')
    incoming.on('data', (text: string) => (body += text))
    incoming.on('end', () => {
      const { method = '', headers } = incoming
      const request = { method, headers, body, url: new URL(incoming.url ?? '/', 'http://127.0.0.1') }
      requests.push(request)
      answer(request, response)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')

  const fake: InfluxHttp = {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    lines,
    buckets,
    mood,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return fake
}
