import { reachedOf } from '../../audience/reached.ts'
import type { Register } from '../../households/register.ts'
import type { NoticeDocument, OrderDocument } from '../../store/documents.ts'
import type { HomeReach } from '../../store/reach-query.ts'
import { PHASES } from '#rules/reach/events.ts'
import { intakeName } from './intake-view.ts'
import { phoneFor, taskView } from './reach-view.ts'

type Time = (at: number | null) => string | null

/** What a home was told by one notice, message by message, as it was: whose number it went to stands beside it. */
export function toldView(
  home: string,
  id: string,
  notice: NoticeDocument | null,
  { lines, tasks, opened }: HomeReach,
  { register, time, wallOffsetMs }: Readonly<{ register: Register; time: Time; wallOffsetMs: number }>,
): object {
  const roll = register.roll()
  const own = lines.filter((line) => line.notice === id)
  const errands = tasks.filter((task) => task.notice === id)
  return {
    id,
    kind: notice?.kind ?? null,
    state: notice?.state ?? null,
    order: notice?.order || null,
    publishedAt: time(notice?.publishedAt ?? null),
    /** Nobody of the staff looked at it: it went out by itself. */
    isUnconfirmed: notice?.publishedBy === 'caretaker',
    /** Somebody looked at its page: never proof that anybody was told. */
    openedAt: time(opened.find((row) => row.notice === id)?.at ?? null),
    isReached: reachedOf(home, own, errands, roll, wallOffsetMs),
    lines: own.map((line) => ({
      contact: line.contact,
      relation: roll.entry(line.contact)?.relation ?? null,
      phone: phoneFor(register.get(line.contact)?.phone ?? null, false),
      channel: line.channel,
      part: PHASES[line.phase],
      state: line.state,
      reason: line.reason,
      at: time(line.at),
      settledAt: time(line.settledAt),
    })),
    tasks: errands.map((task) => taskView(task, time)),
  }
}

/** An order of a home, short: what, how far, who, how it ended and what they thought of it. */
export function homeOrderView(order: OrderDocument, time: Time): object {
  const { id, state, class: ofClass, assignee, openedAt, closedAt, finishedAt, rating, callBacks = [] } = order
  return {
    id,
    state,
    class: ofClass,
    name: intakeName(order),
    assignee,
    openedAt: time(openedAt),
    finishedAt: time(finishedAt),
    closedAt: time(closedAt),
    stars: rating?.stars ?? null,
    isSolved: callBacks.findLast(({ reached }) => reached)?.solved ?? null,
  }
}
