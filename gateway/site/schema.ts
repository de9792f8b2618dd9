import Type, { type Static } from 'typebox'
import { AlarmDefinition, WASTE_CATEGORIES } from '#devices/alarm-definition.ts'
import { Duration, oneOf, Text } from '#devices/point.ts'
import { NEEDS } from '#rules/plan.ts'
import { ChannelSchema } from '../channels/schema.ts'
import { InfluxTarget } from '../historian/config.ts'
import { PagingSchema } from '../paging/config.ts'
import { SUPERVISION_KEYS } from './supervision-schema.ts'
import { Connection } from './connection-schema.ts'
import { Mqtt, MqttBroker, Outward } from './mqtt-schema.ts'
import { Procedure, Rescue } from './order-schema.ts'
import { PERSON_ROSTER_KEYS, ROSTER_KEYS } from './roster-schema.ts'
import { OpcUaViewEntry } from './opcua-schema.ts'
import { ZONE_LEVELS } from '#rules/notices/settings.ts'
import { NoticesSchema } from './notices-schema.ts'

const ID = '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$'
const Id = Type.String({ pattern: ID, description: 'letters, digits, - and _' })
const Word = Type.String({ pattern: '^[a-z][a-z0-9_-]*$', description: 'small letters, digits, - and _' })
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

const Numbers = Type.Array(Type.Integer({ minimum: 1, maximum: 99 }), {
  minItems: 1,
  description: 'numbers of homes on each floor: [1, 2] are 0101, 0102, 0201, …',
})
const Floors = Type.Array(Type.Integer(), { minItems: 2, maxItems: 2, description: 'first and last floor' })
const Building = Type.Object(
  {
    id: Id,
    name: Type.Optional(Text),
    region: Type.Optional(Word),
    floors: Type.Integer({ minimum: 1, maximum: 200 }),
    homes_per_floor: Type.Integer({
      minimum: 1,
      maximum: 99,
      description: 'homes are named building-floor number: B2-1803 is the third on floor 18 of B2',
    }),
    entrances: Type.Optional(
      Type.Array(Type.Object({ id: Id, name: Type.Optional(Text), homes: Numbers }, strict), {
        minItems: 1,
        description: 'staircases with their own lifts and door; without them the building is one',
      }),
    ),
  },
  strict,
)
const Riser = Type.Object(
  { id: Id, name: Type.Optional(Text), building: Id, homes: Numbers, floors: Type.Optional(Floors) },
  strict,
)
const Zone = Type.Object(
  {
    id: Id,
    name: Type.Optional(Text),
    buildings: Type.Array(Id, { minItems: 1 }),
    floors: Floors,
    level: Type.Optional(oneOf(ZONE_LEVELS, 'how late its water is back after a stop; low is at once')),
  },
  strict,
)
const Room = Type.Object(
  {
    id: Id,
    name: Text,
    route: Type.Optional(
      Type.String({
        pattern: ID,
        description:
          'of a bin point: the round that passes it; what is full on it is one order until somebody is there',
      }),
    ),
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
    parent: Type.Optional(
      Type.String({ description: 'the asset it is part of: while that one is in alarm, this one is not told apart' }),
    ),
    fed_by: Type.Optional(
      Type.Array(Type.String(), {
        description: 'the assets that give it power or water; nothing is switched while somebody works there',
      }),
    ),
    standby: Type.Optional(
      oneOf(['none'] as const, 'nothing takes over when it stops: its P2 faults are looked after day and night'),
    ),
    category: Type.Optional(oneOf(WASTE_CATEGORIES, 'of a waste bin: what goes into it')),
    serves: Type.Optional(
      Type.Object(
        {
          zones: Type.Optional(Type.Array(Id)),
          buildings: Type.Optional(Type.Array(Id)),
          entrances: Type.Optional(Type.Array(Id)),
          risers: Type.Optional(Type.Array(Id)),
          homes: Type.Optional(Type.Array(Id)),
          floors: Type.Optional(Floors),
          need: Type.Optional(
            Type.Array(oneOf(NEEDS), { description: 'what it can do that others of its kind may not' }),
          ),
          service: Type.Optional(
            Type.String({
              pattern: '^[a-z][a-z0-9_-]*$',
              description: 'what homes get from it, its kind unless said: what gives the same stands in for it',
            }),
          ),
        },
        { ...strict, description: 'the homes that are told when it fails' },
      ),
    ),
  },
  strict,
)
const Device = Type.Object(
  {
    id: Id,
    profile: Word,
    asset: Type.Optional(Id),
    connection: Type.Optional(Type.String({ description: 'Modbus, OPC UA: the name of an entry of connections' })),
    unit_id: Type.Optional(Type.Integer({ minimum: 0, maximum: 255, description: 'Modbus: the unit on it' })),
    bridge: Type.Optional(
      Type.String({
        description:
          'MQTT, LoRaWAN: the entry of mqtt.bridges that publishes for it, or of mqtt_brokers where it publishes',
      }),
    ),
    dev_eui: Type.Optional(
      Type.String({ pattern: '^[0-9a-fA-F]{16}$', description: 'LoRaWAN: 16 hex digits, printed on the sensor' }),
    ),
    topic_name: Type.Optional(
      Type.String({
        pattern: '^[^#+\\s/]([^#+]*[^#+\\s/])?$',
        maxLength: 96,
        description: 'MQTT: what stands for {id} in the topics of its profile, where that is not its id',
      }),
    ),
    node_name: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 256,
        description: 'OPC UA: what stands for {id} in the node ids of its profile, where that is not its id',
      }),
    ),
    parameters: Type.Optional(
      Type.Record(Type.String({ pattern: '^[a-z][a-z0-9_]*$' }), Type.Number(), {
        description: 'what its profile leaves to each device, such as the height of a bin',
      }),
    ),
    secret: Type.Optional(
      Type.String({ description: 'MQTT: ${file:…} or ${env:…}; without it, what caretaker secret DEVICE prints' }),
    ),
  },
  strict,
)
const Person = Type.Object(
  {
    id: Id,
    role: oneOf(STAFF_ROLES),
    regions: Type.Array(Word),
    skills: Type.Array(Word),
    ...PERSON_ROSTER_KEYS,
  },
  strict,
)
/** The site file. Profiles say what devices are; the site says which there are, where, and who looks after them. */
export const SiteSchema = Type.Object(
  {
    site: Type.Object(
      {
        id: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' }),
        name: Text,
        timezone: Type.String({ description: 'IANA name, such as Asia/Shanghai' }),
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
          orders: Type.Optional(Procedure),
          quiet_hours: Type.Optional(
            Type.String({
              pattern: '^([01]\\d|2[0-3]):[0-5]\\d-([01]\\d|2[0-3]):[0-5]\\d$',
              description: "residents' telephones do not ring then, unless they must act; 22:00-06:30 unless said",
            }),
          ),
          sms_price: Type.Optional(
            Type.Number({ minimum: 0, maximum: 10, description: 'yuan for a part of a text message, 0.1 unless said' }),
          ),
          sms_cap: Type.Optional(
            Type.Number({
              minimum: 0,
              description: 'yuan; a notice that costs more needs a second person, 200 unless said',
            }),
          ),
          operators: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 100,
              description:
                'who hear of alarms at one time, 1 unless said: ten announcements in 10 min to each are a flood',
            }),
          ),
        },
        strict,
      ),
    ),
    buildings: Type.Optional(Type.Array(Building)),
    zones: Type.Optional(Type.Array(Zone, { description: 'floors of buildings that one asset serves together' })),
    risers: Type.Optional(Type.Array(Riser, { description: 'homes above each other on one pipe or cable' })),
    rooms: Type.Optional(Type.Array(Room, { description: 'names of plant rooms and bin points' })),
    assets: Type.Array(Asset, { description: 'the equipment that can fail, and whom it serves' }),
    connections: Type.Optional(Type.Record(Type.String({ pattern: '^[a-z0-9][a-z0-9-]*$' }), Connection)),
    opcua_server: Type.Optional(OpcUaViewEntry),
    mqtt: Type.Optional(Mqtt),
    mqtt_brokers: Type.Optional(
      Type.Array(MqttBroker, { description: 'brokers of others: devices are read through them, or they are told' }),
    ),
    outward: Type.Optional(Outward),
    devices: Type.Array(Device),
    alarms: Type.Optional(
      Type.Array(Type.Object({ for: Id, ...AlarmDefinition.properties }, strict), {
        description: 'alarms of this site beside those of the profiles; for names the device',
      }),
    ),
    ...ROSTER_KEYS,
    staff: Type.Optional(Type.Array(Person)),
    fallback: Type.Optional(
      Type.String({ pattern: ID, description: 'role or person that gets an order when nobody fits' }),
    ),
    rescue: Type.Optional(Rescue),
    paging: Type.Optional(PagingSchema),
    notices: Type.Optional(NoticesSchema),
    ...SUPERVISION_KEYS,
    channels: Type.Optional(Type.Array(ChannelSchema, { description: 'how people are told; the screen unless said' })),
    influx: Type.Optional(Type.Array(InfluxTarget, { description: 'databases that get every reading as well' })),
    history: Type.Optional(
      Type.Object(
        {
          readings: Type.Optional(Duration),
          minutes: Type.Optional(Duration),
          hours: Type.Optional(Duration),
        },
        { ...strict, description: 'how long readings are kept here, and their sums by minute and hour' },
      ),
    ),
    charts: Type.Optional(
      oneOf(
        ['local', 'influx'] as const,
        'where charts come from while the first database is there; local unless said',
      ),
    ),
  },
  strict,
)
export type SiteFile = Static<typeof SiteSchema>
