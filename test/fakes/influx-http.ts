import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { gunzipSync } from 'node:zlib'
import { fluxAnswer } from './flux-answer.ts'
import { influxContract, withoutContract } from './influx-contract.ts'

/**
 * `ok`: takes every line but those that contain "poison", for which it answers 400 and takes nothing. `partial`: the same,
 * but takes the others. `typed`: as `ok`, and a field keeps the type that it was first written with. `refusing`: refuses every line, each for one reason. `short`: keeps nothing before 2026-01-01 and
 * says so. `unavailable`: 503. `busy`: 429 for writes, with `Retry-After: 7`. `hang`: reads and never answers. `cut`: dies
 * inside the body of a refusal. `proxyPage`: 200 with a web page. `proxyRefusal`: 400 with a web page. `wrongOrg`: 400 in
 * the server's words. `forbidden`: 403 for all but writes.
 */
export type InfluxMood =
  | 'ok'
  | 'partial'
  | 'typed'
  | 'refusing'
  | 'short'
  | 'unavailable'
  | 'busy'
  | 'hang'
  | 'cut'
  | 'proxyPage'
  | 'proxyRefusal'
  | 'wrongOrg'
  | 'forbidden'

export type SeenRequest = Readonly<{ method: string; url: URL; headers: IncomingMessage['headers']; body: string }>

export type InfluxHttp = {
  readonly url: string
  readonly requests: readonly SeenRequest[]
  /** Lines that were confirmed, in order. */
  readonly lines: readonly string[]
  readonly buckets: readonly Readonly<{ name: string }>[]
  /** What was not as the published contract says, of requests and of answers. */
  readonly violations: readonly string[]
  mood: InfluxMood
  /** How long it works on a write before it looks at the lines and answers; null: not at all. */
  takes: ((lines: readonly string[]) => Promise<void>) | null
  stop(): Promise<void>
}

type Reply = Readonly<{ status: number; type?: string; body?: string; headers?: Record<string, string> }>

const WRITE_PATH = /^\/(api\/v2\/)?write$/
const OLDEST = Date.UTC(2026, 0, 1)
const timeOf = (line: string) => Number(line.slice(line.lastIndexOf(' ') + 1))
const json = (status: number, body: unknown, headers = {}): Reply => ({
  status,
  type: 'application/json; charset=utf-8',
  body: JSON.stringify(body),
  headers,
})

/** InfluxDB 2 (and the 1.x paths) as far as a client sees it; held to the published contract when that is at hand. */
export async function startInfluxHttp(
  mood: InfluxMood = 'ok',
  tls?: Readonly<{ key: string; cert: string }>,
): Promise<InfluxHttp> {
  const requests: SeenRequest[] = []
  const lines: string[] = []
  const buckets: { name: string }[] = []
  const violations: string[] = []
  const check = withoutContract ? null : influxContract()

  const types = new Map<string, 'float' | 'string' | 'boolean'>()
  /** In the server's words, when one of the lines writes a field in another type than before; else null. */
  const conflictOf = (sent: readonly string[]): string | null => {
    const news = new Map<string, 'float' | 'string' | 'boolean'>()
    for (const line of sent) {
      const measurement = line.slice(0, line.indexOf(','))
      for (const [, field, start] of line
        .matchAll(/[ ,](\w+)=(["tf\d-])/g)
        .filter(({ index }) => index > line.indexOf(' ') - 1)) {
        const name = `${measurement}.${field}`
        const type = start === '"' ? 'string' : start === 't' || start === 'f' ? 'boolean' : 'float'
        const known = types.get(name) ?? news.get(name) ?? type
        if (known !== type)
          return `partial write: field type conflict: input field "${field}" on measurement "${measurement}" is type ${type}, already exists as type ${known} dropped=1`
        news.set(name, type)
      }
    }
    for (const [name, type] of news) types.set(name, type)
    return null
  }

  const write = ({ body }: SeenRequest): Reply => {
    const sent = body.split('\n')
    if (fake.mood === 'busy')
      return json(429, { code: 'too many requests', message: 'slow down' }, { 'retry-after': '7' })
    if (fake.mood === 'refusing')
      return json(400, { code: 'invalid', message: `unable to parse '${sent[0]}': not today`, line: 1 })
    if (fake.mood === 'short') {
      const kept = sent.filter((line) => timeOf(line) >= OLDEST)
      lines.push(...kept)
      const dropped = sent.length - kept.length
      if (dropped > 0)
        return json(422, {
          code: 'unprocessable entity',
          message: `failure writing points to database: partial write: points beyond retention policy dropped=${dropped}`,
        })
      return { status: 204 }
    }
    const conflict = fake.mood === 'typed' ? conflictOf(sent) : null
    if (conflict !== null) return json(400, { code: 'invalid', message: conflict })
    const bad = sent.findIndex((line) => line.includes('poison'))
    if (bad < 0 || fake.mood === 'partial') lines.push(...sent.filter((line) => !line.includes('poison')))
    if (bad >= 0) return json(400, { code: 'invalid', message: `unable to parse '${sent[bad]}': bad`, line: bad + 1 })
    return { status: 204 }
  }

  const replyTo = (request: SeenRequest): Reply => {
    const isWrite = WRITE_PATH.test(request.url.pathname)
    if (fake.mood === 'unavailable') return json(503, { code: 'unavailable', message: 'try later' })
    if (fake.mood === 'proxyPage') return { status: 200, type: 'text/html', body: '<h1>Welcome</h1>' }
    if (fake.mood === 'proxyRefusal') return { status: 400, type: 'text/html', body: '<h1>Bad Request</h1>' }
    if (fake.mood === 'wrongOrg')
      return json(400, { code: 'invalid', message: 'failed to decode request body: organization not found' })
    if (fake.mood === 'forbidden' && !isWrite)
      return json(403, { code: 'forbidden', message: 'insufficient permissions' })
    if (isWrite) return write(request)
    switch (`${request.method} ${request.url.pathname}`) {
      case 'GET /ping':
        return { status: 204, headers: { 'x-influxdb-version': 'v2.7.12' } }
      case 'GET /api/v2/buckets': {
        const name = request.url.searchParams.get('name')
        const found = buckets.filter((bucket) => bucket.name === name)
        return json(200, { buckets: found.map((bucket) => ({ id: 'b1', retentionRules: [], ...bucket })) })
      }
      case 'GET /api/v2/orgs':
        return json(200, { orgs: [{ id: 'o1', name: request.url.searchParams.get('org') }] })
      case 'POST /api/v2/buckets': {
        const bucket = JSON.parse(request.body) as { name: string }
        buckets.push(bucket)
        return json(201, { id: 'b1', retentionRules: [], ...bucket })
      }
      case 'POST /api/v2/query': {
        const { query } = JSON.parse(request.body) as { query: string }
        const body = fluxAnswer(query, lines)
        return body === null
          ? json(400, { code: 'invalid', message: 'not known here' })
          : { status: 200, type: 'application/csv', body }
      }
      case 'POST /query':
        return json(200, { results: [{ statement_id: 0 }] })
    }
    return json(404, { code: 'not found', message: 'path not found' })
  }

  const answer = (request: SeenRequest, response: ServerResponse) => {
    if (fake.mood === 'hang') return
    if (fake.mood === 'cut') {
      response.writeHead(400, { 'content-type': 'application/json', 'content-length': '1000' }).write('{"code":')
      setImmediate(() => response.destroy())
      return
    }
    const { status, type = '', body = '', headers = {} } = replyTo(request)
    const isItself = !['proxyPage', 'proxyRefusal', 'unavailable'].includes(fake.mood)
    if (check && isItself) violations.push(...check({ ...request, answer: { status, type, body } }))
    response.writeHead(status, { ...(type ? { 'content-type': type } : {}), ...headers }).end(body)
  }

  const listener: RequestListener = (incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const { method = '', headers } = incoming
      const sent = Buffer.concat(chunks)
      const body = (headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent).toString()
      const request = { method, headers, body, url: new URL(incoming.url ?? '/', 'http://127.0.0.1') }
      requests.push(request)
      const isWrite = WRITE_PATH.test(request.url.pathname) && fake.mood !== 'unavailable'
      if (!isWrite || !fake.takes) return answer(request, response)
      void fake.takes(request.body.split('\n')).then(() => answer(request, response))
    })
  }
  const server = (tls ? createTlsServer(tls, listener) : createServer(listener)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')

  const fake: InfluxHttp = {
    url: `${tls ? 'https://localhost' : 'http://127.0.0.1'}:${address.port}`,
    requests,
    lines,
    buckets,
    violations,
    mood,
    takes: null,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return fake
}
