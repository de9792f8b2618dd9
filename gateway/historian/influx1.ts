import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import { escape } from 'influx'
import { type IPoolRequestOptions, Pool, RequestError } from 'influx/lib/src/pool.js'
import type { Influx1Target } from './config.ts'
import { withDeadline } from './deadline.ts'
import { influxqlBuckets } from './influxql.ts'
import { noAnswer, refusal } from './refusal.ts'
import { type Target, TargetError } from './target.ts'
import { agentOf, bodyOf, retentionSeconds, TIMEOUT_MS } from './wire.ts'

/** A failing host would be taken out of the pool by a timer; the forwarder does the backing off. */
const neverDisabled = { getDelay: () => 0, next: () => neverDisabled, reset: () => neverDisabled }

const RESPONSES = 'http.client.response.finish'

/** `body` is text for the package's types; it sends a buffer as it is, which is what a compressed body needs. */
type Ask = Readonly<{
  path: string
  query?: Record<string, string>
  body?: Buffer
  headers?: Record<string, string>
  method?: 'GET' | 'POST'
}>
type Answer = Readonly<{ status: number; body: string; headers: IncomingMessage['headers'] }>

/**
 * InfluxDB 1.x through `influx`. Its `writePoints` encodes point by point and takes no signal, so the lines go through
 * the package's own connection pool as they are.
 */
export function influx1(config: Influx1Target, timeoutMs = TIMEOUT_MS): Target {
  const { url, database, user, password } = config
  const pool = new Pool({ maxRetries: 0, requestTimeout: timeoutMs, backoff: neverDisabled })
  const agent = agentOf(config)
  pool.addHost(url, { agent })
  const auth = user === undefined ? {} : { auth: `${user}:${password ?? ''}` }

  const ask = async ({ body, method = 'POST', ...rest }: Ask, signal: AbortSignal): Promise<Answer> => {
    try {
      return await withDeadline(signal, timeoutMs, (signal) =>
        answerOf(pool, agent, {
          method,
          ...rest,
          ...auth,
          signal,
          ...(body ? { body: body as unknown as string } : {}),
        }),
      )
    } catch (error) {
      throw noAnswer(error)
    }
  }
  const failure = ({ status, body, headers }: Answer) => refusal(status, body, headers['retry-after'])
  const query = async (q: string, signal: AbortSignal) => {
    const body = Buffer.from(new URLSearchParams({ q, db: database, epoch: 'ms' }).toString())
    return ask({ path: '/query', body }, signal)
  }

  return {
    name: `influx1 ${url.replace(/\/$/, '')} ${database}`,

    async write(lines, signal) {
      const answer = await ask(
        { path: '/write', query: { db: database, precision: 'ms' }, ...(await bodyOf(lines)) },
        signal,
      )
      // 200 is "understood, but not done", or not InfluxDB at all.
      if (answer.status !== 204) throw failure(answer)
    },

    async prepare(signal) {
      const name = escape.quoted(database)
      const found = await query(`SHOW RETENTION POLICIES ON ${name}`, signal)
      // What is there keeps the retention that its owner gave it.
      if (found.status === 200 && !/"error"\s*:/.test(found.body)) return
      // Credentials that may only write cannot look or create: whether they suffice, the write will tell.
      if (found.status === 401 || found.status === 403) return
      const answer = await query(`CREATE DATABASE ${name} WITH DURATION ${retentionSeconds(config)}s`, signal)
      if (answer.status === 401 || answer.status === 403) return
      if (answer.status !== 200 || /"error"\s*:/.test(answer.body))
        throw new TargetError('unavailable', failure(answer).cause)
    },

    async ping(signal) {
      const answer = await ask({ path: '/ping', method: 'GET' }, signal)
      if (answer.status !== 204) throw failure(answer)
      return { version: String(answer.headers['x-influxdb-version'] ?? '') || null }
    },

    query: (series, range, signal) =>
      influxqlBuckets(series, range, async (q) => {
        const answer = await query(q, signal)
        if (answer.status !== 200) throw new TargetError('unavailable', failure(answer).cause)
        return answer.body
      }),
  }
}

/**
 * One request and its whole answer. Of a refusal in the 5xx range the package keeps neither the words nor
 * `Retry-After`; Node's own channel shows the response itself, to whoever knows the agent.
 */
function answerOf(pool: Pool, agent: Agent, options: IPoolRequestOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let refused: Promise<Answer> | null = null
    const listen = (message: unknown) => {
      const { request, response } = message as {
        request: ClientRequest & { agent: unknown }
        response: IncomingMessage
      }
      if (request.agent !== agent || (response.statusCode ?? 0) < 500 || !request.path.includes(options.path)) return
      refused = wholeOf(response)
      refused.catch(() => {})
    }
    const unlisten = () => unsubscribe(RESPONSES, listen)
    subscribe(RESPONSES, listen)
    options.signal?.addEventListener('abort', unlisten, { once: true })
    pool.stream(options, (error: Error | null | undefined, response) => {
      unlisten()
      if (error instanceof RequestError) {
        const body = error.message.replace(/^A .*? error occurred: /s, '')
        resolve({ status: error.res.statusCode ?? 0, body, headers: error.res.headers })
      } else if (refused) refused.then(resolve, reject)
      else if (error) reject(error)
      else wholeOf(response).then(resolve, reject)
    })
  })
}

function wholeOf(response: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let body = ''
    response.on('data', (text: Buffer | string) => (body += String(text)))
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }))
    response.on('error', reject)
    response.on('aborted', () => reject(new Error('the connection ended inside the answer')))
  })
}
