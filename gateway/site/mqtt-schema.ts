import Type from 'typebox'
import { oneOf } from '#devices/point.ts'
import { NETWORKS } from '#ingest/mqtt/network.ts'

const ID = '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$'
const Id = Type.String({ pattern: ID, description: 'letters, digits, - and _' })
const Address = Type.String({ pattern: '^[^\\s:]+:\\d{1,5}$', description: 'host:port' })
const strict = { additionalProperties: false } as const

export const Mqtt = Type.Object(
  {
    listen: Address,
    tls: Type.Optional(
      Type.Object(
        {
          listen: Address,
          cert: Type.String({ description: 'the certificate with its chain, a PEM file' }),
          key: Type.String({ description: 'its private key, a PEM file' }),
        },
        { ...strict, description: 'a second door, with TLS 1.2 or newer' },
      ),
    ),
    bridges: Type.Optional(
      Type.Array(
        Type.Object(
          {
            id: Id,
            network: oneOf(NETWORKS, 'what stands behind it; plain: whatever publishes the topics of its devices'),
            secret: Type.Optional(
              Type.String({
                description: '${file:…} or ${env:…}; without it, what caretaker secret BRIDGE prints',
              }),
            ),
          },
          strict,
        ),
        { description: 'clients that publish for several devices: LoRaWAN network servers, Zigbee2MQTT' },
      ),
    ),
    readers: Type.Optional(
      Type.Array(
        Type.Object(
          {
            id: Id,
            secret: Type.Optional(
              Type.String({
                description: '${file:…} or ${env:…}; without it, what caretaker secret READER prints',
              }),
            ),
          },
          strict,
        ),
        { description: 'clients that may read what the gateway publishes outward, and nothing else' },
      ),
    ),
  },
  { ...strict, description: 'the broker of the gateway, for devices that publish' },
)

const Level = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'one level of a topic' })
export const MqttBroker = Type.Object(
  {
    id: Id,
    url: Type.String({
      pattern: '^mqtts?://([^/@?#:\\[\\]\\s]+|\\[[0-9a-fA-F:]+\\])(:\\d{1,5})?$',
      description: 'mqtt://host:port, or mqtts:// with TLS; without credentials',
    }),
    protocol: Type.Optional(
      Type.Unsafe<'3.1.1' | 5>({ enum: ['3.1.1', 5], description: 'version of MQTT; 3.1.1 unless said' }),
    ),
    client_id: Type.Optional(
      Type.String({
        pattern: '^[^\\s/+#]{1,128}$',
        description: 'caretaker-SITE unless said; no other client may have it',
      }),
    ),
    username: Type.Optional(Type.String({ minLength: 1 })),
    secret: Type.Optional(Type.String({ description: 'its password: ${file:…} or ${env:…}' })),
    tls: Type.Optional(
      Type.Object(
        {
          ca: Type.Optional(
            Type.String({ description: 'PEM file that the broker is known by, instead of the usual authorities' }),
          ),
          cert: Type.Optional(
            Type.String({ description: 'certificate of the gateway, where the broker asks for one' }),
          ),
          key: Type.Optional(Type.String({ description: 'its private key' })),
        },
        strict,
      ),
    ),
    share: Type.Optional(
      Type.String({
        pattern: '^[^/+#\\s]{1,64}$',
        description: 'group of a shared subscription: of all gateways in it each message comes to one',
      }),
    ),
    networks: Type.Optional(
      Type.Array(oneOf(NETWORKS), { minItems: 1, description: 'what publishes there; plain unless said' }),
    ),
  },
  strict,
)

export const Outward = Type.Object(
  {
    to: Type.Array(Type.String({ pattern: ID }), {
      minItems: 1,
      uniqueItems: true,
      description: 'entries of mqtt_brokers; own is the broker of the gateway',
    }),
    topic: Type.Optional(Level),
    home_assistant: Type.Optional(
      Type.Unsafe<boolean | string>({
        anyOf: [{ type: 'boolean' }, Level],
        description: 'true to let Home Assistant find the devices; the prefix, where it is not homeassistant',
      }),
    ),
  },
  { ...strict, description: 'what the gateway publishes: values, alarms, orders; nothing unless said' },
)
