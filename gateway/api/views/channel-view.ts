import { type ChannelConfig, reachOf } from '../../channels/schema.ts'
import type { Pulse } from '../../outbox/sender.ts'
import type { Site } from '../../site/site.ts'
import type { DeadLetter, OutboxCount } from '../../store/outbox-query.ts'
import { timesOf } from '../site-time.ts'

/** A channel as people look after it; nothing of its secrets. `failing`: since when nothing went out. */
export function channelView(
  { plan }: Site,
  pulses: ReadonlyMap<string, Pulse>,
  counts: readonly OutboxCount[],
): (channel: ChannelConfig) => object {
  const time = timesOf(plan.timeZone)
  return (channel) => {
    const { id, type, fallback = null } = channel
    const { lastDeliveredAt = null, failing = null, restsUntil = 0 } = pulses.get(id) ?? {}
    const { waiting = 0, oldestAt = null, accepted = 0, undelivered = 0 } = counts.find((of) => of.channel === id) ?? {}
    return {
      id,
      type,
      reach: reachOf(channel),
      fallback,
      lastDeliveredAt: time(lastDeliveredAt),
      failing: failing && { ...failing, since: time(failing.since) },
      restsUntil: time(failing && restsUntil > 0 ? restsUntil : null),
      waiting,
      oldestAt: time(oldestAt),
      accepted,
      undelivered,
    }
  }
}

/** A message that nobody got. Whom it was for stands as the number of homes alone. */
export function deadLetterView({ plan }: Site): (letter: DeadLetter) => object {
  const time = timesOf(plan.timeZone)
  return ({ id, channel, reason, failedAt, doc: { notice, phase, homes, at } }) => ({
    id,
    channel,
    notice,
    phase,
    homes: homes.length,
    reason,
    at: time(at),
    failedAt: time(failedAt),
  })
}
