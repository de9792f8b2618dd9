import Type, { type Static } from 'typebox'
import { PayloadLayout } from './payload-layout.ts'
import { Name, oneOf, Text } from './point.ts'
import { TIME_UNITS } from './source-time.ts'

const strict = { additionalProperties: false } as const

const Topic = Type.String({
  pattern: '^[^#+]+$',
  description: "with {id} for the device's id, or for its topic_name; the device may publish exactly this",
})
const TimeUnit = oneOf(TIME_UNITS, 'of a time that is a number: since the epoch, or since 2000; ms unless said')

/** Readings of earlier times within one message: a backlog lands at its own time. */
const Records = Type.Object(
  {
    path: Type.String({ minLength: 1, description: 'where the list stands; the points are looked for in each entry' }),
    time: Type.String({ minLength: 1, description: 'path of the time within an entry' }),
    time_unit: Type.Optional(TimeUnit),
  },
  { ...strict, description: 'a list of readings of earlier times within a message' },
)

const Availability = Type.Object(
  {
    topic: Topic,
    path: Type.Optional(Type.String({ minLength: 1, description: 'where the word stands, if the payload is JSON' })),
    online: Type.String({ description: 'the word that says it is there' }),
    offline: Type.String({ description: 'the word that says it is gone; often sent as its will' }),
  },
  { ...strict, description: 'a topic that says whether the device is there; gone for 30 s, its points are bad' },
)

/** For devices that publish to the broker of the gateway, themselves or through a bridge. */
export const MqttProfile = Type.Object(
  {
    topic: Topic,
    topics: Type.Optional(
      Type.Record(
        Name,
        Type.Union([
          Topic,
          Type.Object(
            { topic: Topic, payload: Type.Optional(oneOf(['json', 'text'] as const, 'text: the bare value')) },
            strict,
          ),
        ]),
        { description: 'further topics, each under a name that the points use' },
      ),
    ),
    availability: Type.Optional(Availability),
    unread: Type.Optional(
      Type.Array(Type.String({ pattern: '^[^#]*#?$' }), {
        description:
          'what it publishes as well and nobody reads (filters with + and #): taken, neither kept nor passed on',
      }),
    ),
    subscribe: Type.Optional(
      Type.Array(Type.String({ pattern: '^[^$#+][^#]*#?$' }), {
        description:
          'what it may subscribe to, such as its commands (filters with + and #, with {id}); nothing unless said',
      }),
    ),
    partial: Type.Optional(
      Type.Boolean({
        description: 'true: a message may speak of none of the points; otherwise such a message is refused',
      }),
    ),
    seq: Type.Optional(
      Type.String({ description: 'path of a sequence number of the device: a re-sent message has one effect' }),
    ),
    time: Type.Optional(
      Type.String({ description: 'path of the source time: ISO 8601 with an offset, or since the epoch' }),
    ),
    time_unit: Type.Optional(TimeUnit),
    records: Type.Optional(Records),
  },
  { ...strict, description: 'for devices that publish to the broker of the gateway' },
)
export type MqttProfile = Readonly<Static<typeof MqttProfile>>

/** For devices that a LoRaWAN network server hands on: who decodes their bytes. */
export const LorawanProfile = Type.Object(
  {
    layout: Type.Optional(PayloadLayout),
    codec: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*\\.js$',
        description: "the vendor's codec (TS013: decodeUplink), a file beside the profile; run in a sandbox",
      }),
    ),
    decoded: Type.Optional(
      Type.Boolean({ description: 'true: take what the network server decoded, with a codec that runs there' }),
    ),
    records: Type.Optional(Records),
  },
  { ...strict, description: 'for LoRaWAN sensors: give layout, or codec, or decoded' },
)
export type LorawanProfile = Readonly<Static<typeof LorawanProfile>>

/** What differs from one device of a model to the next, such as the height of its bin. */
export const Parameters = Type.Record(
  Name,
  Type.Object(
    {
      name: Text,
      unit: Type.Optional(Type.String()),
      default: Type.Number(),
      range: Type.Optional(Type.Array(Type.Number(), { minItems: 2, maxItems: 2 })),
    },
    strict,
  ),
  { description: 'what each device may set under parameters in the site file, with the value otherwise' },
)
export type Parameters = Readonly<Static<typeof Parameters>>

/** The topics of a profile by name; the main one under ''. */
export function topicsOf({ topic, topics = {} }: MqttProfile): ReadonlyMap<string, { topic: string; isText: boolean }> {
  return new Map([
    ['', { topic, isText: false }],
    ...Object.entries(topics).map(
      ([name, entry]) =>
        [
          name,
          typeof entry === 'string'
            ? { topic: entry, isText: false }
            : { topic: entry.topic, isText: entry.payload === 'text' },
        ] as const,
    ),
  ])
}
