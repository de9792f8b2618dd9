import Type, { type Static } from 'typebox'
import { Duration } from '#devices/point.ts'

const strict = { additionalProperties: false } as const
const Kind = Type.String({ pattern: '^[a-z][a-z0-9-]*$' })

/** What a site says about its notices. */
export const NoticesSchema = Type.Object(
  {
    zone_delay: Type.Optional(
      Type.Object(
        { low: Type.Optional(Duration), mid: Type.Optional(Duration), high: Type.Optional(Duration) },
        {
          ...strict,
          description: 'how much later the water is back, by the level of a zone; 0s, 10m, 20m unless said',
        },
      ),
    ),
    lead: Type.Optional(
      Type.Record(Kind, Duration, { description: 'how long before it begins planned work of a kind is told' }),
    ),
    minimum_outage: Type.Optional(
      Type.Record(Kind, Duration, { description: 'an outage of a kind that is shorter is not told by itself' }),
    ),
    call: Type.Optional(Type.String({ maxLength: 40, description: 'the number that residents may call' })),
    public_url: Type.Optional(
      Type.String({ pattern: '^https?://', description: 'where residents reach this gateway; links begin with it' }),
    ),
    codes_per_day: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 100_000,
        description: 'most codes for signing in that are sent in a day, 200 unless said; 0: none, only links',
      }),
    ),
  },
  strict,
)
export type NoticesWritten = Static<typeof NoticesSchema>
