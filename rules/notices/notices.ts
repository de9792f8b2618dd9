import { type Command, refuse, type Refusal } from '../command.ts'
import { Conditions, type ConditionsState } from '../conditions.ts'
import type { Draft, Event, EventOf, Truth } from '../event.ts'
import type { Plan } from '../plan.ts'
import type { Context, Json, Stage, Tick } from '../stage.ts'

type NoticeState = 'draft' | 'published' | 'monitoring'
type Notice = {
  readonly notice: string
  readonly order: string
  readonly kind: string
  readonly trace: string
  readonly draftedAt: number
  state: NoticeState
  since: number | null
  /** The hold began with a start after a blind interval: no reading has told yet that it is still over. */
  isHeldBlindly: boolean
  /** The alarms it speaks of, and the rules whose conditions give the all-clear. */
  alarms: { alarm: string; rule: string; asset: string }[]
  /** Grave alarms of the same asset and order of which residents are not told: they agree, and give no all-clear. */
  witnesses: string[]
  /** Homes that were told, and by what. */
  told: string[]
  channels: string[]
}
type NoticeEvent = Extract<Event, { notice: string }>

/**
 * Orders become notices to exactly the homes that depend on the asset, and an all-clear to exactly those told.
 * The all-clear hangs on the source conditions alone, whatever becomes of alarm, latch or order.
 */
export function noticeStage(plan: Plan): Stage {
  const rules = new Map(plan.rules.map((rule) => [rule.id, rule]))
  const notices = new Map<string, Notice>()
  const conditions = new Conditions()
  const rulesOf = (notice: Notice) => notice.alarms.map(({ rule }) => rule)

  const homesOf = (asset: string): readonly string[] => plan.assets.get(asset)?.homes ?? []
  const audienceOf = (notice: Notice): string[] =>
    [...new Set(notice.alarms.flatMap((alarm) => homesOf(alarm.asset)))].toSorted()
  const sourceOf = (notice: Notice): Truth => conditions.worstOf(rulesOf(notice))

  function onOrder(
    event: EventOf<'order.opened' | 'order.joined' | 'order.line_added'>,
    { seq }: Context,
  ): readonly Draft[] {
    const { order, alarm, rule, asset, trace } = event
    const kind = rules.get(rule)?.notice
    const homes = homesOf(asset)
    // A sensor that chatters takes nothing from anybody.
    if ('badActor' in event && event.badActor) return []
    if (kind === undefined || homes.length === 0) return []
    const open = [...notices.values()].find(
      (notice) => notice.kind === kind && (notice.order === order || rulesOf(notice).includes(rule)),
    )
    if (open) return [{ type: 'notice.joined', notice: open.notice, alarm, rule, asset, homes, trace: open.trace }]
    return [{ type: 'notice.drafted', notice: `N${seq}`, order, kind, alarm, rule, asset, homes, trace }]
  }

  function onJoined({ notice: id }: EventOf<'notice.joined'>): readonly Draft[] {
    const notice = notices.get(id)
    if (!notice || notice.state === 'draft') return []
    const resumed: Draft[] =
      notice.state === 'monitoring' ? [{ type: 'notice.resumed', notice: id, trace: notice.trace }] : []
    const homes = audienceOf(notice).filter((home) => !notice.told.includes(home))
    return homes.length > 0
      ? [...resumed, { type: 'notice.extended', notice: id, homes, channels: plan.channels, trace: notice.trace }]
      : resumed
  }

  function onCondition(rule: string, at: number): readonly Draft[] {
    return [...notices.values()]
      .filter((notice) => notice.alarms.some((alarm) => alarm.rule === rule))
      .flatMap((notice): readonly Draft[] => {
        const source = sourceOf(notice)
        const { notice: id, trace } = notice
        if (notice.state === 'published' && source === 'false')
          return [{ type: 'notice.monitoring', notice: id, since: at, trace }]
        if (notice.state === 'monitoring' && source !== 'false') return [{ type: 'notice.resumed', notice: id, trace }]
        // Over before anybody was told: nobody needs an end without a beginning.
        if (notice.state === 'draft' && source === 'false')
          return [{ type: 'notice.withdrawn', notice: id, why: { code: 'over_before_published', params: {} }, trace }]
        return []
      })
  }

  function published(notice: Notice, by: string, verifying: boolean): Draft {
    return {
      type: 'notice.published',
      notice: notice.notice,
      by,
      verifying,
      homes: audienceOf(notice),
      channels: plan.channels,
      trace: notice.trace,
    }
  }

  /** Until then its sources have spoken again, or have become unknown. */
  function validityOf(notice: Notice): number {
    return Math.max(...rulesOf(notice).map((rule) => rules.get(rule)?.validityMs ?? 0))
  }

  /** Two limits of one transmitter are one witness. */
  function witnessOf(id: string): string {
    const rule = rules.get(id)
    return rule?.watch.kind === 'limit' ? `${rule.device}/${rule.watch.point}` : id
  }

  function isConfirmedByTwo(notice: Notice): boolean {
    return new Set([...rulesOf(notice), ...notice.witnesses].map(witnessOf)).size >= 2
  }

  /** Two independent points that say the same may speak sooner than one. */
  function dueOf(notice: Notice): number {
    switch (notice.state) {
      case 'draft':
        return (
          notice.draftedAt +
          (isConfirmedByTwo(notice) ? plan.settings.publishConfirmedAfterMs : plan.settings.publishAfterMs)
        )
      case 'monitoring':
        return (
          (notice.since ?? 0) + Math.max(plan.settings.allClearHoldMs, notice.isHeldBlindly ? validityOf(notice) : 0)
        )
      case 'published':
        return Infinity
    }
  }

  function onTick({ at }: Context): readonly Draft[] {
    return [...notices.values()]
      .filter((notice) => at >= dueOf(notice))
      .map((notice) => {
        if (notice.state === 'draft') return published(notice, 'caretaker', !isConfirmedByTwo(notice))
        return allClear(notice, {})
      })
  }

  /** Where no sensor can tell any more, a person who looked on site gives the end. */
  function onEnd(command: Extract<Command, { type: 'notice.end' }>, at: number): readonly Draft[] | Refusal {
    const notice = notices.get(command.notice)
    if (!notice) return refuse('unknown_notice', { notice: command.notice })
    if (!plan.staff.some((person) => person.id === command.by)) return refuse('unknown_person', { person: command.by })
    if (notice.state === 'draft') return refuse('wrong_state', { state: notice.state, command: 'end' })
    if (!conditions.isForPersonToTell(rulesOf(notice), at))
      return refuse('sensor_still_tells', { notice: notice.notice })
    return [allClear(notice, { by: command.by })]
  }

  function allClear(notice: Notice, by: { by?: string }): Draft {
    return {
      type: 'notice.all_clear',
      notice: notice.notice,
      ...by,
      homes: notice.told,
      channels: notice.channels,
      trace: notice.trace,
    }
  }

  function onCommand(command: Command, at: number): readonly Draft[] | Refusal {
    if (command.type === 'notice.end') return onEnd(command, at)
    if (command.type === 'notice.confirm') {
      const notice = notices.get(command.notice)
      if (!notice) return refuse('unknown_notice', { notice: command.notice })
      if (!plan.staff.some((person) => person.id === command.by))
        return refuse('unknown_person', { person: command.by })
      return notice.state === 'draft'
        ? [published(notice, command.by, false)]
        : refuse('wrong_state', { state: notice.state, command: 'confirm' })
    }
    if (command.type === 'message.settle') {
      const { notice, message, channel, result, reason, ref, next } = command
      return [
        {
          type: 'message.settled',
          notice,
          message,
          channel,
          result,
          ...(reason === undefined ? {} : { reason }),
          ...(ref === undefined ? {} : { ref }),
          ...(next === undefined ? {} : { next }),
          trace: command.trace,
        },
      ]
    }
    return []
  }

  return {
    name: 'notices',
    version: 4,
    decide(input: Event | Command | Tick, context) {
      switch (input.type) {
        case 'order.opened':
        case 'order.joined':
        case 'order.line_added':
          return onOrder(input, context)
        case 'notice.joined':
          return onJoined(input)
        case 'notice.published':
          return sourceMoved(input, context.at)
        case 'condition.became':
          return onCondition(input.rule, context.at)
        case 'tick':
          return onTick(context)
        default:
          return 'id' in input ? onCommand(input, context.at) : []
      }
    },
    apply(event) {
      if (event.type === 'condition.became') conditions.apply(event)
      else if (event.type === 'gateway.started') startHoldsAgain(notices, event)
      else if (event.type === 'order.joined') agree(notices, event)
      else if ('notice' in event) applyTo(notices, event)
    },
    due() {
      const due = Math.min(...[...notices.values()].map(dueOf))
      return due === Infinity ? null : due
    },
    snapshot: () =>
      ({
        notices: [...notices.values()].map((notice) => structuredClone(notice)),
        conditions: conditions.snapshot(),
      }) as unknown as Json,
    restore(state) {
      const { notices: open, conditions: known } = state as unknown as {
        notices: Notice[]
        conditions: ConditionsState
      }
      notices.clear()
      for (const notice of open) notices.set(notice.notice, structuredClone(notice))
      conditions.restore(known)
    },
  }

  /** A person may confirm in the very moment in which it is over. */
  function sourceMoved({ notice: id }: EventOf<'notice.published'>, at: number): readonly Draft[] {
    const notice = notices.get(id)
    return notice && sourceOf(notice) === 'false'
      ? [{ type: 'notice.monitoring', notice: id, since: at, trace: notice.trace }]
      : []
  }
}

/** Nobody watched during the blind interval: what was held before it proves nothing, the hold begins anew. */
function startHoldsAgain(notices: ReadonlyMap<string, Notice>, event: EventOf<'gateway.started'>): void {
  if (event.blindFrom === null) return
  for (const notice of notices.values())
    if (notice.state === 'monitoring') Object.assign(notice, { since: event.at, isHeldBlindly: true })
}

function applyTo(notices: Map<string, Notice>, event: NoticeEvent): void {
  if (event.type === 'notice.drafted') {
    const { notice, order, kind, trace, alarm, rule, asset } = event
    notices.set(notice, {
      notice,
      order,
      kind,
      trace,
      draftedAt: event.at,
      state: 'draft',
      since: null,
      isHeldBlindly: false,
      alarms: [{ alarm, rule, asset }],
      witnesses: [],
      told: [],
      channels: [],
    })
    return
  }
  const notice = notices.get(event.notice)
  if (!notice) return
  switch (event.type) {
    case 'notice.joined':
      if (!notice.alarms.some((known) => isSame(known, event)))
        notice.alarms.push({ alarm: event.alarm, rule: event.rule, asset: event.asset })
      return
    case 'notice.published':
    case 'notice.extended':
      notice.state = 'published'
      notice.since = null
      notice.told = [...notice.told, ...event.homes]
      notice.channels = [...new Set([...notice.channels, ...event.channels])]
      return
    case 'notice.monitoring':
      notice.state = 'monitoring'
      notice.since = event.since
      notice.isHeldBlindly = false
      return
    case 'notice.resumed':
      notice.state = 'published'
      notice.since = null
      return
    case 'notice.all_clear':
    case 'notice.withdrawn':
      notices.delete(event.notice)
      return
    default:
  }
}

function agree(notices: ReadonlyMap<string, Notice>, event: EventOf<'order.joined'>): void {
  if (event.class !== 'P0' && event.class !== 'P1') return
  for (const { order, alarms, witnesses } of notices.values())
    if (order === event.order && alarms.some(({ asset }) => asset === event.asset)) witnesses.push(event.rule)
}

type About = Readonly<{ alarm: string; rule: string; asset: string }>
/** One alarm may be about several assets: the cars that are called. */
function isSame(a: About, b: About): boolean {
  return a.alarm === b.alarm && a.rule === b.rule && a.asset === b.asset
}
