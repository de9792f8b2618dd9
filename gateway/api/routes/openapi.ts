import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifyPluginAsync, RouteOptions } from 'fastify'
import { FAULTS } from '#devices/fault.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { NoQuery } from './collection.ts'

const access = { roles: PERMISSIONS.readApi }
/** As everywhere, but for what the viewer draws: pictures in its style sheet, and styles that it sets as it goes. */
const VIEWER_POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const PROBLEM = {
  type: 'object',
  description: 'Problem details (RFC 9457); `code` is for programs, `detail` for people, in the language they accept.',
  properties: {
    type: { type: 'string', const: 'about:blank' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(FAULTS) },
    detail: { type: 'string' },
    params: { type: 'object' },
  },
  required: ['type', 'title', 'status', 'code', 'detail', 'params'],
} as const

/** The description of the API (OpenAPI 3.1), made from what the routes declare. It must stand before the first of them. */
export async function openapi(app: FastifyInstance, { version }: Pick<ApiContext, 'version'>): Promise<void> {
  const options: FastifyDynamicSwaggerOptions = {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Caretaker',
        version,
        description: 'Times are ISO 8601 with offset. Commands carry an `Idempotency-Key`. Errors are problem+json.',
      },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
          session: { type: 'apiKey', in: 'cookie', name: 'caretaker_session' },
        },
      },
      security: [{ token: [] }, { session: [] }],
    },
    transform: ({ schema, url, route }) => ({ schema: described({ ...schema }, url, route), url }),
    transformObject: withProblems,
  }
  await app.register(swagger, options)
}

/** The description as a file, and a page to read it and try it. */
export const pageOfApi: FastifyPluginAsync = async (app) => {
  app.get(
    '/api/v1/openapi.json',
    { config: { access }, schema: { summary: 'This description', querystring: NoQuery } },
    async () => app.swagger(),
  )
  app.decorate('accessOfAll', access)
  await app.register(swaggerUi, {
    routePrefix: '/api/docs',
    staticCSP: VIEWER_POLICY,
    theme: { title: 'Caretaker API' },
    uiConfig: { docExpansion: 'list', deepLinking: true },
  })
}

type Schema = Readonly<Record<string, unknown>>

/** Of a route: its family, and whom it serves. What is not of the API is left out. */
function described(schema: Schema, url: string, { config }: RouteOptions): Schema {
  const family = /^\/api\/v1\/(\w+)/.exec(url)?.[1] ?? (url === '/metrics' ? 'metrics' : null)
  if (family === null) return { hide: true }
  const isOpen = config?.access === 'open'
  const roles = config?.access === undefined || config.access === 'open' ? null : config.access.roles
  return {
    tags: [family],
    description: roles ? `For ${roles.join(', ')}.` : 'For everybody.',
    ...(isOpen ? { security: [] } : {}),
    ...schema,
  }
}

type Finish = NonNullable<FastifyDynamicSwaggerOptions['transformObject']>
/** The part of a description that we add to. */
type Description = {
  components: { schemas: Record<string, unknown> }
  paths: Record<string, Record<string, { responses: Record<string, unknown> }>>
}

/** Every request can be refused, and says so in one form. */
const withProblems: Finish = (made) => {
  const whole = 'openapiObject' in made ? made.openapiObject : made.swaggerObject
  const { components, paths } = whole as unknown as Description
  components.schemas['Problem'] = PROBLEM
  const refused = {
    description: 'Refused',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }
  for (const operation of Object.values(paths).flatMap((methods) => Object.values(methods)))
    operation.responses['default'] = refused
  return whole
}
