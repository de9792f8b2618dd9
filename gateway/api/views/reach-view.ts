import { reachedOf } from '../../audience/reached.ts'
import type { Roll } from '../../households/roll.ts'
import { maskedPhone } from '../../private/phone.ts'
import { noticeTexts } from '../../notice-text.ts'
import type { Site } from '../../site/site.ts'
import type { NoticeDocument } from '../../store/documents.ts'
import type { ReachLedger } from '../../store/reach-query.ts'
import type { ReachLine, TaskRow } from '../../store/reach-rows.ts'
import { PHASES } from '#rules/reach/events.ts'
import { LANGUAGES } from '../../texts.ts'
import { timesOf } from '../site-time.ts'
import { both } from './said.ts'

/** `no_contact`: nobody to write to, and nobody went yet. `door`: told in person. */
type HomeFate = 'waiting' | 'queued' | 'accepted' | 'delivered' | 'door' | 'failed' | 'no_contact'

/** A contact as everybody may see it who may see the notice: what it is to the home, never a name or a number. */
function whoOf(roll: Roll | null, contact: string): object {
  const entry = roll?.entry(contact)
  return { contact, relation: entry?.relation ?? null }
}

/** Whom a notice reached: homes by what became of them, each message, each errand, and what it cost. */
export function reachView(site: Site): (ledger: ReachLedger, roll: Roll | null, wallOffsetMs: number) => object {
  const time = timesOf(site.plan.timeZone)
  return ({ doc, lines, tasks, opened }, roll, wallOffsetMs) => {
    const homes = homesOf(lines, tasks)
    const residents = new Map<string, boolean>()
    const isReached = (home: string) => reachedOf(home, lines, tasks, roll, wallOffsetMs)
    for (const home of homes.keys()) residents.set(home, isReached(home))
    const counts: Record<HomeFate, number> = {
      waiting: Math.max(0, (doc?.homes ?? 0) - homes.size),
      queued: 0,
      accepted: 0,
      delivered: 0,
      door: 0,
      failed: 0,
      no_contact: 0,
    }
    for (const fate of homes.values()) counts[fate]++
    return {
      homes: doc?.homes ?? 0,
      informed: doc?.informed ?? 0,
      reached: [...residents.values()].filter(Boolean).length,
      counts,
      costYuan: (doc?.cost ?? 0) / 100,
      heldUntil: time(doc?.heldUntil ?? null),
      isOverCap: doc?.isOverCap ?? false,
      approvedBy: doc?.approvedBy ?? null,
      corrections: (doc?.corrections ?? []).map((correction) => ({
        ...correction,
        since: time(correction.since - wallOffsetMs),
        at: time(correction.at),
      })),
      lines: lines.map((line) => ({
        id: line.id,
        home: line.home,
        ...whoOf(roll, line.contact),
        channel: line.channel,
        phase: line.phase,
        part: PHASES[line.phase],
        state: line.state,
        reason: line.reason,
        at: time(line.at),
        settledAt: time(line.settledAt),
      })),
      /** Somebody looked at the page: never proof that anybody was told. */
      opened: opened.map(({ home, at }) => ({ home, at: time(at) })),
      tasks: tasks.map((task) => taskView(task, time)),
    }
  }
}

export function taskView(task: TaskRow, time: ReturnType<typeof timesOf>): object {
  const { openedAt, doneAt, dueAt } = task
  return {
    ...task,
    part: PHASES[task.phase],
    openedAt: time(openedAt),
    doneAt: time(doneAt),
    dueAt: time(dueAt),
  }
}

/** A sheet as it hangs at an entrance: what is true now, in short sentences. */
export function sheetView(notice: NoticeDocument, tasks: readonly TaskRow[], site: Site, wall: number): object {
  const time = timesOf(site.plan.timeZone)
  const texts = noticeTexts(notice, site, { plain: true })
  const entrances = new Map(site.plan.entrances?.map(({ id, name }) => [id, name]))
  const open = tasks.filter(({ kind, state }) => kind === 'sheet' && state === 'open')
  return {
    notice: notice.id,
    site: both(site.name),
    printedAt: time(wall),
    texts: LANGUAGES.map((language) => ({ language, ...texts[language] })),
    sheets: open.map(({ id, entrance, dueAt }) => ({
      task: id,
      entrance: both((entrance && entrances.get(entrance)) ?? entrance ?? ''),
      dueAt: time(dueAt),
    })),
  }
}

/** What became of each home, as far as its beginning goes: the best that happened counts. */
function homesOf(lines: readonly ReachLine[], tasks: readonly TaskRow[]): Map<string, HomeFate> {
  const order: readonly HomeFate[] = ['no_contact', 'failed', 'queued', 'accepted', 'delivered', 'door']
  const fates = new Map<string, HomeFate>()
  const note = (home: string, fate: HomeFate) => {
    const known = fates.get(home)
    if (known === undefined || order.indexOf(fate) > order.indexOf(known)) fates.set(home, fate)
  }
  for (const { home, state, phase } of lines)
    if (PHASES[phase] === 'begins') note(home, state === 'rerouted' || state === 'cancelled' ? 'failed' : state)
  for (const { kind, homes, state, phase } of tasks)
    if (kind !== 'sheet' && PHASES[phase] === 'begins')
      for (const home of homes) note(home, state === 'told' ? 'door' : 'no_contact')
  return fates
}

/** A number for those who may ring up, its ends for all others. */
export function phoneFor(phone: string | null, mayCall: boolean): string | null {
  return phone === null || mayCall ? phone : maskedPhone(phone)
}
