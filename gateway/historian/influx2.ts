import { HttpError, InfluxDB } from '@influxdata/influxdb-client'
import type { Influx2Target } from './config.ts'
import { withDeadline } from './deadline.ts'
import { fluxBuckets, type FluxRow } from './flux.ts'
import { noAnswer, refusal } from './refusal.ts'
import { type Target, TargetError } from './target.ts'
import { agentOf, GZIP_FROM_BYTES, retentionSeconds, TIMEOUT_MS } from './wire.ts'

/**
 * InfluxDB 2.x through `@influxdata/influxdb-client`. Its write API buffers, retries and drops by itself, and its
 * `flush` can resolve before the server has answered; its transport makes one request and tells how it ended.
 * Beside InfluxDB, whatever takes `/api/v2/write` can be written to.
 */
export function influx2(config: Influx2Target, timeoutMs = TIMEOUT_MS): Target {
  const { url, org, bucket, token } = config
  const client = new InfluxDB({ url, token, timeout: timeoutMs, transportOptions: { agent: agentOf(config) } })

  const request = async (method: string, path: string, body: unknown, signal: AbortSignal): Promise<Answer> => {
    const isText = typeof body === 'string'
    const headers = { 'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json' }
    const options = { method, headers, ...(isText && body !== '' ? { gzipThreshold: GZIP_FROM_BYTES } : {}) }
    let answer: Omit<Answer, 'json'> = { status: 0, version: null }
    try {
      const json: unknown = await withDeadline(signal, timeoutMs, (signal) =>
        client.transport.request(path, body, { ...options, signal }, (headers, code) => {
          answer = { status: code ?? 0, version: String(headers['x-influxdb-version'] ?? '') || null }
        }),
      )
      return { ...answer, json }
    } catch (error) {
      throw error instanceof HttpError ? error : noAnswer(error)
    }
  }
  const search = (values: Record<string, string>) => new URLSearchParams(values).toString()

  return {
    name: `influx2 ${url.replace(/\/$/, '')} ${org}/${bucket}`,

    async write(lines, signal) {
      try {
        const path = `/api/v2/write?${search({ org, bucket, precision: 'ms' })}`
        const { status } = await request('POST', path, lines.join('\n'), signal)
        // Only 204 confirms; any other success comes from something else than InfluxDB.
        if (status !== 204) throw refusal(status, '')
      } catch (error) {
        throw failureOf(error)
      }
    },

    async prepare(signal) {
      try {
        const found = await request('GET', `/api/v2/buckets?${search({ org, name: bucket })}`, '', signal)
        // What is there keeps the retention that its owner gave it.
        if (firstOf(found.json, 'buckets')) return
        const orgs = await request('GET', `/api/v2/orgs?${search({ org })}`, '', signal)
        const orgID = firstOf(orgs.json, 'orgs')?.id
        // A token that sees no organization cannot create a bucket: whether it may write, the write will tell.
        if (orgID === undefined) return
        const retentionRules = [{ type: 'expire', everySeconds: retentionSeconds(config) }]
        await request('POST', '/api/v2/buckets', { orgID, name: bucket, retentionRules }, signal)
      } catch (error) {
        if (!(error instanceof HttpError)) throw error
        // Not allowed to look or to create; no such thing as a bucket (400, 404); 422: another made it in the meantime.
        if ([400, 401, 403, 404, 422].includes(error.statusCode)) return
        const { cause, retryAfterMs } = failureOf(error)
        throw new TargetError('unavailable', cause, { retryAfterMs })
      }
    },

    async ping(signal) {
      try {
        const { status, version } = await request('GET', '/ping', '', signal)
        if (status !== 204) throw refusal(status, '')
        return { version }
      } catch (error) {
        throw failureOf(error)
      }
    },

    query: (series, range, signal) =>
      fluxBuckets(bucket, series, range, async (query) => {
        try {
          const reading = client.getQueryApi({ org, gzip: true }).collectRows<FluxRow>(query)
          return await withDeadline(signal, timeoutMs, () => reading)
        } catch (error) {
          throw new TargetError('unavailable', failureOf(error).cause)
        }
      }),
  }
}

type Answer = Readonly<{ status: number; version: string | null; json: unknown }>

function failureOf(error: unknown): TargetError {
  if (!(error instanceof HttpError)) return noAnswer(error)
  return refusal(error.statusCode, error.body ?? '', String(error.headers?.['retry-after'] ?? ''))
}

/** The first item of a list answer, with its id. */
function firstOf(json: unknown, list: 'buckets' | 'orgs'): { id: string } | undefined {
  if (typeof json !== 'object' || json === null || !(list in json)) return undefined
  const items = (json as Record<string, unknown>)[list]
  const first: unknown = Array.isArray(items) ? items[0] : undefined
  return typeof first === 'object' && first !== null && 'id' in first ? { id: String(first.id) } : undefined
}
