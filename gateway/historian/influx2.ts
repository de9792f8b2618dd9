import { HttpError, InfluxDB } from '@influxdata/influxdb-client'
import type { Influx2Target } from './config.ts'
import { withDeadline } from './deadline.ts'
import { noAnswer, refusal } from './refusal.ts'
import { type Target, TargetError } from './target.ts'

/**
 * InfluxDB 2.x through `@influxdata/influxdb-client`. Its write API buffers, retries and drops by itself, and its
 * `flush` can resolve before the server has answered; its transport makes one request and tells how it ended.
 */
export function influx2({ url, org, bucket, token }: Influx2Target, timeoutMs = 10_000): Target {
  const { transport } = new InfluxDB({ url, token, timeout: timeoutMs })

  const request = async (method: string, path: string, body: unknown, signal: AbortSignal): Promise<Answer> => {
    const headers = { 'content-type': typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json' }
    let status = 0
    try {
      const json: unknown = await withDeadline(signal, timeoutMs, (signal) =>
        transport.request(path, body, { method, headers, signal }, (_, code) => (status = code ?? 0)),
      )
      return { status, json }
    } catch (error) {
      throw error instanceof HttpError ? error : noAnswer(error)
    }
  }

  return {
    name: `influx2 ${url.replace(/\/$/, '')} ${org}/${bucket}`,

    async write(lines, signal) {
      const path = `/api/v2/write?${new URLSearchParams({ org, bucket, precision: 'ms' }).toString()}`
      try {
        const { status } = await request('POST', path, lines.join('\n'), signal)
        // Only 204 confirms; any other success comes from something else than InfluxDB.
        if (status !== 204) throw refusal(status, '')
      } catch (error) {
        throw error instanceof HttpError ? refusal(error.statusCode, error.body ?? '') : error
      }
    },

    async prepare(signal) {
      try {
        const found = await request(
          'GET',
          `/api/v2/buckets?${new URLSearchParams({ org, name: bucket }).toString()}`,
          '',
          signal,
        )
        if (firstOf(found.json, 'buckets')) return
        const orgs = await request('GET', `/api/v2/orgs?${new URLSearchParams({ org }).toString()}`, '', signal)
        const orgID = firstOf(orgs.json, 'orgs')?.id
        // A token that sees no organization cannot create a bucket: whether it may write, the write will tell.
        if (orgID === undefined) return
        await request('POST', '/api/v2/buckets', { orgID, name: bucket, retentionRules: [] }, signal)
      } catch (error) {
        if (!(error instanceof HttpError)) throw error
        // Not allowed to look or to create; 422: another made it in the meantime.
        if ([401, 403, 422].includes(error.statusCode)) return
        throw new TargetError('unavailable', refusal(error.statusCode, error.body ?? '').cause)
      }
    },
  }
}

type Answer = Readonly<{ status: number; json: unknown }>

/** The first item of a list answer, with its id. */
function firstOf(json: unknown, list: 'buckets' | 'orgs'): { id: string } | undefined {
  if (typeof json !== 'object' || json === null || !(list in json)) return undefined
  const items = (json as Record<string, unknown>)[list]
  const first: unknown = Array.isArray(items) ? items[0] : undefined
  return typeof first === 'object' && first !== null && 'id' in first ? { id: String(first.id) } : undefined
}
