import { Webhook } from 'standardwebhooks'
import type { Channel, Delivery } from './channel.ts'

const TIMEOUT_MS = 10_000

/** Signed JSON to a URL of the site file, by the Standard Webhooks scheme. Redirects are not followed. */
export function webhookChannel(
  { id, url, secret }: { id: string; url: string; secret: string },
  wallNow: () => number,
): Channel {
  const signer = new Webhook(Buffer.from(secret), { format: 'raw' })
  return {
    id,
    async send(message, signal) {
      const body = JSON.stringify(message)
      // Of this attempt, by the wall: a receiver refuses old signatures. When it happened stands in the body.
      const at = new Date(wallNow())
      const headers = {
        'content-type': 'application/json',
        'webhook-id': message.id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
        'webhook-signature': signer.sign(message.id, at, body),
      }
      try {
        const response = await fetch(url, {
          method: 'POST',
          body,
          headers,
          redirect: 'manual',
          signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
        })
        await response.body?.cancel()
        return deliveryOf(response)
      } catch (error) {
        signal.throwIfAborted()
        return { outcome: 'retry', reason: error instanceof Error ? error.name : 'unreachable' }
      }
    },
  }
}

function deliveryOf(response: Response): Delivery {
  if (response.ok) return { outcome: 'delivered' }
  const reason = `http_${response.status}`
  if (response.status !== 429 && response.status < 500) return { outcome: 'failed', reason }
  const seconds = Number(response.headers.get('retry-after'))
  return seconds > 0 ? { outcome: 'retry', reason, afterMs: seconds * 1_000 } : { outcome: 'retry', reason }
}
