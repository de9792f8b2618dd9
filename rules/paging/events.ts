import type { OrderClass } from '#devices/alarm-definition.ts'
import type { Why } from '../reason.ts'
import type { Purpose, Road } from './policy.ts'

/** What a page is about; `subject` is its id, of a roster the day. */
export type About = 'order' | 'task' | 'case' | 'handover' | 'roster'
/** Why somebody is not called any more. */
export type PageEnd = 'accepted' | 'declined' | 'passed_on' | 'over'

/**
 * Staff is paged. A call is one person who is wanted for one thing; on each road it is one page, tried until the call ends.
 * Ids: `PG7` is a call, `PG7-voice` its page by voice, `PG7-voice-2` the second try of that.
 */
export type PagingEvents = {
  /** Somebody is wanted; not before `from`, which is when the class of the order is at work again. */
  'page.called': {
    call: string
    about: About
    subject: string
    purpose: Purpose
    class: OrderClass
    person: string
    roads: readonly Road[]
    everyMs: number | null
    from: number
    /** Which of the contractor's lines, where it is his. */
    line?: number
  }
  /** Handed to the outbox; worth nothing after `until`. The person of a sounder is the room that it stands in. */
  'page.sent': PageLine & { until: number; line?: number }
  /** Not handed over: this person has had too many by this road; it is free again at `freeAt`. */
  'page.held': PageLine & { why: Why; freeAt: number }
  /** What the provider said became of it. Delivered is not answered, and answered is not accepted. */
  'page.settled': PageLine & { result: 'delivered' | 'failed'; reason?: string }
  /** Picked up, or a key pressed. */
  'page.answered': PageLine & { key: string | null }
  /** No road led to the person. */
  'page.unreached': { call: string; about: About; subject: string; purpose: Purpose; class: OrderClass; person: string }
  /** `tried`: the roads on which the person was called. */
  'page.ended': {
    call: string
    subject: string
    person: string
    tried: readonly Road[]
    end: PageEnd
    by: string | null
  }
  /** Nobody is wanted by the horn any more. */
  'sounder.silenced': { call: string; person: string }
}

type PageLine = {
  page: string
  call: string
  about: About
  subject: string
  purpose: Purpose
  class: OrderClass
  person: string
  road: Road
  try: number
}
