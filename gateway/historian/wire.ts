import { readFileSync } from 'node:fs'
import { type Agent, Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { rootCertificates } from 'node:tls'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { parseDuration } from '#devices/duration.ts'
import { DEFAULT_RETENTION, type InfluxTarget } from './config.ts'

/** The longest that one request may take (ms); charts have less and say so by their signal. */
export const TIMEOUT_MS = 10_000

/** One kept connection for writing, and one more, so that a chart does not wait behind a write. */
export function agentOf({ url, ca_file: file }: Pick<InfluxTarget, 'url' | 'ca_file'>): Agent {
  const options = { keepAlive: true, maxSockets: 2 }
  if (!url.startsWith('https:')) return new HttpAgent(options)
  return new HttpsAgent(
    file === undefined ? options : { ...options, ca: [...rootCertificates, readFileSync(file, 'utf8')] },
  )
}

export function retentionSeconds({ retention }: Pick<InfluxTarget, 'retention'>): number {
  const ms = parseDuration(retention ?? DEFAULT_RETENTION) ?? 0
  return Math.round(ms / 1_000)
}

/** Small bodies are not worth it. */
export const GZIP_FROM_BYTES = 1_000
const gzipped = promisify(gzip)

/** The lines as a body, compressed by the thread pool when it pays; level 1 gives most of what there is to gain. */
export async function bodyOf(lines: readonly string[]): Promise<{ body: Buffer; headers: Record<string, string> }> {
  const body = Buffer.from(lines.join('\n'))
  const headers = { 'content-type': 'text/plain; charset=utf-8' }
  if (body.length < GZIP_FROM_BYTES) return { body, headers }
  return { body: await gzipped(body, { level: 1 }), headers: { ...headers, 'content-encoding': 'gzip' } }
}
