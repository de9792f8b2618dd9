import { timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Access } from '../access/access.ts'
import type { Identity } from '../access/identity.ts'

/** The prefix makes the browser refuse the cookie from anybody but this very host, over TLS. */
const SESSION_COOKIE = { http: 'caretaker_session', https: '__Host-caretaker' } as const
/** Of a resident who came in by a code: apart, so that staff who live here are both. */
const HOME_COOKIE = { http: 'caretaker_home', https: '__Host-caretaker-home' } as const
const VISITOR_COOKIE = 'caretaker_demo'
const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]', '::1'])

/** The visitor of a demonstration: may look, and do nothing. */
const VISITOR: Identity = { id: 'demo', role: 'monitor', name: 'demo', person: null, expiresAt: null, session: null }

/** Who asks: the owner of the bearer token, of the session, the visitor of a demonstration, or nobody we know. */
export type Identification = Readonly<{
  of(request: FastifyRequest): Identity | null
  /** `Set-Cookie` for whoever opens the page of a demonstration here; null where visitors are not signed in. */
  cookieFor(request: FastifyRequest): string | null
}>

export function isLoopback(host: string): boolean {
  return LOOPBACK_NAMES.has(host)
}

/** `visitorSecret` is random and of this process; null where visitors must sign in. */
export function identification(
  { tokens, sessions }: Pick<Access, 'tokens' | 'sessions'>,
  visitorSecret: string | null,
): Identification {
  return {
    of(request) {
      const { authorization } = request.headers
      if (authorization !== undefined) {
        const token = /^Bearer (ct_[\w-]{1,200})$/i.exec(authorization)?.[1]
        return token === undefined ? null : tokens.find(token)
      }
      const session = sessionOf(request)
      const identity = session === null ? null : sessions.find(session)
      if (identity) return identity
      if (visitorSecret === null || request.method !== 'GET' || !isNamedLoopback(request)) return null
      return isSame(cookieOf(request, VISITOR_COOKIE), visitorSecret) ? VISITOR : null
    },
    cookieFor(request) {
      if (visitorSecret === null || !isNamedLoopback(request)) return null
      return `${VISITOR_COOKIE}=${visitorSecret}; Path=/; HttpOnly; SameSite=Strict`
    },
  }
}

/** The session that the browser sends, alive or not; null for none. */
export function sessionOf(request: FastifyRequest): string | null {
  return cookieOf(request, SESSION_COOKIE[request.protocol]) || null
}

/** What a resident's browser was given for a code; null for none. */
export function visitOf(request: FastifyRequest): string | null {
  return cookieOf(request, HOME_COOKIE[request.protocol]) || null
}

/**
 * Lax, not Strict: who follows a link to an order from a message arrives signed in. What a foreign page may then not do
 * is held back by where the request comes from. Without an age it goes with the browser; how long it is good is ours to say.
 */
export function setSession(reply: FastifyReply, token: string): void {
  setCookie(reply, SESSION_COOKIE, token)
}

export function clearSession(reply: FastifyReply): void {
  setCookie(reply, SESSION_COOKIE, '', 0)
}

/** It stays in the telephone: who lives there reads notices for weeks. */
export function setVisit(reply: FastifyReply, token: string): void {
  setCookie(reply, HOME_COOKIE, token, 30 * 24 * 3_600)
}

export function clearVisit(reply: FastifyReply): void {
  setCookie(reply, HOME_COOKIE, '', 0)
}

type Names = Readonly<Record<'http' | 'https', string>>

function setCookie(reply: FastifyReply, names: Names, value: string, maxAgeS: number | null = null): void {
  const { protocol } = reply.request
  const secure = protocol === 'https' ? '; Secure' : ''
  const age = maxAgeS === null ? '' : `; Max-Age=${maxAgeS}`
  reply.header('set-cookie', `${names[protocol]}=${value}; Path=/; HttpOnly; SameSite=Lax${secure}${age}`)
}

/** A page that a person opens: not one that a browser looks ahead to, nor a picture in another. */
export function isOpenedPage(headers: Readonly<Record<string, string | string[] | undefined>>): boolean {
  const isAhead = ['sec-purpose', 'purpose', 'x-moz'].some((name) => /prefetch|preview/i.test(String(headers[name])))
  return !isAhead && (headers['sec-fetch-dest'] ?? 'document') === 'document'
}

/** A foreign name that resolves to this machine (DNS rebinding) is a foreign page looking in. */
function isNamedLoopback(request: FastifyRequest): boolean {
  return isLoopback((request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase())
}

function cookieOf(request: FastifyRequest, wanted: string): string {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [name, value = ''] = pair.trim().split('=')
    if (name === wanted) return value
  }
  return ''
}

function isSame(given: string, secret: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(secret)]
  return a.length === b.length && timingSafeEqual(a, b)
}
