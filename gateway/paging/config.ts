import Type, { type Static } from 'typebox'
import { oneOf } from '#devices/point.ts'

const strict = { additionalProperties: false } as const
const Url = Type.String({ pattern: '^https?://' })
const Secret = Type.String({ description: 'a secret: ${file:…} or ${env:…}' })
const Private = Type.Optional(
  Type.Boolean({ description: 'true when it stands on this machine or in the local network' }),
)

const Aliyun = Type.Object(
  {
    type: oneOf(['aliyun'] as const),
    key_id: Type.String({ minLength: 1 }),
    key_secret: Secret,
    template: Type.String({
      pattern: '^TTS_',
      description: 'the approved text; its variables: class, name, place, number, person',
    }),
    show_number: Type.Optional(Type.String({ pattern: '^\\+?\\d{5,20}$' })),
    report_token: Type.Optional(Secret),
    url: Type.Optional(Url),
    allow_private: Private,
  },
  strict,
)
const Http = Type.Object(
  {
    type: oneOf(['http'] as const),
    url: Url,
    secret: Secret,
    report_token: Type.Optional(Secret),
    allow_private: Private,
  },
  strict,
)

/** Of the site file: by what staff is called. */
export const PagingSchema = Type.Object(
  {
    room: Type.Optional(
      Type.String({ description: 'role or person of the room that the sounder stands in; monitor unless said' }),
    ),
    link: Type.Optional(Type.String({ pattern: '^https?://[^/]+$', description: 'where staff opens this page' })),
    sounder: Type.Optional(
      Type.Object(
        { on: Url, off: Url, method: Type.Optional(oneOf(['GET', 'POST'] as const)) },
        {
          ...strict,
          description: 'horn and light of the monitoring room, switched by one request in the local network',
        },
      ),
    ),
    voice: Type.Optional(
      Type.Unsafe<Static<typeof Aliyun> | Static<typeof Http>>({
        type: 'object',
        discriminator: { propertyName: 'type' },
        required: ['type'],
        oneOf: [Aliyun, Http],
      }),
    ),
    card: Type.Optional(
      Type.Object(
        {
          type: oneOf(['wecom'] as const),
          corp_id: Type.String({ minLength: 1 }),
          agent_id: Type.Integer({ minimum: 1 }),
          secret: Secret,
          callback: Type.Optional(
            Type.Object({ token: Secret, aes_key: Secret }, { ...strict, description: 'of the app: receive messages' }),
          ),
          url: Type.Optional(Url),
          allow_private: Private,
        },
        strict,
      ),
    ),
    sms: Type.Optional(Type.String({ description: 'a channel that sends text messages' })),
  },
  { ...strict, description: 'by what staff is called; nobody is, unless there is a road' },
)
/** Secrets stand here resolved where it is part of a site. */
export type PagingConfig = Static<typeof PagingSchema>
