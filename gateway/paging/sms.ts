import { Temporal } from 'temporal-polyfill'
import type { Channel } from '../channels/channel.ts'
import type { StaffRoad } from './road.ts'

/** A text message by a channel that the site has for residents as well: its account, its template, its limits. */
export function smsRoad(channel: Pick<Channel, 'send'>): StaffRoad {
  return {
    road: 'sms',
    reaches: ({ phone }) => phone !== null,
    send({ id, site, subject, to, at, trace, texts, values }, signal) {
      const nobody = { homes: [], alarmIds: [] }
      const what = { id, site, notice: subject, kind: 'page', phase: 'published', ...nobody } as const
      const when = Temporal.Instant.fromEpochMilliseconds(at).toString()
      const message = { ...what, at: when, trace, texts, values, to: to.phone ?? '' }
      return channel.send(message, signal)
    },
  }
}
