import type { Draft, EventOf } from '../event.ts'
import type { Plan, Rule } from '../plan.ts'
import type { Context } from '../stage.ts'
import type { NoticeBook } from './book.ts'
import { assetsOf, isUnderWay, type Notice, rulesOf } from './notice.ts'
import { isWaterKind, UNFIT } from './settings.ts'
import { IS_TOLD } from './states.ts'
import type { Audience } from './telling.ts'

/** Notices of outages that nobody planned: from the order to the all-clear. Decides, and changes nothing. */
export class Outages {
  readonly #plan: Plan
  readonly #rules: ReadonlyMap<string, Rule>
  readonly #book: NoticeBook
  readonly #audience: Audience

  constructor(plan: Plan, book: NoticeBook, audience: Audience) {
    this.#plan = plan
    this.#rules = new Map(plan.rules.map((rule) => [rule.id, rule]))
    this.#book = book
    this.#audience = audience
  }

  onOrder(
    event: EventOf<'order.opened' | 'order.joined' | 'order.line_added'>,
    { at, seq }: Context,
  ): readonly Draft[] {
    const { order, alarm, rule, asset, trace } = event
    const of = this.#rules.get(rule)
    const kind = of?.notice
    const homes = this.#plan.assets.get(asset)?.homes ?? []
    // A sensor that chatters takes nothing from anybody.
    if ('badActor' in event && event.badActor) return []
    if (!of || kind === undefined || homes.length === 0) return []
    const about = { alarm, rule, asset, homes, class: of.class, points: this.pointsOf(kind, [asset], rule) }
    const open = this.#threadOf({ kind, order, rule, asset, class: of.class })
    if (open) return [{ type: 'notice.joined', notice: open.notice, byOrder: order, ...about, trace: open.trace }]
    const dueAt = at + this.#waitMs(kind, rule, false)
    return [{ type: 'notice.drafted', notice: `N${seq}`, order, kind, ...about, dueAt, trace }]
  }

  /** One thread for one order, one asset, one rule. A person in danger is never a part of planned work. */
  #threadOf(about: Readonly<{ kind: string; order: string; rule: string; asset: string; class: string }>) {
    return this.#book
      .all()
      .find((notice) =>
        notice.kind !== about.kind
          ? false
          : notice.work
            ? isUnderWay(notice) && about.class !== 'P0' && assetsOf(notice).includes(about.asset)
            : notice.order === about.order ||
              rulesOf(notice).includes(about.rule) ||
              assetsOf(notice).includes(about.asset),
      )
  }

  /** All rules that speak of the same loss of service: while one of them is true, the homes are not served. */
  pointsOf(kind: string, assets: readonly string[], but?: string): string[] {
    return this.#plan.rules
      .filter(({ id, asset, notice }) => id !== but && notice === kind && assets.includes(asset))
      .map(({ id }) => id)
  }

  onJoined({ notice: id, at }: EventOf<'notice.joined'>): readonly Draft[] {
    const notice = this.#book.notices.get(id)
    if (!notice || notice.state === 'draft' || notice.state === 'rejected') return []
    const isHeld = notice.state === 'monitoring' || notice.state === 'verifying'
    // What joins may be over already: an order merged into another brings its rules with it.
    const isHolding = isHeld && this.#book.sourceOf(notice) !== 'false'
    const resumed: Draft[] = isHolding ? [{ type: 'notice.resumed', notice: id, trace: notice.trace }] : []
    const homes = this.#audience.of(notice).filter((home) => !notice.told.includes(home))
    if (notice.isPageOnly && notice.class === 'P1') return [...resumed, ...this.#graver(notice, homes, at)]
    if (homes.length === 0) return resumed
    const telling = this.#audience.telling(notice, homes, at)
    return [...resumed, { type: 'notice.extended', notice: id, ...telling, trace: notice.trace }]
  }

  /** What stood on the page alone takes the service now: phones, too. */
  #graver(notice: Notice, more: readonly string[], at: number): readonly Draft[] {
    const { notice: id, trace } = notice
    const told = this.#audience.telling(notice, notice.told, at, false)
    const channels = told.channels.filter((channel) => !notice.channels.includes(channel))
    const confirmed: Draft = { type: 'notice.confirmed', notice: id, by: 'caretaker', ...told, channels, trace }
    if (more.length === 0) return [confirmed]
    const telling = this.#audience.telling(notice, more, at, false)
    return [confirmed, { type: 'notice.extended', notice: id, ...telling, trace }]
  }

  onCondition(notice: Notice, at: number): readonly Draft[] {
    const source = this.#book.sourceOf(notice)
    const { notice: id, trace, state } = notice
    if ((state === 'published' || state === 'identified') && source === 'false') return [this.#monitoring(notice, at)]
    // Held for long enough, it waited only for this.
    if (state === 'monitoring' && source === 'false' && at >= this.dueOf(notice)) return this.onDue(notice, at)
    if (state === 'monitoring' && source !== 'false') return [{ type: 'notice.resumed', notice: id, trace }]
    // Over before anybody was told: nobody needs an end without a beginning.
    if ((state === 'draft' || state === 'rejected') && source === 'false')
      return [{ type: 'notice.withdrawn', notice: id, why: { code: 'over_before_published', params: {} }, trace }]
    return []
  }

  #monitoring(notice: Notice, at: number): Draft {
    const since = Math.min(at, this.#book.goodSince(notice) || at)
    const clearAt = since + this.holdMs(notice) + this.delayMs(notice)
    return { type: 'notice.monitoring', notice: notice.notice, since, clearAt, trace: notice.trace }
  }

  /** A person may confirm in the very moment in which it is over; what was promised before is told now. */
  onPublished({ notice: id, at }: EventOf<'notice.published'>): readonly Draft[] {
    const notice = this.#book.notices.get(id)
    if (!notice) return []
    if (this.#book.sourceOf(notice) === 'false') return [this.#monitoring(notice, at)]
    return notice.eta === null ? [] : this.identified(notice, notice.eta, notice.owner ?? this.#plan.fallback, at)
  }

  /** Somebody at the order said by when it will be over. */
  onUpdated({ order, eta, by, at }: EventOf<'order.updated'>): readonly Draft[] {
    if (eta === undefined) return []
    return (
      this.#book
        .all()
        .filter((notice) => notice.order === order && (notice.state === 'published' || notice.state === 'identified'))
        // The same end said again is no news: it would be a paid message to every home.
        .filter((notice) => notice.state === 'published' || notice.eta !== eta)
        .flatMap((notice) => this.identified(notice, eta, by, at))
    )
  }

  /** Its order was taken into another one, whose promise is the one that counts. */
  onMerged({ into, at }: EventOf<'order.merged'>): readonly Draft[] {
    return this.#book.all().flatMap((notice) => {
      const eta = notice.order === into ? this.#book.etaOf(notice) : null
      const isNews =
        eta !== null && eta !== notice.eta && (notice.state === 'published' || notice.state === 'identified')
      return isNews ? this.identified(notice, eta, notice.owner ?? this.#plan.fallback, at) : []
    })
  }

  /** Nothing was wrong: nobody is told; who was told already hears the end. */
  onFalseAlarm({ order, approver, at }: EventOf<'order.false_alarm'>): readonly Draft[] {
    return this.#book
      .all()
      .filter((notice) => notice.order === order && !notice.work)
      .map((notice): Draft => {
        if (IS_TOLD[notice.state]) return this.allClear(notice, { by: approver }, at)
        const why = { code: 'false_alarm', params: { order } }
        return { type: 'notice.withdrawn', notice: notice.notice, why, trace: notice.trace }
      })
  }

  identified(notice: Notice, eta: number, by: string, at: number): readonly Draft[] {
    if (eta <= at) return []
    const nextUpdateAt = Math.min(eta, at + this.#audience.settings.updateEveryMs)
    const telling = this.#audience.change(notice, at)
    return [
      { type: 'notice.identified', notice: notice.notice, eta, by, nextUpdateAt, ...telling, trace: notice.trace },
    ]
  }

  /** By itself only the gravest reach phones; the rest stands on the page until a person confirms it. */
  published(notice: Notice, by: string, at: number, isByHand: boolean): Draft {
    const verifying = !isByHand && !this.#isConfirmed(notice)
    const isPageOnly = !isByHand && notice.class !== null && notice.class !== 'P1'
    const telling = this.#audience.telling(notice, this.#audience.of(notice), at, isPageOnly)
    return {
      type: 'notice.published',
      notice: notice.notice,
      by,
      verifying,
      ...(isPageOnly ? { pageOnly: true as const } : {}),
      nextUpdateAt: at + this.#audience.settings.updateEveryMs,
      ...telling,
      trace: notice.trace,
    }
  }

  /** Until then its sources have spoken again, or have become unknown. */
  #validityOf(notice: Notice): number {
    return Math.max(0, ...this.#book.tellingOf(notice).map((rule) => this.#rules.get(rule)?.validityMs ?? 0))
  }

  /** Two limits of one transmitter are one witness. */
  #witnessOf(id: string): string {
    const rule = this.#rules.get(id)
    return rule?.watch.kind === 'limit' ? `${rule.device}/${rule.watch.point}` : id
  }

  #isConfirmed(notice: Notice): boolean {
    if (notice.isSeen || rulesOf(notice).some((rule) => this.#rules.get(rule)?.watch.kind === 'measured')) return true
    const all = [...rulesOf(notice), ...notice.witnesses]
    return new Set(all.map((rule) => this.#witnessOf(rule))).size >= 2
  }

  /** Two independent points that say the same, or a person, may speak sooner than one. */
  #waitMs(kind: string, rule: string, isConfirmed: boolean): number {
    // Whoever measured it has confirmed it: nobody drinks for five minutes more.
    if (kind === UNFIT && this.#rules.get(rule)?.watch.kind === 'measured') return 0
    const { publishConfirmedAfterMs, publishAfterMs } = this.#plan.settings
    const minimumMs = this.#audience.settings.minimumOutageMs[kind] ?? 0
    return Math.max(isConfirmed ? publishConfirmedAfterMs : publishAfterMs, minimumMs)
  }

  holdMs(notice: Notice): number {
    return Math.max(this.#plan.settings.allClearHoldMs, notice.isHeldBlindly ? this.#validityOf(notice) : 0)
  }

  /** Upper floors get their water back later. */
  delayMs(notice: Notice): number {
    if (!isWaterKind(notice.kind)) return 0
    const levels = assetsOf(notice).map((asset) => this.#plan.assets.get(asset)?.zoneLevel)
    return Math.max(0, ...levels.map((level) => (level ? this.#audience.settings.zoneDelayMs[level] : 0)))
  }

  /** A promise is watched while nobody says that it was kept. */
  #promiseDue({ eta, isRepaired, isEtaWarned }: Notice): number {
    if (eta === null || isRepaired) return Infinity
    return isEtaWarned ? eta : eta - this.#audience.settings.etaWarningMs
  }

  dueOf(notice: Notice): number {
    switch (notice.state) {
      case 'draft':
        return notice.draftedAt + this.#waitMs(notice.kind, rulesOf(notice)[0] ?? '', this.#isConfirmed(notice))
      case 'monitoring':
        return this.#isShown(notice) ? this.holdDue(notice) : Infinity
      case 'identified':
        return this.#promiseDue(notice)
      default:
        return Infinity
    }
  }

  /** What only a repaired asset shows, such as a lift that opens its doors again; asked for where orders ask for it. */
  proofsOf(notice: Notice): readonly string[] {
    if (this.#plan.settings.orders?.verify !== 'by_profile') return []
    return rulesOf(notice).flatMap((rule) => this.#rules.get(rule)?.verify?.proofs ?? [])
  }

  /** Normal for long enough, and nobody has used it yet to show it: then whoever stands there may say so. */
  isUnproven(notice: Notice, at: number): boolean {
    return notice.state === 'monitoring' && !this.#isShown(notice) && at >= this.holdDue(notice)
  }

  #isShown(notice: Notice): boolean {
    return this.proofsOf(notice).every((proof) => this.#book.conditions.isTrue(proof))
  }

  /** The next step of a hold: normal for long enough, and then for the upper floors. */
  holdDue(notice: Notice): number {
    const normalAt = (notice.since ?? 0) + this.holdMs(notice)
    const delayMs = this.delayMs(notice)
    return delayMs > 0 && !notice.isRestored ? normalAt : normalAt + delayMs
  }

  restored(notice: Notice): readonly Draft[] {
    const delayMs = this.delayMs(notice)
    if (delayMs === 0 || notice.isRestored) return []
    const { notice: id, trace } = notice
    const since = notice.since ?? 0
    return [{ type: 'notice.restored', notice: id, since, clearAt: since + this.holdMs(notice) + delayMs, trace }]
  }

  onDue(notice: Notice, at: number): readonly Draft[] {
    if (notice.state === 'draft') return [this.published(notice, 'caretaker', at, false)]
    if (notice.state === 'identified') return this.#promise(notice)
    const restored = this.restored(notice)
    return restored.length > 0 ? restored : [this.allClear(notice, {}, at)]
  }

  /** Whoever promised an end is warned before it passes; one that passed is a silence to those who were promised it. */
  #promise(notice: Notice): readonly Draft[] {
    const { notice: id, order, eta, isEtaWarned, trace } = notice
    if (eta === null || order === null) return []
    const to = notice.owner ?? this.#plan.fallback
    if (!isEtaWarned) return [{ type: 'notice.eta_warned', notice: id, order, eta, to, trace }]
    return [
      { type: 'notice.eta_passed', notice: id, order, eta, to, trace },
      { type: 'order.silent', order, dueAt: eta, to, trace },
    ]
  }

  allClear(notice: Notice, by: { by?: string; name?: string }, at: number): Draft {
    const end = this.#audience.end(notice, at)
    return { type: 'notice.all_clear', notice: notice.notice, ...by, ...end, trace: notice.trace }
  }
}
