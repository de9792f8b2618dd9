import Type, { type Static } from 'typebox'

const Url = Type.String({
  pattern: '^https?://[^/@?#]+(/[^?#]*)?$',
  description: 'http(s)://host:port, without credentials',
})
const Named = Type.String({ minLength: 1 })

export const Influx1Target = Type.Object(
  {
    type: Type.Literal('influx1'),
    url: Url,
    database: Named,
    user: Type.Optional(Named),
    password: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)
export type Influx1Target = Static<typeof Influx1Target>

export const Influx2Target = Type.Object(
  { type: Type.Literal('influx2'), url: Url, org: Named, bucket: Named, token: Named },
  { additionalProperties: false },
)
export type Influx2Target = Static<typeof Influx2Target>

/** Where readings are forwarded to, as the site file says it. Secrets stand here resolved. */
export const InfluxTarget = Type.Unsafe<Influx1Target | Influx2Target>({
  type: 'object',
  required: ['type'],
  discriminator: { propertyName: 'type' },
  oneOf: [Influx1Target, Influx2Target],
})
export type InfluxTarget = Static<typeof InfluxTarget>
