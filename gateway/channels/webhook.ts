import { Webhook } from 'standardwebhooks'
import type { Channel } from './channel.ts'
import { deliveryByStatus, post, type Resolve, resolveName } from './post.ts'

type Config = Readonly<{ id: string; url: string; secret: string; allow_private?: boolean | undefined }>

/** Signed JSON to a URL of the site file, by the Standard Webhooks scheme. */
export function webhookChannel(
  { id, url, secret, allow_private: mayBePrivate = false }: Config,
  wallNow: () => number,
  resolve: Resolve = resolveName,
): Channel {
  const signer = new Webhook(Buffer.from(secret), { format: 'raw' })
  return {
    id,
    reach: 'group',
    isRecord: true,
    async send({ values: _, ...message }, signal) {
      const body = JSON.stringify(message)
      // Of this attempt, by the wall: a receiver refuses old signatures. When it happened stands in the body.
      const at = new Date(wallNow())
      const headers = {
        'content-type': 'application/json',
        'webhook-id': message.id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
        'webhook-signature': signer.sign(message.id, at, body),
      }
      const delivery = await post({ url, headers, body }, { mayBePrivate, resolve, signal }, deliveryByStatus)
      // The receiver knows a repeat by its id.
      return delivery.outcome === 'unknown' ? { ...delivery, outcome: 'retry' } : delivery
    },
  }
}
