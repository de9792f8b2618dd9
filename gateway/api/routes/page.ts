import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { extname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import type { Identification } from '../identity.ts'
import { NoQuery } from './collection.ts'

const BUILT = fileURLToPath(new URL('../../../web/dist', import.meta.url))

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Addresses that the web app itself understands; any other one is not found, and says so. */
const SCREENS = [
  'sign-in',
  'setup',
  'reset-password',
  'accept',
  'account',
  'users',
  'overview',
  'alarms',
  'silences',
  'households',
  'errands',
  'alarm-health',
  'orders',
  'notices',
  'health',
  'buses',
  'cases',
  'scores',
  'months',
  'handovers',
  'asset-tags',
  'roster',
] as const
const THINGS = ['assets', 'alarms', 'orders', 'notices', 'cases', 'handovers', 'households', 'errands'] as const

/** What the app keeps in the address (range, filter, where to go next) is no business of the gateway's. */
const AnyQuery = Type.Record(Type.String(), Type.Unknown())
const ThingParams = Type.Object({ id: Type.String({ maxLength: 64 }) }, { additionalProperties: false })

const NOT_BUILT = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Caretaker</title>
<p>The gateway runs; its page has not been built yet. Run <code>npm run build</code>, then start it again.</p>
<p lang="zh-CN">网关正在运行，页面尚未构建。请执行 <code>npm run build</code> 后重新启动。</p>
</html>
`

type Served = Readonly<{ body: Buffer; gzipped: Buffer | null; type: string; cache: string }>

/**
 * The web app: what anybody may load; what it shows, it asks for as somebody. All of it is read at the start, so that
 * no path of a request ever reaches the disk.
 */
export function page(identification: Identification, folder: string = BUILT): FastifyPluginAsyncTypebox {
  const files = readBuilt(folder)
  const index = files.get('/index.html') ?? served(Buffer.from(NOT_BUILT), '.html', 'no-store')
  files.delete('/index.html')
  const access = { access: 'open' as const }

  const sendIndex = (request: FastifyRequest, reply: FastifyReply) => {
    const cookie = identification.cookieFor(request)
    if (cookie !== null) reply.header('set-cookie', cookie)
    return send(request, reply, index)
  }

  return async (app) => {
    const hidden = { hide: true } as const
    for (const [url, file] of files)
      app.get(url, { config: access, schema: { ...hidden, querystring: NoQuery } }, (request, reply) =>
        send(request, reply, file),
      )
    for (const url of ['/', ...SCREENS.map((screen) => `/${screen}`)])
      app.get(url, { config: access, schema: { ...hidden, querystring: AnyQuery } }, sendIndex)
    for (const thing of THINGS)
      app.get(
        `/${thing}/:id`,
        { config: access, schema: { ...hidden, params: ThingParams, querystring: AnyQuery } },
        sendIndex,
      )
  }
}

function send(request: FastifyRequest, reply: FastifyReply, { body, gzipped, type, cache }: Served): FastifyReply {
  reply.type(type).header('cache-control', cache).header('vary', 'accept-encoding')
  if (gzipped === null || !/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return reply.send(body)
  return reply.header('content-encoding', 'gzip').send(gzipped)
}

function readBuilt(folder: string): Map<string, Served> {
  const files = new Map<string, Served>()
  for (const path of pathsIn(folder)) {
    const extension = extname(path)
    if (TYPES[extension] === undefined || !isInside(folder, path)) continue
    const url = `/${path.replaceAll('\\', '/')}`
    // The name of an asset holds the hash of its content: under it there will never be another one.
    const cache = url.startsWith('/built/') ? 'public, max-age=31536000, immutable' : cacheOf(extension)
    files.set(url, served(readFileSync(join(folder, path)), extension, cache))
  }
  return files
}

/** S19: a file of the folder itself; a link may lead anywhere. */
function isInside(folder: string, path: string): boolean {
  try {
    const real = realpathSync(join(folder, path))
    return real.startsWith(realpathSync(folder) + sep) && statSync(real).isFile()
  } catch {
    return false
  }
}

function cacheOf(extension: string): string {
  return extension === '.html' ? 'no-store' : 'no-cache'
}

function served(body: Buffer, extension: string, cache: string): Served {
  const gzipped = gzipSync(body, { level: 9 })
  return { body, gzipped: gzipped.length < body.length ? gzipped : null, type: TYPES[extension]!, cache }
}

function pathsIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
  } catch {
    // Nothing is built yet.
    return []
  }
}
