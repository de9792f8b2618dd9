import { supervisorsIn } from '../clocks/supervisors.ts'
import { type Command, refuse, type Refusal } from '../command.ts'
import type { Draft, Event } from '../event.ts'
import type { HandoverPost, Plan } from '../plan.ts'
import { RosterBook, type RosterState } from '../roster/book.ts'
import type { Json, Stage } from '../stage.ts'
import { lastChange, nextChange } from './changes.ts'
import { type Side, SIDES, SIGNED_WITHIN_MS } from './events.ts'
import { ShiftFacts, type ShiftFactsState } from './shift-facts.ts'

const MINUTE = 60_000
/** The sheet is there so long before the change. */
const OPENED_BEFORE_MS = 15 * MINUTE
/** No change is further from the next than this; what was seen to later than that was seen by a clock that was wrong. */
const LONGEST_SHIFT_MS = 26 * 60 * MINUTE

type Sheet = {
  readonly handover: string
  readonly post: string
  readonly trace: string
  /** On the wall, which shifts go by. */
  readonly changeAt: number
  readonly outgoing: readonly string[]
  readonly incoming: readonly string[]
  signed: Side[]
  isOverdueTold: boolean
}
type State = Readonly<{
  sheets: readonly Sheet[]
  /** By post: the last change that was seen to, on the wall. */
  seen: readonly (readonly [post: string, changeAt: number])[]
  facts: ShiftFactsState
  roster: RosterState
  startedAt: number | null
  wallOffsetMs: number
}>

/** At each change of shift a sheet of what is open, which both sides sign. One sheet for each post at a time. */
export function handoverStage(
  plan: Pick<Plan, 'timeZone' | 'staff' | 'supervisors' | 'handovers' | 'calendar'>,
): Stage {
  const posts = plan.handovers ?? []
  const heads = supervisorsIn(plan)('', 1)
  const sheets = new Map<string, Sheet>()
  const seen = new Map<string, number>()
  const facts = new ShiftFacts()
  const roster = new RosterBook(plan)
  let startedAt: number | null = null
  let wallOffsetMs = 0

  const next = new Map<string, Readonly<{ after: number; changeAt: number }>>()

  /** Asked after each input, and calendars are slow: counted out once. */
  function nextOf({ id, at }: HandoverPost): number {
    if (startedAt === null) return Infinity
    const after = seen.get(id) ?? startedAt + wallOffsetMs
    const known = next.get(id)
    if (known?.after === after) return known.changeAt
    const changeAt = nextChange(at, plan.timeZone, after)
    next.set(id, { after, changeAt })
    return changeAt
  }

  const sheetOf = (post: string) => [...sheets.values()].find((sheet) => sheet.post === post)
  const dueOf = ({ changeAt }: Pick<Sheet, 'changeAt'>) => changeAt + SIGNED_WITHIN_MS - wallOffsetMs
  const overdueAt = (sheet: Sheet) => (sheet.isOverdueTold ? Infinity : dueOf(sheet))
  const missingOf = ({ outgoing, incoming, signed }: Sheet): Side[] =>
    SIDES.filter((side) => (side === 'outgoing' ? outgoing : incoming).length > 0 && !signed.includes(side))

  function onTick({ at, seq }: Context): readonly Draft[] {
    const overdue = [...sheets.values()]
      .filter((sheet) => overdueAt(sheet) <= at)
      .map((sheet): Draft => {
        const { handover, post, trace } = sheet
        const dueAt = dueOf(sheet)
        return { type: 'handover.overdue', handover, post, missing: missingOf(sheet), dueAt, to: heads, trace }
      })
    const due = posts.filter((post) => openAt(post) <= at)
    return [...overdue, ...due.flatMap((post, i) => opened(post, at, `HO${seq}${i === 0 ? '' : `x${i}`}`))]
  }

  const openAt = (post: HandoverPost) => nextOf(post) - OPENED_BEFORE_MS - wallOffsetMs

  /** Of several changes that passed while the gateway was down only the last is handed over. */
  function opened({ id: post, name, at: minutes, who }: HandoverPost, at: number, handover: string): readonly Draft[] {
    const changeAt = lastChange(minutes, plan.timeZone, at + wallOffsetMs + OPENED_BEFORE_MS)
    const [before, after] = [presentAt(who, changeAt - MINUTE), presentAt(who, changeAt + MINUTE)]
    const outgoing = before.filter((person) => !after.includes(person))
    const newcomers = after.filter((person) => !before.includes(person))
    const last = sheetOf(post)
    const lapsed: Draft[] = last
      ? [{ type: 'handover.lapsed', handover: last.handover, missing: missingOf(last), trace: last.trace }]
      : []
    // A post that was added since begins with its next change.
    const isBeforeIts = !seen.has(post) && dueOf({ changeAt }) <= at
    if (isBeforeIts || (outgoing.length === 0 && newcomers.length === 0))
      return [...lapsed, { type: 'handover.skipped', post, changeAt, trace: handover }]
    // Who stays takes over from who leaves.
    const incoming = newcomers.length > 0 ? newcomers : after
    const sheet = { handover, post, name, changeAt, dueAt: dueOf({ changeAt }), outgoing, incoming }
    return [...lapsed, { type: 'handover.opened', ...sheet, trace: handover }]
  }

  function presentAt(who: readonly string[], wall: number): string[] {
    const shift = plan.staff.filter(({ id, role }) => who.includes(id) || who.includes(role))
    return shift.filter(({ id }) => roster.isOnDuty(id, wall)).map(({ id }) => id)
  }

  function sign(command: Extract<Command, { type: 'handover.sign' }>): readonly Draft[] | Refusal {
    const sheet = sheets.get(command.handover)
    if (!sheet) return refuse('unknown_handover', { handover: command.handover })
    const { by, note } = command
    const side = sideOf(sheet, command)
    if (typeof side !== 'string') return side
    const words = note === undefined ? {} : { note }
    const { handover, trace } = sheet
    return [{ type: 'handover.signed', handover, side, by, ...words, items: facts.items(), trace }]
  }

  /** Who stands on one side signs for it; head and manager may step in for whoever is not there. */
  function sideOf(sheet: Sheet, { by, side: wanted }: { by: string; side?: Side }): Side | Refusal {
    const person = plan.staff.find(({ id }) => id === by)
    if (!person) return refuse('unknown_person', { person: by })
    const own = SIDES.filter((each) => sheet[each].includes(by))
    const mayStepIn = person.role === 'chief' || person.role === 'manager'
    const side = wanted ?? (own.length === 1 ? own[0] : undefined)
    if (side === undefined || (!own.includes(side) && !mayStepIn)) return refuse('not_on_shift', { person: by })
    return missingOf(sheet).includes(side) ? side : refuse('already_signed', { handover: sheet.handover })
  }

  return {
    name: 'handover',
    version: 2,
    decide(input, context) {
      if (input.type === 'handover.sign') return sign(input)
      return input.type === 'tick' ? onTick(context) : []
    },
    apply(event: Event) {
      startedAt ??= event.at
      facts.apply(event)
      roster.apply(event)
      switch (event.type) {
        case 'gateway.started':
          ;({ wallOffsetMs } = event)
          return
        case 'clock.stepped': {
          wallOffsetMs += event.byMs
          const wall = event.at + wallOffsetMs
          for (const [post, changeAt] of seen) if (changeAt > wall + LONGEST_SHIFT_MS) seen.set(post, wall)
          return
        }
        case 'handover.skipped':
          seen.set(event.post, event.changeAt)
          return
        case 'handover.opened': {
          const { handover, post, outgoing, incoming, trace, changeAt } = event
          seen.set(post, changeAt)
          const unsigned = { signed: [], isOverdueTold: false }
          sheets.set(handover, { handover, post, trace, changeAt, outgoing, incoming, ...unsigned })
          return
        }
        case 'handover.signed': {
          const sheet = sheets.get(event.handover)
          if (!sheet) return
          sheet.signed.push(event.side)
          if (missingOf(sheet).length === 0) sheets.delete(sheet.handover)
          return
        }
        case 'handover.overdue': {
          const sheet = sheets.get(event.handover)
          if (sheet) sheet.isOverdueTold = true
          return
        }
        case 'handover.lapsed':
          sheets.delete(event.handover)
          return
        default:
      }
    },
    due() {
      const due = Math.min(...[...sheets.values()].map(overdueAt), ...posts.map(openAt))
      return due === Infinity ? null : due
    },
    snapshot: (): Json =>
      ({
        sheets: [...sheets.values()].map((sheet) => structuredClone(sheet)),
        seen: [...seen],
        facts: facts.snapshot(),
        roster: roster.snapshot(),
        startedAt,
        wallOffsetMs,
      }) satisfies State as unknown as Json,
    restore(state) {
      const known = state as unknown as State
      ;({ startedAt, wallOffsetMs } = known)
      sheets.clear()
      seen.clear()
      for (const sheet of known.sheets) sheets.set(sheet.handover, structuredClone(sheet))
      for (const [post, changeAt] of known.seen) seen.set(post, changeAt)
      facts.restore(known.facts)
      roster.restore(known.roster)
    },
  }
}

type Context = Readonly<{ at: number; seq: number }>
