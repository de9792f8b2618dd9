import type { Command, CommandBody } from '#rules/command.ts'
import type { Plan } from '#rules/plan.ts'
import type { Dice } from './random.ts'
import { type ControlAct, controlCommandOf } from './controllers.ts'
import type { Invariants, SeenOrder } from './invariants.ts'

/** What a person is about to do; to what, shows when the moment has come. */
export type Intent = Readonly<{
  at: number
  id: string
  act: Act
  which: number
  who: number
  isWrong: boolean
  againAfterMs: number | null
}>
type Act = (typeof ACTS)[number] | ControlAct

const ACTS = [
  'work',
  'work',
  'work',
  'work',
  'work',
  'rival',
  'acknowledge',
  'reset',
  'confirm',
  'settle',
  'settle',
  'shelve',
  'unshelve',
  'remove',
  'return',
  'plan',
  'endWindow',
] as const
/** What only the calendar on the wall brings about. */
const OF_THE_CALENDAR: ReadonlySet<Act> = new Set(['plan', 'endWindow'])

type Span = Readonly<{ from: number; to: number; hasCalendar?: boolean }>
type Habit = Readonly<{ acts: readonly Act[]; prefix: string; every: readonly [number, number] }>
const USUAL: Habit = { acts: ACTS, prefix: 'c', every: [500, 9_000] }

export function intentsOf(
  dice: Dice,
  { from, to, hasCalendar = true }: Span,
  { acts, prefix, every } = USUAL,
): Intent[] {
  const intents: Intent[] = []
  for (let at = from + 20_000; at < to; at += dice.between(every[0], every[1])) {
    const againAfterMs = dice.chance(0.15) ? dice.between(1, 20_000) : null
    intents.push({
      at,
      id: `${prefix}${intents.length}`,
      act: dice.pick(acts),
      which: dice.next(),
      who: dice.next(),
      isWrong: dice.chance(0.1),
      againAfterMs,
    })
  }
  return hasCalendar ? intents : intents.filter(({ act }) => !OF_THE_CALENDAR.has(act))
}

/** The command that comes of an intent as things stand; null when there is nothing to do. */
export function commandOf(intent: Intent, seen: Invariants, plan: Plan): Command | null {
  const { id } = intent
  const anybody = at(plan.staff, intent.who)!.id
  const command = (body: Omit<Command, 'id' | 'actor'>, actor = anybody) => ({ ...body, id, actor }) as Command
  switch (intent.act) {
    case 'work':
    case 'rival': {
      const order = at(seen.openOrders(), intent.which)
      if (!order) return null
      const by = intent.act === 'rival' ? anybody : (order.assignee ?? anybody)
      const aside = asideOf(intent, order, plan)
      if (aside) return command({ ...aside, order: order.id, by } as Command, by)
      return command(
        { type: intent.isWrong ? at(STEPS, intent.who)! : stepOf(order), order: order.id, by } as Command,
        by,
      )
    }
    case 'acknowledge':
    case 'reset': {
      const alarm = at([...seen.openAlarms(), ...(intent.isWrong ? [{ id: 'A0' }] : [])], intent.which)
      return alarm ? command({ type: `alarm.${intent.act}`, alarm: alarm.id, by: anybody } as Command) : null
    }
    case 'shelve': {
      const alarm = at(seen.openAlarms(), intent.which)
      if (!alarm) return null
      const second = at(plan.staff, intent.which)!.id
      const body = { alarm: alarm.id, by: anybody, reason: 'sim', oneShot: intent.who < 0.5 }
      const forMs = intent.isWrong ? 9 * 3_600_000 : Math.round(30_000 + intent.who * 300_000)
      return command({ type: 'alarm.shelve', ...body, forMs, ...(intent.which < 0.7 ? { second } : {}) } as Command)
    }
    case 'unshelve': {
      const shelf = at([...seen.silences.shelves.values()], intent.which)
      return shelf ? command({ type: 'alarm.unshelve', shelf: shelf.shelf, by: anybody } as Command) : null
    }
    case 'remove': {
      const asset = at([...plan.assets.keys()], intent.which)!
      const rule =
        intent.who < 0.3
          ? at(
              plan.rules.filter((each) => each.asset === asset),
              intent.who * 3,
            )
          : undefined
      const of = rule ? { rule: rule.id } : {}
      return command({ type: 'service.remove', asset, ...of, by: anybody, workOrder: 'X1', reason: 'sim' } as Command)
    }
    case 'return': {
      const service = at([...seen.silences.services.keys()], intent.which)
      return service === undefined ? null : command({ type: 'service.return', service, by: anybody } as Command)
    }
    case 'plan': {
      const asset = at([...plan.assets.keys()], intent.which)!
      const rule = at(plan.rules, intent.who)!
      const from = intent.at + Math.round(intent.who * 60_000)
      const covers = intent.which < 0.6 ? { assets: [asset], rules: [] } : { assets: [], rules: [rule.id] }
      const to = from + Math.round(20_000 + intent.which * 120_000)
      const body: CommandBody = { type: 'maintenance.plan', ...covers, from, to, by: anybody, reason: 'sim' }
      return command(body)
    }
    case 'endWindow': {
      const window = at([...seen.silences.windows.keys()], intent.which)
      return window === undefined ? null : command({ type: 'maintenance.end', window, by: anybody } as Command)
    }
    case 'confirm': {
      const notices = [...seen.notices.values()].filter(({ state }) => intent.isWrong || state === 'draft')
      const notice = at(notices, intent.which)
      return notice ? command({ type: 'notice.confirm', notice: notice.id, by: anybody } as Command) : null
    }
    case 'lease':
    case 'release':
    case 'write':
    case 'settleWrite':
    case 'lock':
    case 'unlock':
    case 'permit':
    case 'endPermit':
    case 'enter':
    case 'leave':
      return controlCommandOf(intent.act, intent, seen.control, plan)
    case 'settle': {
      const place = seen.messages.findIndex((candidate) => !seen.settled.has(candidate.id))
      const message = seen.messages[place]
      if (!message) return null
      const { notice, channel, trace } = message
      // The outbox may say it twice, and says the same.
      const result = place % 5 === 4 ? 'failed' : 'delivered'
      return {
        type: 'message.settle',
        id: `settle-${message.id}`,
        actor: 'outbox',
        notice,
        trace,
        message: message.id,
        channel,
        result,
      }
    }
  }
}

/** One in eight goes aside: declines, hands over, rests, says how it goes. */
function asideOf({ at: now, who, which }: Intent, { state }: SeenOrder, { staff }: Plan): object | null {
  const turn = Math.floor(((which * 1_000) % 1) * 40)
  const reason = 'because'
  if (turn === 0) return { type: 'order.decline', reason }
  if (turn === 1) return { type: 'order.transfer', to: at(staff, who)!.id, reason }
  if (turn === 2) return { type: 'order.pause', reason: 'parts', until: now + 60_000 + Math.floor(who * 600_000) }
  if (turn === 3) return { type: 'order.update', text: 'we are on it' }
  if (turn === 4 && state === 'arrived') return { type: 'order.start' }
  if (turn === 5 && state === 'accepted') return { type: 'order.depart' }
  if (turn === 6 && (state === 'restored' || state === 'verified')) return { type: 'order.report', minutes: 20 }
  return state === 'paused' ? { type: 'order.resume' } : null
}

const STEPS = ['order.accept', 'order.arrive', 'order.finish', 'order.close'] as const

function stepOf({ state }: SeenOrder): (typeof STEPS)[number] {
  if (state === 'new' || state === 'dispatched') return 'order.accept'
  if (state === 'accepted' || state === 'en_route') return 'order.arrive'
  return state === 'arrived' || state === 'working' ? 'order.finish' : 'order.close'
}

function at<T>(list: readonly T[], share: number): T | undefined {
  return list[Math.floor(share * list.length)]
}
