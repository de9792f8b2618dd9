import type { MessageResult } from './events.ts'

/** What people do about notices, and what became of messages. */
export type NoticeCommands = {
  'notice.confirm': { notice: string; by: string }
  'notice.end': { notice: string; by: string }
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
}
