import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import { SmsReport } from '../../channels/sms-receipts.ts'
import { testChannel } from '../../sending.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { channelView, deadLetterView } from '../views/channel-view.ts'
import { IdParams, NoQuery } from './collection.ts'
import { commandRoute } from './commands.ts'

const exact = { additionalProperties: false } as const
const Test = Type.Object(
  { to: Type.Optional(Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\r\\n]+$' })) },
  exact,
)
const ReceiptParams = Type.Object(
  { ...IdParams.properties, token: Type.String({ minLength: 1, maxLength: 200 }) },
  exact,
)
const MOST_LISTED = 200

/** The roads to people: how they do, whether they work, and what did not get through. */
export function channels(context: ApiContext): FastifyPluginAsyncTypebox {
  const { site, sending } = context
  const config = { access: { roles: PERMISSIONS.readChannels } }
  const viewOfLetter = deadLetterView(site)

  return async (app) => {
    app.get(
      '/api/v1/channels',
      { config, schema: { summary: 'Channels to people: what waits, what failed, since when', querystring: NoQuery } },
      async () => {
        const view = channelView(site, sending.pulses(), await sending.counts())
        return { items: site.channels.map(view), next: null }
      },
    )
    app.post(
      '/api/v1/channels/:id/test',
      {
        config: { access: { roles: PERMISSIONS.testChannels } },
        schema: {
          summary: "Send one message now and answer in the provider's own words",
          params: IdParams,
          querystring: NoQuery,
          body: Test,
        },
      },
      async (request) => {
        const { params, body, identity } = request
        const gone = new AbortController()
        request.raw.socket.once('close', () => gone.abort(new Fault('stopping')))
        return testChannel(context, { account: identity!.id, channel: params.id, to: body.to }, gone.signal)
      },
    )
    app.get(
      '/api/v1/messages/undelivered',
      { config, schema: { summary: 'Messages of the last day that nobody got, and why', querystring: NoQuery } },
      async () => ({ items: (await sending.undelivered(MOST_LISTED)).map(viewOfLetter), next: null }),
    )
    commandRoute(app, context, {
      summary: 'Try a message again that nobody got',
      path: '/api/v1/messages/:id/requeue',
      permission: 'requeue',
      body: {},
      command: async (message, _, { id: by }) => {
        const row = await context.read.messageRow(message)
        if (row?.state !== 'failed') throw new Fault('unknown_message', { message })
        const { notice, trace } = row.doc
        return { type: 'message.requeue', notice, trace, message, channel: row.channel, by }
      },
    })
    // No account of ours: the provider knows the token of the site file, and may be held to its addresses.
    app.post(
      '/api/v1/channels/:id/receipts/:token',
      {
        config: { access: 'open' },
        schema: {
          summary: 'Receipts of an SMS provider',
          params: ReceiptParams,
          querystring: NoQuery,
          body: SmsReport,
        },
        preValidation: async ({ params, ip }) => {
          const { id, token } = params as { id: string; token: string }
          if (!sending.receipts.isWelcome(id, { token, address: ip })) throw new Fault('not_found')
        },
      },
      async ({ params, body }) => {
        await sending.receipts.take(params.id, body)
        return { code: 0, msg: 'OK' }
      },
    )
  }
}
