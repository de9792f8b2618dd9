import { escape } from 'influx'
import { type IPoolRequestOptions, Pool, RequestError } from 'influx/lib/src/pool.js'
import type { Influx1Target } from './config.ts'
import { withDeadline } from './deadline.ts'
import { noAnswer, refusal } from './refusal.ts'
import { type Target, TargetError } from './target.ts'

/** A failing host would be taken out of the pool by a timer; the forwarder does the backing off. */
const neverDisabled = { getDelay: () => 0, next: () => neverDisabled, reset: () => neverDisabled }

/**
 * InfluxDB 1.x through `influx`. Its `writePoints` encodes point by point and takes no signal, so the lines go through
 * the package's own connection pool as they are.
 */
export function influx1({ url, database, user, password }: Influx1Target, timeoutMs = 10_000): Target {
  const pool = new Pool({ maxRetries: 0, requestTimeout: timeoutMs, backoff: neverDisabled })
  pool.addHost(url)
  const auth = user === undefined ? {} : { auth: `${user}:${password ?? ''}` }
  const post = async (path: string, query: Record<string, string>, body: string, signal: AbortSignal) => {
    try {
      return await withDeadline(signal, timeoutMs, (signal) =>
        answerOf(pool, { method: 'POST', path, query, body, signal, ...auth }),
      )
    } catch (error) {
      throw noAnswer(error)
    }
  }

  return {
    name: `influx1 ${url.replace(/\/$/, '')} ${database}`,

    async write(lines, signal) {
      const { status, body } = await post('/write', { db: database, precision: 'ms' }, lines.join('\n'), signal)
      // 200 is "understood, but not done", or not InfluxDB at all.
      if (status !== 204) throw refusal(status, body)
    },

    async prepare(signal) {
      const q = `CREATE DATABASE ${escape.quoted(database)}`
      const { status, body } = await post('/query', { q }, '', signal)
      // Credentials that may only write cannot create: whether they suffice, the write will tell.
      if (status === 401 || status === 403) return
      if (status !== 200 || /"error"\s*:/.test(body)) throw new TargetError('unavailable', refusal(status, body).cause)
    },
  }
}

type Answer = Readonly<{ status: number; body: string }>

function answerOf(pool: Pool, options: IPoolRequestOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    pool.stream(options, (error: Error | null | undefined, response) => {
      if (error instanceof RequestError) {
        resolve({ status: error.res.statusCode ?? 0, body: error.message.replace(/^A .*? error occurred: /s, '') })
        return
      }
      if (error) {
        reject(error)
        return
      }
      let body = ''
      response.on('data', (text: string) => (body += text))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      response.on('error', reject)
    })
  })
}
