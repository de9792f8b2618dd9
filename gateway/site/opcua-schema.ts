import Type from 'typebox'
import { Duration, oneOf } from '#devices/point.ts'
import { MODES, POLICIES } from '#ingest/opcua/connection.ts'

/** An OPC UA server that the gateway is a client of. */
export const OpcUaServerEntry = Type.Object(
  {
    protocol: oneOf(['opc-ua'] as const),
    endpoint: Type.String({
      pattern: '^opc\\.tcp://[^\\s/]+(/\\S*)?$',
      description: 'opc.tcp://host:4840, with a path where the server has one',
    }),
    security: Type.Optional(
      oneOf(MODES, 'SignAndEncrypt unless said; None sends everything in the clear and believes whoever answers'),
    ),
    policy: Type.Optional(oneOf(POLICIES, 'Basic256Sha256 unless said')),
    user: Type.Optional(Type.String({ minLength: 1, description: 'without one the session is anonymous' })),
    secret: Type.Optional(Type.String({ description: 'of the user: ${file:…} or ${env:…}' })),
    user_certificate: Type.Optional(
      Type.Object(
        { cert: Type.String({ description: 'a PEM file' }), key: Type.String({ description: 'its key, a PEM file' }) },
        { additionalProperties: false, description: 'instead of user and secret' },
      ),
    ),
    publishing: Type.Optional(Duration),
    timeout: Type.Optional(Duration),
  },
  { additionalProperties: false },
)

/** The site as an OPC UA server, for systems above us. */
export const OpcUaViewEntry = Type.Object(
  {
    listen: Type.String({ pattern: '^[^\\s:]+:\\d{1,5}$', description: 'host:port' }),
    users: Type.Optional(
      Type.Array(
        Type.Object(
          {
            user: Type.String({ minLength: 1, maxLength: 64 }),
            secret: Type.String({ description: '${file:…} or ${env:…}' }),
          },
          { additionalProperties: false },
        ),
      ),
    ),
    clients: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        description: 'certificates of the clients that may connect, PEM or DER files; all, with a secret, unless said',
      }),
    ),
    anonymous: Type.Optional(Type.Boolean({ description: 'true lets clients see everything without a secret' })),
  },
  { additionalProperties: false, description: 'values and alarms of the site as an OPC UA server, read-only' },
)
