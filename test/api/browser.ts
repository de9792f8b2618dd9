import { once } from 'node:events'
import { type IncomingMessage, request as httpRequest } from 'node:http'
import type { Role } from '#gateway/role.ts'
import { openEstate } from './estate.ts'

export const PASSWORD = 'violet kettle 9'

export type Estate = Awaited<ReturnType<typeof openEstate>>
export type Sent = Readonly<{
  method?: string
  cookie?: string | null
  headers?: Record<string, string>
  body?: unknown
  /** Of ours: all of 127.0.0.0/8 is this machine. */
  from?: string
}>
export type Answer = Readonly<{
  status: number
  headers: IncomingMessage['headers']
  text: string
  json: Record<string, unknown> & {
    id?: string
    code: string
    params: Record<string, unknown>
    user: Record<string, unknown>
    items: Record<string, unknown>[]
  }
  /** What the browser would send from now on. */
  cookie: string | null
}>

/** As a browser or a program would send it; nothing is added, and the path goes out as it is written. */
export async function send(estate: Pick<Estate, 'url'>, path: string, sent: Sent = {}): Promise<Answer> {
  const { method = 'GET', cookie, headers = {}, body, from } = sent
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const { hostname, port } = new URL(estate.url)
  const request = httpRequest({
    hostname,
    port,
    path,
    method,
    headers: {
      ...(text === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
      ...(cookie ? { cookie } : {}),
      ...headers,
    },
    ...(from === undefined ? {} : { localAddress: from }),
  })
  request.end(text)
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  const said = Buffer.concat(chunks).toString()
  const set = answer.headers['set-cookie']?.[0] ?? null
  return {
    status: answer.statusCode!,
    headers: answer.headers,
    text: said,
    json: (/json/.test(answer.headers['content-type'] ?? '') ? JSON.parse(said) : {}) as Answer['json'],
    cookie: set && set.split(';')[0]!,
  }
}

export const signIn = (estate: Estate, name: string, password = PASSWORD, more: Sent = {}) =>
  send(estate, '/api/v1/session', { method: 'POST', body: { name, password }, ...more })

export async function open(
  t: { teardown(undo: () => Promise<void>): unknown },
  options: Parameters<typeof openEstate>[0] = {},
): Promise<Estate> {
  const estate = await openEstate(options)
  t.teardown(() => estate.close())
  return estate
}

/** An account with the password of this file, and its cookie. */
export async function person(estate: Estate, name: string, role: Role, staff: string | null = null) {
  const account = await estate.access.signIn.create({ name, role, person: staff, password: PASSWORD, by: 'setup' })
  const { cookie } = await signIn(estate, name)
  return { ...account, cookie: cookie! }
}

export const eventsOf = (estate: Estate) =>
  estate.queries.eventsAfter(0, 10_000).filter(({ type }) => type.startsWith('access.'))
