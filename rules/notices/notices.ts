import type { Command } from '../command.ts'
import type { Draft, Event } from '../event.ts'
import type { Plan } from '../plan.ts'
import type { Json, Stage, Tick } from '../stage.ts'
import { NoticeBook, type NoticeBookState } from './book.ts'
import { answerTo } from './hands.ts'
import type { Notice } from './notice.ts'
import { messageDrafts } from './messages.ts'
import { Outages } from './outages.ts'
import { Audience } from './telling.ts'
import { isPlanned, Works } from './works.ts'

/**
 * Orders become notices to exactly the homes that depend on the asset, planned work is told in time, and both end with a
 * word to exactly those who were told of the beginning. The end hangs on the service points alone, whatever becomes of
 * alarm, latch or order.
 */
export function noticeStage(plan: Plan): Stage {
  const book = new NoticeBook()
  const audience = new Audience(plan, book)
  const outages = new Outages(plan, book, audience)
  const works = new Works(plan, book, audience, outages)
  const parts = { plan, book, audience, outages, works }

  const dueOf = (notice: Notice) => (isPlanned(notice) ? works.dueOf(notice) : outages.dueOf(notice))
  const onDue = (notice: Notice, at: number) =>
    isPlanned(notice) ? works.onDue(notice, at) : outages.onDue(notice, at)

  function onCondition(rule: string, at: number): readonly Draft[] {
    return book
      .all()
      .filter(
        (notice) =>
          notice.points.includes(rule) ||
          book.tellingOf(notice).includes(rule) ||
          outages.proofsOf(notice).includes(rule),
      )
      .flatMap((notice) => (isPlanned(notice) ? works.onCondition(notice, at) : outages.onCondition(notice, at)))
  }

  /** Back with those who were told: its source may have ended meanwhile, and would not say so again. */
  function onMoved(id: string, at: number): readonly Draft[] {
    const notice = book.notices.get(id)
    return notice && !isPlanned(notice) ? outages.onCondition(notice, at) : []
  }

  return {
    name: 'notices',
    version: 6,
    decide(input: Event | Command | Tick, context) {
      switch (input.type) {
        case 'order.opened':
        case 'order.joined':
        case 'order.line_added':
          return outages.onOrder(input, context)
        case 'order.updated':
          return outages.onUpdated(input)
        case 'order.merged':
          return outages.onMerged(input)
        case 'order.false_alarm':
          return outages.onFalseAlarm(input)
        case 'notice.joined':
          return outages.onJoined(input)
        case 'notice.published':
          return outages.onPublished(input)
        case 'notice.extended':
        case 'notice.resumed':
          return onMoved(input.notice, context.at)
        case 'condition.became':
          return onCondition(input.rule, context.at)
        case 'tick':
          return book
            .all()
            .filter((notice) => context.at >= dueOf(notice))
            .flatMap((notice) => onDue(notice, context.at))
        case 'notice.confirm':
        case 'notice.reject':
        case 'notice.update':
        case 'notice.end':
        case 'notice.plan':
        case 'notice.reschedule':
        case 'notice.cancel':
        case 'notice.extend':
        case 'notice.measure':
          return answerTo(input, parts, context)
        case 'message.settle':
        case 'message.requeue':
          return messageDrafts(input)
        default:
          return []
      }
    },
    apply: (event) => book.apply(event),
    due() {
      const due = Math.min(...book.all().map(dueOf))
      return due === Infinity ? null : due
    },
    snapshot: () => book.snapshot() as unknown as Json,
    restore: (state) => book.restore(state as unknown as NoticeBookState),
  }
}
