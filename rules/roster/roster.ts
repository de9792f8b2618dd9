import { type Command, refuse, type Refusal } from '../command.ts'
import type { Draft, Event } from '../event.ts'
import type { Plan } from '../plan.ts'
import type { Context, Json, Stage, Tick } from '../stage.ts'
import { RosterBook, type RosterState } from './book.ts'
import { dayOf, wallTimeOn } from './calendar.ts'
import { coverageOf, daysFrom } from './coverage.ts'
import type { RosterCommands } from './commands.ts'

/** When the roster's owner hears of tomorrow: there is still somebody to call. */
const CHECKED_AT_MINUTE = 17 * 60 + 30
/** Days before the end of a certificate on which that is said, in the morning. */
const WARNED_DAYS_BEFORE = [30, 7, 0] as const
const WARNED_AT_MINUTE = 9 * 60
const LONGEST_MS = 400 * 24 * 3_600_000

type RosterCommand = Extract<Command, { type: keyof RosterCommands }>
type State = Readonly<{
  roster: RosterState
  wallOffsetMs: number
  movedAt: number
  checkedDay: string | null
  warned: readonly (readonly [certificate: string, days: number])[]
}>

/**
 * Who is there when: leave, extra duty, certificates, people who leave. It says when a leave begins, which certificates
 * end, and each day where nobody will be tomorrow.
 */
export function rosterStage(plan: Plan): Stage {
  const roster = new RosterBook(plan)
  const known = new Set(plan.staff.map(({ id }) => id))
  const { timeZone, rosterOwner } = plan
  let wallOffsetMs = 0
  /** The day on which tomorrow was looked at last. */
  let checkedDay: string | null = null
  /** By person, kind and last day: the fewest days before its end that were said. */
  const warned = new Map<string, number>()
  /** Looked for anew after each event that may move it, and when that was. */
  let nextAt: number | null = null
  let movedAt = 0

  function answerTo(command: RosterCommand, { at, seq }: Context): readonly Draft[] | Refusal {
    const trace = `K${seq}`
    const { by } = command
    if ('person' in command && !known.has(command.person)) return refuse('unknown_person', { person: command.person })
    switch (command.type) {
      case 'roster.grant_leave': {
        const { person, from, to, reason } = command
        const wrong = wrongTimes(from, to, at)
        if (wrong) return wrong
        if (roster.leavesOf(person).some((leave) => leave.from < to && from < leave.to))
          return refuse('already_on_leave', { person })
        return [{ type: 'roster.leave_granted', leave: `V${seq}`, person, from, to, reason, by, trace }]
      }
      case 'roster.end_leave': {
        const leave = roster.leave(command.leave)
        if (!leave) return refuse('unknown_leave', { leave: command.leave })
        return [{ type: 'roster.leave_ended', leave: leave.leave, person: leave.person, by, trace }]
      }
      case 'roster.add_duty': {
        const { person, from, to, instead } = command
        const wrong = wrongTimes(from, to, at)
        if (wrong) return wrong
        if (instead !== undefined && !known.has(instead)) return refuse('unknown_person', { person: instead })
        if (instead === person) return refuse('not_yourself', { person })
        if (roster.hasLeft(person)) return refuse('person_left', { person })
        if (roster.leavesOf(person).some((leave) => leave.from < to && from < leave.to))
          return refuse('already_on_leave', { person })
        const place = instead === undefined ? {} : { instead }
        return [{ type: 'roster.duty_added', duty: `D${seq}`, person, from, to, ...place, by, trace }]
      }
      case 'roster.end_duty': {
        const duty = roster.duty(command.duty)
        if (!duty) return refuse('unknown_duty', { duty: command.duty })
        return [{ type: 'roster.duty_ended', duty: duty.duty, person: duty.person, by, trace }]
      }
      case 'roster.record_certificate': {
        const { person, certificate, until } = command
        return [{ type: 'roster.certificate_recorded', person, certificate, until, by, trace }]
      }
      case 'roster.withdraw_certificate': {
        const { person, certificate } = command
        if (!roster.certificatesOf(person).has(certificate)) return refuse('unknown_certificate', { certificate })
        return [{ type: 'roster.certificate_withdrawn', person, certificate, by, trace }]
      }
      case 'roster.leave_for_good': {
        const { person, handTo } = command
        if (roster.hasLeft(person)) return refuse('person_left', { person })
        if (handTo !== undefined && !known.has(handTo)) return refuse('unknown_person', { person: handTo })
        if (handTo !== undefined && (handTo === person || roster.hasLeft(handTo)))
          return refuse('person_left', { person: handTo })
        return [{ type: 'roster.left', person, ...(handTo === undefined ? {} : { handTo }), by, trace }]
      }
      case 'roster.return': {
        if (!roster.hasLeft(command.person)) return []
        return [{ type: 'roster.returned', person: command.person, by, trace }]
      }
    }
  }

  function wrongTimes(from: number, to: number, at: number): Refusal | null {
    const isLong = to - from > LONGEST_MS || from - (at + wallOffsetMs) > LONGEST_MS
    return to <= from || isLong || to <= at + wallOffsetMs ? refuse('bad_window', {}) : null
  }

  function onTick({ at, seq }: Context): readonly Draft[] {
    const wall = at + wallOffsetMs
    const trace = `K${seq}`
    const begun = roster.leaves
      .filter(({ hasBegun, from }) => !hasBegun && from <= wall)
      .map(({ leave, person }): Draft => ({ type: 'roster.leave_began', leave, person, trace }))
    // Of several that are due for one certificate the last; it says all.
    const due = new Map(
      certificateWarnings()
        .filter((warning) => warning.at <= wall)
        .map((warning) => [`${warning.person} ${warning.certificate}`, warning]),
    )
    const expiring = [...due.values()].map(({ at: _, ...said }): Draft => ({
      type: 'roster.certificate_expiring',
      ...said,
      trace,
    }))
    return [...begun, ...expiring, ...(isCheckDue(wall) ? [tomorrow(wall, trace)] : [])]
  }

  function tomorrow(wall: number, trace: string): Draft {
    const { from, to } = daysFrom(wall, 1, 1, timeZone)
    const gaps = coverageOf(plan, roster, from, to)
      .filter(({ staff }) => staff.length > 0)
      .flatMap((coverage) => coverage.gaps)
    return { type: 'roster.checked', day: dayOf(wall, timeZone), gaps, to: rosterOwner!, trace }
  }

  /** The same question as `dueAfter` asks: a tick that finds nothing to do would come again for ever. */
  function isCheckDue(wall: number): boolean {
    return rosterOwner !== undefined && nextCheck(movedAt + wallOffsetMs) <= wall
  }

  /** Today at half past five, or tomorrow when that is done. */
  function nextCheck(wall: number): number {
    const today = dayOf(wall, timeZone)
    return wallTimeOn(today, checkedDay !== null && checkedDay >= today ? 1 : 0, CHECKED_AT_MINUTE, timeZone)
  }

  /** For each certificate the warnings that were not given, in order. */
  function certificateWarnings() {
    if (rosterOwner === undefined) return []
    return plan.staff.flatMap(({ id: person }) => {
      if (roster.hasLeft(person)) return []
      return [...roster.certificatesOf(person)].flatMap(([certificate, until]) => {
        const told = warned.get(`${person} ${certificate} ${until}`) ?? Infinity
        return WARNED_DAYS_BEFORE.filter((days) => days < told).map((days) => {
          const at = wallTimeOn(until, -days, WARNED_AT_MINUTE, timeZone)
          return { at, person, certificate, until, days, to: rosterOwner }
        })
      })
    })
  }

  function dueAfter(at: number): number | null {
    const wall = at + wallOffsetMs
    const moments = [
      ...roster.leaves.filter(({ hasBegun }) => !hasBegun).map(({ from }) => from),
      ...certificateWarnings().map((warning) => warning.at),
      ...(rosterOwner === undefined ? [] : [nextCheck(wall)]),
    ]
    return moments.length === 0 ? null : Math.min(...moments) - wallOffsetMs
  }

  return {
    name: 'roster',
    version: 1,
    decide(input: Event | Command | Tick, context) {
      if (input.type === 'tick') return onTick(context)
      return isRosterCommand(input) ? answerTo(input, context) : []
    },
    apply(event) {
      roster.apply(event)
      if (event.type === 'gateway.started') wallOffsetMs = event.wallOffsetMs
      else if (event.type === 'clock.stepped') wallOffsetMs += event.byMs
      else if (event.type === 'roster.checked') checkedDay = event.day
      else if (event.type === 'roster.certificate_expiring')
        warned.set(`${event.person} ${event.certificate} ${event.until}`, event.days)
      else if (event.type !== 'site.loaded' && !event.type.startsWith('roster.')) return
      movedAt = event.at
      nextAt = dueAfter(movedAt)
    },
    due: () => nextAt,
    snapshot: (): Json => {
      const state: State = { roster: roster.snapshot(), wallOffsetMs, movedAt, checkedDay, warned: [...warned] }
      return state as unknown as Json
    },
    restore(json) {
      const state = json as unknown as State
      roster.restore(state.roster)
      ;({ wallOffsetMs, movedAt, checkedDay } = state)
      warned.clear()
      for (const [certificate, days] of state.warned) warned.set(certificate, days)
      // By this plan, which may be another one.
      nextAt = dueAfter(movedAt)
    },
  }
}

function isRosterCommand(input: Event | Command | Tick): input is RosterCommand {
  return 'id' in input && input.type.startsWith('roster.')
}
