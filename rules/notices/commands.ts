import type { MessageResult } from './events.ts'

/** What people do about notices, and what became of messages. */
export type NoticeCommands = {
  'notice.confirm': { notice: string; by: string }
  'notice.reject': { notice: string; by: string; reason: string }
  'notice.update': { notice: string; by: string; text: string }
  /** Of an outage: it is over, where no sensor can tell. Of planned work: it is done. `name`: who looked on site. */
  'notice.end': { notice: string; by: string; name?: string }
  /** Planned work; `from` and `to` are the wall's. `rules` are the alarms that are expected. */
  'notice.plan': {
    kind: string
    work: string
    assets: readonly string[]
    /** Unless said, those whom the assets serve. */
    homes?: readonly string[]
    rules: readonly string[]
    /** Unless said, the rules of the assets that tell residents of such an outage. */
    points?: readonly string[]
    from: number
    to: number
    by: string
    second?: string
    reason?: string
    workOrder?: string
    needsQuality?: boolean
  }
  'notice.reschedule': { notice: string; from: number; to: number; by: string; second?: string; reason: string }
  'notice.cancel': { notice: string; by: string; reason: string }
  /** A new end while the work goes on. */
  'notice.extend': { notice: string; to: number; by: string }
  /** Drinking water after work on a tank. */
  'notice.measure': { notice: string; by: string; turbidityNtu: number; freeChlorineMgL: number }
  /**
   * What became of a message. `accepted`: the provider took it, and a receipt may tell more; `ref` is its own number.
   * `next`: the channel that is tried instead.
   */
  'message.settle': {
    notice: string
    trace: string
    message: string
    channel: string
    result: MessageResult
    reason?: string
    ref?: string
    next?: string
  }
  /** Tried again by a person, after what was in the way is repaired. */
  'message.requeue': { notice: string; trace: string; message: string; channel: string; by: string }
}
