import type { FastifyInstance, RouteOptions } from 'fastify'
import type { Identity } from '../access.ts'
import type { Role } from '../role.ts'

/** Whom a route serves: anybody, or these roles and nobody else. */
export type RouteAccess = 'open' | Readonly<{ roles: readonly Role[] }>

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess
  }
  interface FastifyRequest {
    /** From the verified token alone, never from a header or a body of the client's choice. */
    identity: Identity | null
  }
}

/** S02: a route that does not say whom it serves, and what it takes, keeps the server from starting. */
export function demandDeclarations(app: Pick<FastifyInstance, 'addHook'>): void {
  app.addHook('onRoute', ({ method, url, config, schema }: RouteOptions) => {
    if (!config?.access) throw new Error(`the route ${String(method)} ${url} does not declare whom it serves`)
    if (!schema) throw new Error(`the route ${String(method)} ${url} does not declare what it takes`)
  })
}
