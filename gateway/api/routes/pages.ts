import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { timesOf } from '../site-time.ts'
import { NoQuery } from './collection.ts'

const Query = Type.Object(
  {
    subject: Type.Optional(Type.String({ maxLength: 64, description: 'the order, case or handover they are about' })),
    state: Type.Optional(Type.Union([Type.Literal('open'), Type.Literal('ended')])),
    before: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 100 }),
  },
  { additionalProperties: false },
)
const Signature = {
  msg_signature: Type.String({ maxLength: 64 }),
  timestamp: Type.String({ maxLength: 20 }),
  nonce: Type.String({ maxLength: 64 }),
}
const Echo = Type.Object({ ...Signature, echostr: Type.String({ maxLength: 2_000 }) }, { additionalProperties: false })
const Signed = Type.Object(Signature, { additionalProperties: false })
const LARGEST_XML = 64 * 1_024

/** One report of the voice provider: Aliyun's own words, or ours from a generic one. */
const Report = Type.Object(
  {
    out_id: Type.Optional(Type.String({ maxLength: 100 })),
    status_code: Type.Optional(Type.String({ maxLength: 20 })),
    dtmf: Type.Optional(Type.Union([Type.String({ maxLength: 20 }), Type.Null()])),
    id: Type.Optional(Type.String({ maxLength: 100 })),
    answered: Type.Optional(Type.Boolean()),
    key: Type.Optional(Type.Union([Type.String({ maxLength: 20 }), Type.Null()])),
  },
  // The provider adds what it likes: call_id, duration, tolls.
  { additionalProperties: true },
)
const Reports = Type.Union([Report, Type.Array(Report, { maxItems: 1_000 })])
/** Aliyun: the call was taken. */
const ANSWERED = '200000'

/** The ledger of pages, and what the far ends of the roads say people answered. */
export function pages({ site, read, pageAnswers }: ApiContext): FastifyPluginAsyncTypebox {
  const time = timesOf(site.plan.timeZone)
  const open = { access: 'open' as const }

  return async (app) => {
    app.get(
      '/api/v1/pages',
      {
        config: { access: { roles: PERMISSIONS.readOrders } },
        schema: { summary: 'Who was called, by what, and what came of it; newest first', querystring: Query },
      },
      async ({ query }) => {
        const { items, next } = await read.list('pages', query)
        const shown = items.map(({ answeredAt, endedAt, tries, ...page }) => ({
          ...page,
          tries: tries.map((tried) => ({ ...tried, at: time(tried.at), settledAt: time(tried.settledAt) })),
          answeredAt: time(answeredAt),
          endedAt: time(endedAt),
        }))
        return { items: shown, next }
      },
    )
    await app.register(async (card) => {
      // S12: parsed by us, and only after its signature was found right.
      card.addContentTypeParser(
        ['text/xml', 'application/xml'],
        { parseAs: 'string', bodyLimit: LARGEST_XML },
        (_request, body, done) => done(null, body),
      )
      card.get(
        '/api/v1/paging/card',
        { config: open, schema: { summary: 'WeCom makes sure that the address is ours', querystring: Echo } },
        async ({ query }, reply) => {
          const { echostr, ...signature } = query as CardSignature & { echostr: string }
          return reply.type('text/plain').send(pageAnswers.cardEcho(signature, echostr))
        },
      )
      card.post(
        '/api/v1/paging/card',
        {
          config: open,
          schema: {
            summary: 'A button of a card was pressed; signed and encrypted by WeCom',
            querystring: Signed,
            body: Type.Unknown(),
          },
        },
        async ({ query, body }, reply) => {
          if (typeof body !== 'string') throw new Fault('forbidden')
          await pageAnswers.cardEvent(query as CardSignature, body)
          return reply.type('text/plain').send('success')
        },
      )
    })
    app.post(
      '/api/v1/paging/voice/:id',
      {
        config: open,
        schema: {
          summary: 'What became of calls: taken, which key; the address holds the token that was agreed on',
          params: VoiceParams,
          querystring: NoQuery,
          body: Reports,
        },
      },
      async ({ params: { id: token }, body }) => {
        const reports = (Array.isArray(body) ? body : [body]).map((report) => ({
          id: report.out_id ?? report.id ?? '',
          isAnswered: report.status_code === undefined ? report.answered === true : report.status_code === ANSWERED,
          key: report.dtmf ?? report.key ?? null,
        }))
        await pageAnswers.voiceReports(token, reports)
        // As the provider wants to hear it.
        return { code: 0, msg: 'ok' }
      },
    )
  }
}

type CardSignature = Readonly<{ msg_signature: string; timestamp: string; nonce: string }>
const VoiceParams = Type.Object(
  { id: Type.String({ pattern: '^[\\x21-\\x7e]{1,200}$' }) },
  { additionalProperties: false },
)
