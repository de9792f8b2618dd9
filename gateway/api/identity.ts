import { timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Access, Identity } from '../access.ts'

const COOKIE = 'caretaker_demo'
const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]', '::1'])

/** The visitor of a demonstration: may look, and do nothing. */
const VISITOR: Identity = { id: 'demo', role: 'monitor' }

/** Who asks: the owner of the bearer token, the visitor of a demonstration, or nobody we know. */
export type Identification = Readonly<{
  of(request: FastifyRequest): Identity | null
  /** `Set-Cookie` for whoever opens the page of a demonstration here; null where visitors are not signed in. */
  cookieFor(request: FastifyRequest): string | null
}>

export function isLoopback(host: string): boolean {
  return LOOPBACK_NAMES.has(host)
}

/** `visitorSecret` is random and of this process; null where visitors must sign in. */
export function identification(access: Pick<Access, 'find'>, visitorSecret: string | null): Identification {
  return {
    of(request) {
      const { authorization } = request.headers
      if (authorization !== undefined) {
        const token = /^Bearer (ct_[\w-]{1,200})$/i.exec(authorization)?.[1]
        return token === undefined ? null : access.find(token)
      }
      if (visitorSecret === null || request.method !== 'GET' || !isNamedLoopback(request)) return null
      return isSame(cookieOf(request), visitorSecret) ? VISITOR : null
    },
    cookieFor(request) {
      if (visitorSecret === null || !isNamedLoopback(request)) return null
      return `${COOKIE}=${visitorSecret}; Path=/; HttpOnly; SameSite=Strict`
    },
  }
}

/** A foreign name that resolves to this machine (DNS rebinding) is a foreign page looking in. */
function isNamedLoopback(request: FastifyRequest): boolean {
  return isLoopback((request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase())
}

function cookieOf(request: FastifyRequest): string {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [name, value = ''] = pair.trim().split('=')
    if (name === COOKIE) return value
  }
  return ''
}

function isSame(given: string, secret: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(secret)]
  return a.length === b.length && timingSafeEqual(a, b)
}
