import type { Channel, Delivery, Message } from './channel.ts'
import type { ChannelPorts } from './ports.ts'
import { type Answer, deliveryByStatus, post } from './post.ts'
import type { Subscription } from './push-book.ts'
import type { ConfigOf } from './schema.ts'

const AT_ONCE = 8
const HOUR_S = 3_600
/** Of messages that some browsers did not get yet: those that did are not told again. */
const REMEMBERED = 100

/**
 * A push to every browser that asked for it, encrypted for each (RFC 8291). An extra that reaches few: what the push
 * service takes is accepted, never proof that anybody read it. A browser that is gone is forgotten.
 */
export function webPush(config: ConfigOf<'web-push'>, { resolve, push, pushKeys }: ChannelPorts): Channel {
  const { id, contact: subject, allow_private: mayBePrivate = false } = config
  const told = new Map<string, Set<string>>()
  const road = { mayBePrivate, resolve, wantsText: true }

  async function tell(subscription: Subscription, message: Message, signal: AbortSignal): Promise<Delivery> {
    const { default: library } = await import('web-push')
    const { endpoint, p256dh, auth } = subscription
    const vapidDetails = { subject, ...(await pushKeys()) }
    const details = encrypted(() =>
      library.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, payloadOf(message, subscription), {
        vapidDetails,
        TTL: message.phase === 'all_clear' ? HOUR_S : 4 * HOUR_S,
        // A newer message of the same notice takes the place of one that still waits there.
        topic: message.notice.replace(/[^\w-]/g, '').slice(0, 32),
        urgency: message.phase === 'all_clear' ? 'normal' : 'high',
        contentEncoding: 'aes128gcm',
      }),
    )
    // One browser's key is its own trouble: nobody else waits for it.
    if (!details) {
      push().remove(endpoint)
      return { outcome: 'failed', reason: 'no_address' }
    }
    const headers = Object.fromEntries(
      Object.entries(details.headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
    )
    return post({ url: endpoint, headers, body: details.body ?? '' }, { ...road, signal }, (answer) => {
      if (answer.status === 404 || answer.status === 410) push().remove(endpoint)
      return sentBy(answer)
    })
  }

  return {
    id,
    reach: 'group',
    async send(message, signal) {
      const done = told.get(message.id) ?? new Set<string>()
      const subscriptions = push().of(message.homes)
      const waiting = subscriptions.filter(({ endpoint }) => !done.has(endpoint))
      if (subscriptions.length === 0) return { outcome: 'failed', reason: 'no_address' }
      const deliveries: Delivery[] = []
      for (let i = 0; i < waiting.length; i += AT_ONCE) {
        const some = waiting.slice(i, i + AT_ONCE)
        const answers = await Promise.all(some.map((subscription) => tell(subscription, message, signal)))
        answers.forEach(({ outcome }, k) => {
          if (outcome !== 'retry' && outcome !== 'unknown') done.add(some[k]!.endpoint)
        })
        deliveries.push(...answers)
      }
      const open = deliveries.find(({ outcome }) => outcome === 'retry' || outcome === 'unknown')
      if (!open) {
        told.delete(message.id)
        return summed(deliveries)
      }
      if (told.size >= REMEMBERED) told.clear()
      told.set(message.id, done)
      // A repeat replaces itself on the screen: unlike a text, it may be tried again.
      // Nor does what one push service wishes concern the others.
      return {
        outcome: 'retry',
        reason: open.outcome === 'retry' || open.outcome === 'unknown' ? open.reason : 'unknown',
      }
    },
  }
}

function encrypted<T>(work: () => T): T | null {
  try {
    return work()
  } catch {
    return null
  }
}

function summed(deliveries: readonly Delivery[]): Delivery {
  const refused = deliveries.find(({ outcome }) => outcome === 'failed')
  const isTaken = deliveries.length === 0 || deliveries.some(({ outcome }) => outcome === 'accepted')
  return isTaken || !refused ? { outcome: 'accepted' } : refused
}

function sentBy(answer: Answer): Delivery {
  if (answer.status >= 200 && answer.status < 300) return { outcome: 'accepted' }
  const said = `${answer.status} ${answer.text}`.trim().slice(0, 300)
  if (answer.status === 404 || answer.status === 410) return { outcome: 'failed', reason: 'no_address', said }
  return { ...deliveryByStatus(answer), said }
}

/** What the worker of the page shows. `tag`: a newer one of the same notice takes the place of the older. */
function payloadOf({ notice, phase, texts }: Message, { language }: Subscription): string {
  const { title, body } = texts[language]
  return JSON.stringify({ title, body: body.slice(0, 500), tag: notice, phase, lang: language })
}
