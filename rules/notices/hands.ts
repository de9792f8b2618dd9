import { type Command, refuse, type Refusal } from '../command.ts'
import type { Draft } from '../event.ts'
import type { Plan } from '../plan.ts'
import type { Context } from '../stage.ts'
import type { NoticeBook } from './book.ts'
import type { Notice } from './notice.ts'
import type { Outages } from './outages.ts'
import { IS_TOLD } from './states.ts'
import type { Audience } from './telling.ts'
import type { Works } from './works.ts'

type CommandOf<T extends Command['type']> = Extract<Command, { type: T }>
type NoticeCommand = CommandOf<
  | 'notice.confirm'
  | 'notice.reject'
  | 'notice.update'
  | 'notice.end'
  | 'notice.plan'
  | 'notice.reschedule'
  | 'notice.cancel'
  | 'notice.extend'
  | 'notice.measure'
>
type Answer = readonly Draft[] | Refusal
type Parts = Readonly<{ plan: Plan; book: NoticeBook; audience: Audience; outages: Outages; works: Works }>

/** What people do about notices. Who they are, the door asks; that they belong to the staff is asked here. */
export function answerTo(command: NoticeCommand, parts: Parts, context: Context): Answer {
  const { plan, book, works } = parts
  if (!plan.staff.some((person) => person.id === command.by)) return refuse('unknown_person', { person: command.by })
  if (command.type === 'notice.plan') return works.plan(command, context)
  const notice = book.notices.get(command.notice)
  if (!notice) return refuse('unknown_notice', { notice: command.notice })
  switch (command.type) {
    case 'notice.confirm':
      return confirm(command, notice, parts, context)
    case 'notice.reject':
      return reject(command, notice, plan)
    case 'notice.update':
      return update(command, notice, parts, context)
    case 'notice.end':
      return notice.work ? works.finish(command, notice, context.at) : end(command, notice, parts, context)
    case 'notice.reschedule':
      return works.reschedule(command, notice, context)
    case 'notice.cancel':
      return works.cancel(command, notice, context)
    case 'notice.extend':
      return works.extend(command, notice, context)
    case 'notice.measure':
      return works.measure(command, notice, context.at)
  }
}

/** Who was told on the page alone is now told as everybody is. */
function confirm(
  { by }: CommandOf<'notice.confirm'>,
  notice: Notice,
  { outages, audience }: Parts,
  { at }: Context,
): Answer {
  if (notice.state === 'draft' || notice.state === 'rejected') return [outages.published(notice, by, at, true)]
  if (!notice.isPageOnly || !IS_TOLD[notice.state])
    return refuse('wrong_state', { state: notice.state, command: 'confirm' })
  const { notice: id, trace } = notice
  const telling = audience.telling(notice, notice.told, at, false)
  const channels = telling.channels.filter((channel) => !notice.channels.includes(channel))
  return [{ type: 'notice.confirmed', notice: id, by, ...telling, channels, trace }]
}

/** Nobody is told: that needs a reason, and the manager hears of it. */
function reject({ by, reason }: CommandOf<'notice.reject'>, notice: Notice, plan: Plan): Answer {
  if (notice.state !== 'draft') return refuse('wrong_state', { state: notice.state, command: 'reject' })
  const managers = plan.staff.filter(({ role }) => role === 'manager').map(({ id }) => id)
  const to = managers.length > 0 ? managers : [plan.fallback]
  return [{ type: 'notice.rejected', notice: notice.notice, by, reason, to, trace: notice.trace }]
}

function update(
  { by, text }: CommandOf<'notice.update'>,
  notice: Notice,
  { audience }: Parts,
  { at }: Context,
): Answer {
  if (!IS_TOLD[notice.state]) return refuse('wrong_state', { state: notice.state, command: 'update' })
  const { notice: id, trace } = notice
  const nextUpdateAt = at + audience.settings.updateEveryMs
  return [{ type: 'notice.updated', notice: id, by, text, nextUpdateAt, ...audience.change(notice, at), trace }]
}

/** Where no sensor can tell any more, or shows what was asked for, a person who looked on site gives the end. */
function end({ by, name }: CommandOf<'notice.end'>, notice: Notice, { book, outages }: Parts, { at }: Context): Answer {
  if (notice.state === 'draft' || notice.state === 'rejected')
    return refuse('wrong_state', { state: notice.state, command: 'end' })
  const source = book.sourceOf(notice)
  const isBlind = source === 'unknown' && book.conditions.isForPersonToTell(book.tellingOf(notice), at)
  if (!isBlind && !(source === 'false' && outages.isUnproven(notice, at)))
    return refuse('sensor_still_tells', { notice: notice.notice })
  return [outages.allClear(notice, { by, ...(name === undefined ? {} : { name }) }, at)]
}
