import type { OrderClass } from '#devices/alarm-definition.ts'
import type { Why } from '../reason.ts'
import type { Reminder } from './settings.ts'

/**
 * Whether phones ring for it: at once, in the morning (at `ringAt`, site time), or not at all. Page and lobby screen
 * change at once whatever it says.
 */
export type Ring = 'now' | 'morning' | 'never'

/** Words to these homes over these channels. `ringing` are those of them that ring. */
type Telling = {
  homes: readonly string[]
  channels: readonly string[]
  ring?: Ring
  ringAt?: number
  ringing?: readonly string[]
  /** A change of what they know already: the cheapest channel that reaches each of them is enough. */
  cheapest?: true
  /** Who is told loses comfort alone: these serve them meanwhile. */
  spares?: readonly string[]
}

/** What residents are told. */
export type NoticeEvents = {
  // outages
  'notice.drafted': {
    notice: string
    order: string
    kind: string
    alarm: string
    rule: string
    asset: string
    homes: readonly string[]
    class?: OrderClass
    /** The rules that tell whether the homes are served. */
    points?: readonly string[]
    /** It goes out by itself then, unless somebody decides before. */
    dueAt?: number
  }
  'notice.joined': {
    notice: string
    /** Whose alarm it is; the thread's own unless said. */
    byOrder?: string
    alarm: string
    rule: string
    asset: string
    homes: readonly string[]
    class?: OrderClass
    points?: readonly string[]
  }
  /** `pageOnly`: nobody's phone, until a person confirms it. */
  'notice.published': {
    notice: string
    by: string
    verifying: boolean
    pageOnly?: true
    nextUpdateAt?: number
  } & Telling
  /** What stood on the page alone goes to everybody. */
  'notice.confirmed': { notice: string; by: string } & Telling
  'notice.extended': { notice: string } & Telling
  'notice.rejected': { notice: string; by: string; reason: string; to: readonly string[] }
  /** Somebody said by when it will be over. */
  'notice.identified': { notice: string; eta: number; by: string; nextUpdateAt: number } & Telling
  'notice.updated': { notice: string; by: string; text: string; nextUpdateAt: number } & Telling
  'notice.eta_warned': { notice: string; order: string; eta: number; to: string }
  'notice.eta_passed': { notice: string; order: string; eta: number; to: string }
  /** `since`: the service points are good and normal; `clearAt`: the hold ends then, if they stay so. */
  'notice.monitoring': { notice: string; since: number; clearAt?: number }
  /** Normal for the hold; upper floors still refill until `clearAt`. */
  'notice.restored': { notice: string; since: number; clearAt: number }
  'notice.resumed': { notice: string }
  /** `by` is the person who looked on site, where no sensor could tell. */
  'notice.all_clear': { notice: string; by?: string; name?: string } & Telling
  'notice.withdrawn': { notice: string; why: Why }
  // planned work; its times are the wall's
  'notice.scheduled': {
    notice: string
    kind: string
    /** What is done, such as `tank-cleaning`. */
    work: string
    assets: readonly string[]
    /** The alarms that are expected, and silent in its window. */
    rules: readonly string[]
    points: readonly string[]
    from: number
    to: number
    by: string
    second?: string
    reason?: string
    workOrder?: string
    window?: string
    /** It ends only with turbidity and free chlorine entered. */
    needsQuality?: true
  } & Telling
  'notice.reminded': { notice: string; before: Reminder } & Telling
  'notice.rescheduled': {
    notice: string
    from: number
    to: number
    by: string
    reason: string
    window?: string
  } & Telling
  /** Work on the same asset at the same time is one notice. */
  'notice.merged': {
    notice: string
    work: string
    assets: readonly string[]
    rules: readonly string[]
    points: readonly string[]
    from: number
    to: number
    by: string
    window?: string
    needsQuality?: true
  } & Telling
  'notice.cancelled': { notice: string; by: string; reason: string } & Telling
  'notice.began': { notice: string }
  /** Will it be over in time? */
  'notice.asked': { notice: string; to: string; until: number }
  'notice.overran': { notice: string; graceUntil: number }
  /** A new end. `late`: it was said after the old one, and people are asked to excuse it. */
  'notice.prolonged': { notice: string; to: number; by: string; late: boolean; window?: string } & Telling
  'notice.measured': {
    notice: string
    by: string
    turbidityNtu: number
    freeChlorineMgL: number
    isFit: boolean
  }
  'notice.verifying': { notice: string; since: number; by?: string; clearAt?: number }
  'notice.completed': { notice: string; by?: string; name?: string } & Telling
  'message.settled': {
    notice: string
    message: string
    channel: string
    result: MessageResult
    reason?: string
    ref?: string
    next?: string
  }
  'message.requeued': { notice: string; message: string; channel: string; by: string }
}

/** `cancelled`: it was over before it was sent. */
export type MessageResult = 'accepted' | 'delivered' | 'failed' | 'cancelled'
