import Type, { type Static } from 'typebox'
import { Duration, oneOf } from '#devices/point.ts'
import type { BotType } from './bot-type.ts'

const strict = { additionalProperties: false } as const
const Id = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$',
  description: 'letters, digits, - and _',
})
const Secret = (description: string) => Type.String({ description: `${description}: \${file:…} or \${env:…}` })
const Url = Type.String({ pattern: '^https?://' })
const Inside = Type.Optional(
  Type.Boolean({ description: 'true when the receiver stands on this machine or in the local network' }),
)
const PerMinute = (otherwise: number) =>
  Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 60_000,
      description: `most messages in any minute, ${otherwise} unless said; what the provider's contract allows`,
    }),
  )
/** Of every channel. */
const road = {
  id: Id,
  fallback: Type.Optional(
    Type.String({ description: 'the channel that is tried where this one fails; of the same reach' }),
  ),
  fallback_after: Type.Optional(Duration),
}

const Webhook = Type.Object(
  { ...road, type: oneOf(['webhook'] as const), url: Url, secret: Type.String(), allow_private: Inside },
  strict,
)
const Screen = Type.Object({ ...road, type: oneOf(['screen'] as const) }, strict)
const Bot = <T extends BotType>(type: T) =>
  Type.Object(
    {
      ...road,
      type: oneOf([type]),
      key: Secret("the last part of the bot's address, a secret"),
      secret: Type.Optional(Type.String({ description: 'where the bot wants signed messages' })),
      url: Type.Optional(Type.String({ pattern: '^https?://', description: "another host than the provider's own" })),
      allow_private: Type.Optional(Type.Boolean()),
    },
    strict,
  )
const [WecomBot, DingtalkBot, FeishuBot] = [Bot('wecom-bot'), Bot('dingtalk-bot'), Bot('feishu-bot')]

const AliyunSms = Type.Object(
  {
    ...road,
    type: oneOf(['aliyun-sms'] as const),
    access_key_id: Secret('of a RAM user that may only send SMS'),
    access_key_secret: Secret('of the same user'),
    sign_name: Type.String({ minLength: 2, maxLength: 12, description: 'the approved signature, without 【】' }),
    templates: Type.Array(
      Type.Object(
        {
          kind: Type.String({
            description:
              'kind of notice, such as water-off; other for all that have none; page for staff; sign-in for codes',
          }),
          phase: Type.String({
            pattern: '^[a-z_]+$',
            description: 'published, extended, all_clear and so on; test for a test of the channel',
          }),
          code: Type.String({ pattern: '^SMS_\\w+$', description: 'the approved template' }),
          text: Type.String({
            minLength: 1,
            maxLength: 500,
            description: 'its text as approved, with ${asset} and so on',
          }),
        },
        strict,
      ),
      { minItems: 1 },
    ),
    per_minute: PerMinute(600),
    receipts: Type.Optional(
      Type.Object(
        {
          token: Secret('the last part of the address that receipts are pushed to'),
          from: Type.Optional(
            Type.Array(Type.String({ description: 'address or network, such as 10.0.0.0/8' }), { minItems: 1 }),
          ),
        },
        { ...strict, description: 'where the provider can reach the gateway; otherwise it is asked' },
      ),
    ),
    url: Type.Optional(Url),
    allow_private: Inside,
  },
  strict,
)
const Fields = Type.Record(Type.String(), Type.String())
const Answer = (description: string) =>
  Type.Record(Type.String({ pattern: '^[A-Za-z_]\\w*$' }), oneOf(['number', 'text', 'bool'] as const), { description })
/** Asked for with GET and the headers of the channel, 30 s to 10 min after the message was taken. */
const Receipt = Type.Object(
  {
    url: Type.String({ pattern: '^https?://', description: 'with {ref}, {id}, {to} or {secret}' }),
    answer: Answer('the fields of the JSON answer that the conditions speak of'),
    delivered: Type.String({ description: 'a condition over the answer: it is on the telephone' }),
    failed: Type.Optional(Type.String({ description: 'a condition over the answer: it will never be' })),
  },
  { ...strict, description: 'where the provider is asked what became of a message; without it nothing is delivered' },
)
const HttpSms = Type.Object(
  {
    ...road,
    type: oneOf(['http-sms'] as const),
    url: Url,
    method: Type.Optional(oneOf(['POST', 'PUT', 'GET'] as const)),
    headers: Type.Optional(Fields),
    secret: Type.Optional(Secret('stands for {secret} in headers and fields')),
    form: Type.Optional(Fields),
    json: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    answer: Answer('the fields of the JSON answer that the conditions speak of'),
    success: Type.String({ description: 'a condition over the answer, such as code == 0' }),
    retry: Type.Optional(Type.String({ description: 'a condition over the answer: later it may work' })),
    bad_number: Type.Optional(Type.String({ description: 'a condition over the answer: no such telephone' })),
    ref: Type.Optional(
      Type.String({ minLength: 1, description: "the field of the answer with the provider's number" }),
    ),
    receipt: Type.Optional(Receipt),
    per_minute: PerMinute(60),
    allow_private: Inside,
  },
  strict,
)
const Email = Type.Object(
  {
    ...road,
    type: oneOf(['email'] as const),
    host: Type.String({ minLength: 1 }),
    port: Type.Integer({ minimum: 1, maximum: 65_535 }),
    tls: oneOf(['implicit', 'starttls'] as const, 'implicit: usually port 465; starttls: usually 587. Never without.'),
    ca_file: Type.Optional(Type.String({ description: 'a PEM file, where the server has a certificate of your own' })),
    user: Type.Optional(Type.String()),
    password: Type.Optional(Secret('of the mailbox')),
    from: Type.String({ pattern: '^[^<>\\s@]+@[^<>\\s@]+$' }),
    unsubscribe: Type.Optional(
      Type.String({ pattern: '^(mailto:|https://)', description: 'where to leave; a mail to from unless said' }),
    ),
    per_minute: PerMinute(60),
    allow_private: Inside,
  },
  strict,
)
const WebPush = Type.Object(
  {
    ...road,
    type: oneOf(['web-push'] as const),
    contact: Type.String({
      pattern: '^(mailto:|https://)',
      description: 'whom the push service may write to about this sender',
    }),
    allow_private: Type.Optional(Type.Boolean()),
  },
  strict,
)

const ALL = [Webhook, Screen, WecomBot, DingtalkBot, FeishuBot, AliyunSms, HttpSms, Email, WebPush] as const
/** How people are told. Secrets by reference. */
export const ChannelSchema = Type.Unsafe<Static<(typeof ALL)[number]>>({
  type: 'object',
  discriminator: { propertyName: 'type' },
  required: ['type'],
  oneOf: [...ALL],
})
export type ChannelConfig = Static<typeof ChannelSchema>
export type ConfigOf<T extends ChannelConfig['type']> = Extract<ChannelConfig, { type: T }>

const TO_PERSONS: ReadonlySet<ChannelConfig['type']> = new Set(['aliyun-sms', 'http-sms', 'email'])

/** Whether a channel writes to one person at a time, or to whoever reads along. */
export function reachOf({ type }: Pick<ChannelConfig, 'type'>): 'group' | 'person' {
  return TO_PERSONS.has(type) ? 'person' : 'group'
}
