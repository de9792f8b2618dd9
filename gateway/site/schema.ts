import Type, { type Static } from 'typebox'
import { AlarmDefinition } from '#devices/alarm-definition.ts'
import { Duration, oneOf, Text } from '#devices/point.ts'
import { InfluxTarget } from '../historian/config.ts'

const Id = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$', description: 'letters, digits, - and _' })
const Word = Type.String({ pattern: '^[a-z][a-z0-9_-]*$' })
const Address = Type.String({ pattern: '^[^\\s:]+:\\d{1,5}$', description: 'host:port' })
const strict = { additionalProperties: false } as const

export const STAFF_ROLES = [
  'manager',
  'chief',
  'technician',
  'guard',
  'cleaner',
  'steward',
  'agent',
  'contractor',
  'monitor',
  'quality',
] as const

const Building = Type.Object(
  {
    id: Id,
    name: Type.Optional(Text),
    region: Type.Optional(Word),
    floors: Type.Integer({ minimum: 1, maximum: 200 }),
    homes_per_floor: Type.Integer({ minimum: 1, maximum: 99 }),
  },
  strict,
)
const Zone = Type.Object(
  {
    id: Id,
    name: Type.Optional(Text),
    buildings: Type.Array(Id, { minItems: 1 }),
    /** First and last floor. */
    floors: Type.Array(Type.Integer(), { minItems: 2, maxItems: 2 }),
  },
  strict,
)
const Asset = Type.Object(
  {
    id: Id,
    name: Type.Optional(Text),
    kind: Word,
    room: Type.Optional(Id),
    region: Type.Optional(Word),
    serves: Type.Optional(
      Type.Object({ zones: Type.Optional(Type.Array(Id)), buildings: Type.Optional(Type.Array(Id)) }, strict),
    ),
  },
  strict,
)
const Connection = Type.Object(
  {
    protocol: oneOf(['modbus-tcp'] as const),
    host: Type.String({ minLength: 1 }),
    port: Type.Integer({ minimum: 1, maximum: 65_535 }),
    timeout: Type.Optional(Duration),
  },
  strict,
)
const Device = Type.Object(
  {
    id: Id,
    profile: Word,
    asset: Type.Optional(Id),
    connection: Type.Optional(Type.String()),
    unit_id: Type.Optional(Type.Integer({ minimum: 0, maximum: 255 })),
    secret: Type.Optional(Type.String()),
  },
  strict,
)
const Person = Type.Object(
  {
    id: Id,
    role: oneOf(STAFF_ROLES),
    regions: Type.Array(Word),
    skills: Type.Array(Word),
    /** Daily duty as HH:MM-HH:MM in the site's time zone; may run past midnight. */
    duty: Type.Array(Type.String({ pattern: '^([01]\\d|2[0-4]):[0-5]\\d-([01]\\d|2[0-4]):[0-5]\\d$' })),
  },
  strict,
)
const Webhook = Type.Object(
  { id: Id, type: oneOf(['webhook'] as const), url: Type.String({ pattern: '^https?://' }), secret: Type.String() },
  strict,
)
const Screen = Type.Object({ id: Id, type: oneOf(['screen'] as const) }, strict)
const Channel = Type.Unsafe<Static<typeof Webhook> | Static<typeof Screen>>({
  type: 'object',
  discriminator: { propertyName: 'type' },
  required: ['type'],
  oneOf: [Webhook, Screen],
})

/** The site file. Profiles say what devices are; the site says which there are, where, and who looks after them. */
export const SiteSchema = Type.Object(
  {
    site: Type.Object(
      {
        id: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' }),
        name: Text,
        timezone: Type.String(),
        languages: Type.Optional(Type.Array(oneOf(['zh-CN', 'en'] as const))),
      },
      strict,
    ),
    settings: Type.Optional(
      Type.Object(
        {
          incident_window: Type.Optional(Duration),
          publish_after: Type.Optional(Duration),
          publish_confirmed_after: Type.Optional(Duration),
          all_clear_hold: Type.Optional(Duration),
          accept_within: Type.Optional(Duration),
        },
        strict,
      ),
    ),
    buildings: Type.Optional(Type.Array(Building)),
    zones: Type.Optional(Type.Array(Zone)),
    assets: Type.Array(Asset),
    connections: Type.Optional(Type.Record(Type.String({ pattern: '^[a-z0-9][a-z0-9-]*$' }), Connection)),
    mqtt: Type.Optional(Type.Object({ listen: Address }, strict)),
    devices: Type.Array(Device),
    /** Alarms of this site beside those of the profiles; `for` names the device. */
    alarms: Type.Optional(Type.Array(Type.Object({ for: Id, ...AlarmDefinition.properties }, strict))),
    staff: Type.Optional(Type.Array(Person)),
    /** Role or person that gets an order when nobody fits. */
    fallback: Type.Optional(Id),
    channels: Type.Optional(Type.Array(Channel)),
    influx: Type.Optional(Type.Array(InfluxTarget)),
  },
  strict,
)
export type SiteFile = Static<typeof SiteSchema>
export type ChannelConfig = Static<typeof Channel>
