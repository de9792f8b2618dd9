import { type Command, refuse, type Refusal } from '../command.ts'
import type { Draft } from '../event.ts'
import type { Plan } from '../plan.ts'
import type { Context } from '../stage.ts'
import type { NoticeBook } from './book.ts'
import { isUnderWay, type Notice, type Work } from './notice.ts'
import type { Outages } from './outages.ts'
import { isDrinkable, LEAD_MS, REMINDERS, UNFIT } from './settings.ts'
import type { Audience, Telling } from './telling.ts'

type CommandOf<T extends Command['type']> = Extract<Command, { type: T }>
type Answer = readonly Draft[] | Refusal
type Planned = Notice & { work: Work }

export function isPlanned(notice: Notice): notice is Planned {
  return notice.work !== null
}

/** Planned work: told in time, recalled, watched to its end. Its alarms are silent in a maintenance window that names them. */
export class Works {
  readonly #plan: Plan
  readonly #book: NoticeBook
  readonly #audience: Audience
  readonly #outages: Outages

  constructor(plan: Plan, book: NoticeBook, audience: Audience, outages: Outages) {
    this.#plan = plan
    this.#book = book
    this.#audience = audience
    this.#outages = outages
  }

  plan(command: CommandOf<'notice.plan'>, { at, seq }: Context): Answer {
    const { kind, work, assets, rules, from, to, by, workOrder } = command
    const refusal = this.#unknown(assets, [...rules, ...(command.points ?? [])]) ?? this.#wrongTimes(from, to, at)
    if (refusal) return refusal
    const homes = command.homes ?? this.#audience.homesOf(assets)
    if (homes.length === 0) return refuse('nobody_concerned')
    const late = this.#lateRefusal(kind, from, at, command)
    if (late) return late
    const points = command.points ?? this.#outages.pointsOf(kind, assets)
    const open = this.#overlapping(kind, assets, from, to)
    if (open) return this.#merged(open, { ...command, homes, points }, { at, seq })
    const window = rules.length > 0 ? `M${seq + 1}` : undefined
    const said = { second: command.second, reason: command.reason, workOrder, window }
    const notice = `N${seq}`
    const telling = this.#telling(kind, homes, at)
    const needed = command.needsQuality ? { needsQuality: true as const } : {}
    const scheduled: Draft = {
      type: 'notice.scheduled',
      notice,
      kind,
      work,
      assets,
      rules,
      points,
      from,
      to,
      by,
      ...definedOnly(said),
      ...needed,
      ...telling,
      trace: notice,
    }
    return [scheduled, ...windowOf(window, { rules, from, to, by, reason: command.reason ?? work })]
  }

  /** Of a notice that is not there yet. */
  #telling(kind: string, homes: readonly string[], at: number): Telling {
    const stub = { kind, work: {}, alarms: [], isPageOnly: false } as unknown as Notice
    return this.#audience.telling({ ...stub, work: { assets: [] } as unknown as Work }, homes, at)
  }

  #overlapping(kind: string, assets: readonly string[], from: number, to: number): Planned | undefined {
    return this.#book
      .all()
      .filter(isPlanned)
      .find(
        ({ kind: own, work, state }) =>
          own === kind &&
          (state === 'scheduled' || state === 'reminded') &&
          from < work.to &&
          to > work.from &&
          work.assets.some((asset) => assets.includes(asset)),
      )
  }

  #merged(
    notice: Planned,
    command: CommandOf<'notice.plan'> & { homes: readonly string[]; points: readonly string[] },
    { at, seq }: Context,
  ): readonly Draft[] {
    const { work } = notice
    const [from, to] = [Math.min(work.from, command.from), Math.max(work.to, command.to)]
    const both = (own: readonly string[], more: readonly string[]) => [...new Set([...own, ...more])]
    const rules = both(work.rules, command.rules)
    const closing = this.#windowEnded(work, command.by, 'merged')
    const window = rules.length > 0 ? `M${seq + 1 + closing.length}` : undefined
    const homes = both(notice.told, command.homes)
    return [
      {
        type: 'notice.merged',
        notice: notice.notice,
        work: both(work.work.split(','), [command.work]).join(','),
        assets: both(work.assets, command.assets),
        rules,
        points: both(notice.points, command.points),
        from,
        to,
        by: command.by,
        ...definedOnly({ window }),
        ...(command.needsQuality ? { needsQuality: true as const } : {}),
        ...this.#audience.telling(notice, homes, at),
        trace: notice.trace,
      },
      ...closing,
      ...windowOf(window, { rules, from, to, by: command.by, reason: command.reason ?? command.work }),
    ]
  }

  reschedule(command: CommandOf<'notice.reschedule'>, notice: Notice, { at, seq }: Context): Answer {
    if (!isPlanned(notice) || isUnderWay(notice)) return wrongState(notice, 'reschedule')
    const { from, to, by, reason } = command
    const refusal = this.#wrongTimes(from, to, at) ?? this.#lateRefusal(notice.kind, from, at, command)
    if (refusal) return refusal
    const closing = this.#windowEnded(notice.work, by, 'rescheduled')
    const { rules } = notice.work
    const window = rules.length > 0 ? `M${seq + 1 + closing.length}` : undefined
    const telling = this.#audience.telling(notice, notice.told, at)
    const { notice: id, trace } = notice
    return [
      { type: 'notice.rescheduled', notice: id, from, to, by, reason, ...definedOnly({ window }), ...telling, trace },
      ...closing,
      ...windowOf(window, { rules, from, to, by, reason }),
    ]
  }

  cancel({ by, reason }: CommandOf<'notice.cancel'>, notice: Notice, { at }: Context): Answer {
    if (!isPlanned(notice) || isUnderWay(notice)) return wrongState(notice, 'cancel')
    const { notice: id, trace } = notice
    return [
      { type: 'notice.cancelled', notice: id, by, reason, ...this.#audience.end(notice, at), trace },
      ...this.#windowEnded(notice.work, by, 'cancelled'),
    ]
  }

  extend({ to, by }: CommandOf<'notice.extend'>, notice: Notice, { at, seq }: Context): Answer {
    if (!isPlanned(notice) || !isUnderWay(notice)) return wrongState(notice, 'extend')
    const wall = this.#book.onWall(at)
    if (to <= wall) return refuse('bad_window', { detail: 'ends before it begins' })
    const { work, notice: id, trace } = notice
    const late = wall >= work.to
    // After its grace the window is closed: what is named is silent again until the new end.
    const isOpen = work.window !== null
    const window = isOpen || work.rules.length === 0 ? undefined : `M${seq + 1}`
    const moved: readonly Draft[] = isOpen
      ? [{ type: 'maintenance.extended', window: work.window!, to, by, trace: work.window! }]
      : windowOf(window, { rules: work.rules, from: wall, to, by, reason: work.work })
    const telling = this.#audience.telling(notice, notice.told, at)
    return [
      { type: 'notice.prolonged', notice: id, to, by, late, ...definedOnly({ window }), ...telling, trace },
      ...moved,
    ]
  }

  /** The people who do it say that it is done: the homes are told when they are served, not before. */
  finish(command: CommandOf<'notice.end'>, notice: Notice, at: number): Answer {
    if (!isPlanned(notice) || !isUnderWay(notice)) return wrongState(notice, 'end')
    const source = this.#book.sourceOf(notice)
    if (source === 'true') return refuse('source_still_active', { notice: notice.notice })
    const telling = this.#book.tellingOf(notice)
    if (source === 'unknown' && telling.length > 0) {
      if (!this.#book.conditions.isForPersonToTell(telling, at))
        return refuse('sensor_still_tells', { notice: notice.notice })
      if (isQualityMissing(notice)) return refuse('quality_missing', { notice: notice.notice })
      return this.#completed(notice, { by: command.by, ...definedOnly({ name: command.name }) }, at)
    }
    if (notice.state === 'verifying') return refuse('sensor_still_tells', { notice: notice.notice })
    return [this.#verifying(notice, at, command.by)]
  }

  measure(command: CommandOf<'notice.measure'>, notice: Notice | undefined, at: number): Answer {
    const { by, turbidityNtu, freeChlorineMgL, notice: id } = command
    if (!notice || !isPlanned(notice) || !isUnderWay(notice))
      return notice ? wrongState(notice, 'measure') : refuse('unknown_notice', { notice: id })
    const isFit = isDrinkable(turbidityNtu, freeChlorineMgL)
    const { trace } = notice
    return [
      { type: 'notice.measured', notice: id, by, turbidityNtu, freeChlorineMgL, isFit, trace },
      ...this.#quality(notice, isFit, { turbidityNtu, freeChlorineMgL, by }, at),
    ]
  }

  /** Water that is unfit is an alarm of its own, with an order and a notice of its own: "do not drink". */
  #quality(notice: Planned, isFit: boolean, params: Record<string, string | number>, at: number): readonly Draft[] {
    return this.#plan.rules
      .filter(({ watch, asset }) => watch.kind === 'measured' && notice.work.assets.includes(asset))
      .filter(({ id }) => this.#book.conditions.isTrue(id) === isFit)
      .map(({ id: rule, device, asset }) => ({
        type: 'condition.became',
        rule,
        device,
        asset,
        state: isFit ? 'false' : 'true',
        since: at,
        evidence: { why: { code: isFit ? 'water_fit' : 'water_unfit', params }, at },
        trace: notice.trace,
      }))
  }

  dueOf(notice: Planned): number {
    const { work, state } = notice
    switch (state) {
      case 'scheduled':
      case 'reminded':
        return Math.min(this.#book.siteTimeOf(work.from), this.#nextReminder(notice)?.at ?? Infinity)
      case 'in_progress':
        return this.#book.siteTimeOf(work.isAsked ? work.to : work.to - this.#audience.settings.askBeforeMs)
      case 'verifying':
        if (this.#outages.restored(notice).length > 0) return this.#outages.holdDue(notice)
        return isQualityMissing(notice) ? Infinity : this.#outages.holdDue(notice)
      default:
        return Infinity
    }
  }

  onDue(notice: Planned, at: number): readonly Draft[] {
    const { notice: id, work, state, trace } = notice
    if (state === 'verifying') {
      const restored = this.#outages.restored(notice)
      return restored.length > 0 ? restored : this.#completed(notice, {}, at)
    }
    if (state === 'in_progress') {
      if (this.#book.onWall(at) >= work.to) {
        const graceUntil = this.#book.siteTimeOf(work.to) + this.#audience.settings.overrunMs
        return [{ type: 'notice.overran', notice: id, graceUntil, trace }]
      }
      return [{ type: 'notice.asked', notice: id, to: notice.owner ?? work.by, until: work.to, trace }]
    }
    if (at >= this.#book.siteTimeOf(work.from)) return [{ type: 'notice.began', notice: id, trace }]
    const due = this.#nextReminder(notice)
    if (!due) return []
    // Two that passed unseen are one: the later, with the time that is truly left.
    const missed = this.#remindersOf(notice).filter((each) => each.at <= at)
    const { before } = missed.at(-1) ?? due
    return [{ type: 'notice.reminded', notice: id, before, ...this.#audience.change(notice, at), trace }]
  }

  onCondition(notice: Planned, at: number): readonly Draft[] {
    const { state, work, notice: id, trace } = notice
    const source = this.#book.sourceOf(notice)
    if ((state === 'in_progress' || state === 'overrun') && (work.wasOut || work.isFinished) && source === 'false')
      return [this.#verifying(notice, at)]
    return state === 'verifying' && source !== 'false' ? [{ type: 'notice.resumed', notice: id, trace }] : []
  }

  /** Good since then; work that never took anything from anybody is good since it was said to be done. */
  #verifying(notice: Planned, at: number, by?: string): Draft {
    const since = notice.work.wasOut ? Math.min(at, this.#book.goodSince(notice) || at) : at
    const clearAt = since + this.#outages.holdMs(notice) + this.#outages.delayMs(notice)
    const { notice: id, trace } = notice
    return { type: 'notice.verifying', notice: id, since, ...definedOnly({ by }), clearAt, trace }
  }

  #completed(notice: Planned, by: { by?: string; name?: string }, at: number): readonly Draft[] {
    const { notice: id, trace } = notice
    return [
      { type: 'notice.completed', notice: id, ...by, ...this.#audience.end(notice, at), trace },
      ...this.#windowEnded(notice.work, by.by ?? 'caretaker', 'finished'),
    ]
  }

  #windowEnded({ window }: Work, by: string, code: string): readonly Draft[] {
    return window === null ? [] : [{ type: 'maintenance.ended', window, by, why: { code, params: {} }, trace: window }]
  }

  /** Those that were not said, and fell after it was planned. Site time. */
  #remindersOf({ work }: Planned): { before: (typeof REMINDERS)[number]['before']; at: number }[] {
    const said = work.reminded
    const last = REMINDERS.findLastIndex(({ before }) => said.includes(before))
    return REMINDERS.slice(last + 1)
      .map(({ before, ms }) => ({
        before,
        at: this.#book.siteTimeOf(this.#audience.quiet.awake(work.from - ms)),
      }))
      .filter(({ at }) => at > work.scheduledAt)
  }

  #nextReminder(notice: Planned) {
    return this.#remindersOf(notice)[0]
  }

  #wrongTimes(from: number, to: number, at: number): Refusal | null {
    const wall = this.#book.onWall(at)
    return to <= from || from <= wall
      ? refuse('bad_window', { detail: 'ends before it begins, or lies in the past' })
      : null
  }

  /** People have a right to hear of it in time; later it takes a reason, and somebody else who agrees. */
  #lateRefusal(
    kind: string,
    from: number,
    at: number,
    { by, second, reason }: Readonly<{ by: string; second?: string; reason?: string }>,
  ): Refusal | null {
    const leadMs = this.#audience.settings.leadMs[kind] ?? LEAD_MS
    if (from - this.#book.onWall(at) >= leadMs) return null
    const hours = leadMs / 3_600_000
    if (reason === undefined || reason.trim() === '') return refuse('too_late_to_tell', { hours })
    const isAgreed = second !== undefined && second !== by && this.#plan.staff.some(({ id }) => id === second)
    return isAgreed ? null : refuse('second_person_needed', { alarm: kind })
  }

  #unknown(assets: readonly string[], rules: readonly string[]): Refusal | null {
    const asset = assets.find((id) => !this.#plan.assets.has(id))
    if (asset !== undefined) return refuse('unknown_asset', { asset })
    const rule = rules.find((id) => !this.#plan.rules.some((each) => each.id === id))
    return rule === undefined ? null : refuse('unknown_rule', { rule })
  }
}

function isQualityMissing({ work, kind }: Planned): boolean {
  return kind !== UNFIT && work.quality !== 'unneeded' && work.quality !== 'fit'
}

function windowOf(
  window: string | undefined,
  {
    rules,
    from,
    to,
    by,
    reason,
  }: Readonly<{ rules: readonly string[]; from: number; to: number; by: string; reason: string }>,
): readonly Draft[] {
  if (window === undefined) return []
  return [{ type: 'maintenance.planned', window, assets: [], rules, from, to, by, reason, trace: window }]
}

function wrongState({ state }: Notice, command: string): Refusal {
  return refuse('wrong_state', { state, command })
}

function definedOnly<T extends Record<string, unknown>>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
