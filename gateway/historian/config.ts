import Type, { type Static } from 'typebox'
import { Duration } from '#devices/point.ts'

const Url = Type.String({
  pattern: '^https?://[^/@?#]+(/[^?#]*)?$',
  description: 'http(s)://host:port, without credentials',
})
const Named = Type.String({ minLength: 1 })

/** What every database may be told. */
const COMMON = {
  url: Url,
  ca_file: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'https: certificate (PEM) that the server is known by, beside the usual ones',
    }),
  ),
  retention: Type.Optional(Duration),
  keep: Type.Optional(Duration),
  keep_bytes: Type.Optional(
    Type.Integer({ minimum: 1_000_000, description: 'at most so much waits for it, as it would be sent' }),
  ),
}

export const Influx1Target = Type.Object(
  {
    type: Type.Literal('influx1'),
    ...COMMON,
    database: Named,
    user: Type.Optional(Named),
    password: Type.Optional(Type.String({ description: '${file:…} or ${env:…}' })),
  },
  { additionalProperties: false },
)
export type Influx1Target = Static<typeof Influx1Target>

export const Influx2Target = Type.Object(
  {
    type: Type.Literal('influx2'),
    ...COMMON,
    org: Named,
    bucket: Named,
    token: Type.String({ minLength: 1, description: '${file:…} or ${env:…}' }),
  },
  { additionalProperties: false },
)
export type Influx2Target = Static<typeof Influx2Target>

/**
 * Where readings are forwarded to, as the site file says it. `retention` is what a database that we create keeps
 * (400 d unless said), `keep` what the gateway keeps for it while it is away (10 d). In a loaded site the secrets stand
 * here resolved, and `ca_file` is a path that can be opened.
 */
export const InfluxTarget = Type.Unsafe<Influx1Target | Influx2Target>({
  type: 'object',
  required: ['type'],
  discriminator: { propertyName: 'type' },
  oneOf: [Influx1Target, Influx2Target],
})
export type InfluxTarget = Static<typeof InfluxTarget>

export const DEFAULT_RETENTION = '400d'
export const DEFAULT_KEEP = '10d'
