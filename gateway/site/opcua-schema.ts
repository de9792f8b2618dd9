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
