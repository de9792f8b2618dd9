import type { Why } from '../reason.ts'

/** What residents are told. */
export type NoticeEvents = {
  // notices to residents
  'notice.drafted': {
    notice: string
    order: string
    kind: string
    alarm: string
    rule: string
    asset: string
    homes: readonly string[]
  }
  'notice.joined': { notice: string; alarm: string; rule: string; asset: string; homes: readonly string[] }
  'notice.published': {
    notice: string
    by: string
    verifying: boolean
    homes: readonly string[]
    channels: readonly string[]
  }
  'notice.extended': { notice: string; homes: readonly string[]; channels: readonly string[] }
  'notice.monitoring': { notice: string; since: number }
  'notice.resumed': { notice: string }
  /** `by` is the person who looked on site, where no sensor could tell. */
  'notice.all_clear': { notice: string; by?: string; homes: readonly string[]; channels: readonly string[] }
  'notice.withdrawn': { notice: string; why: Why }
  'message.settled': {
    notice: string
    message: string
    channel: string
    result: MessageResult
    reason?: string
    ref?: string
    next?: string
  }
}

/** `cancelled`: it was over before it was sent. */
export type MessageResult = 'accepted' | 'delivered' | 'failed' | 'cancelled'
