import type { FastifyInstance, RouteOptions } from 'fastify'
import type { Identity } from '../access/identity.ts'
import type { Role } from '../role.ts'

/** Whom a route serves: anybody, or these roles and nobody else. */
export type RouteAccess = 'open' | Readonly<{ roles: readonly Role[] }>

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess
  }
  interface FastifyInstance {
    /** For the routes of somebody else's plugin, which cannot say it themselves: whom all of them serve. */
    accessOfAll?: RouteAccess
  }
  interface FastifyRequest {
    /** From a verified token or a session of ours, never from a header or a body of the client's choice. */
    identity: Identity | null
  }
}

/** S02: a route that does not say whom it serves, and what it takes, keeps the server from starting. */
export function demandDeclarations(app: Pick<FastifyInstance, 'addHook'>): void {
  app.addHook('onRoute', function (this: FastifyInstance, route: RouteOptions) {
    const { method, url, schema } = route
    if (this.accessOfAll) route.config = { ...route.config, access: this.accessOfAll }
    if (!route.config?.access) throw new Error(`the route ${String(method)} ${url} does not declare whom it serves`)
    if (!schema) throw new Error(`the route ${String(method)} ${url} does not declare what it takes`)
  })
}
