import { Temporal } from 'temporal-polyfill'
import { WEEKDAYS } from '#devices/alarm-definition.ts'
import { closest } from '#devices/closest.ts'
import type { FaultCode, Params } from '#devices/fault.ts'
import type { DailyHours } from '#rules/clocks/day-stretches.ts'
import type { Asset, HolidayCalendar, Person, Rotation } from '#rules/plan.ts'
import type { SiteFile } from './schema.ts'

type Blame = (at: readonly (string | number)[], code: FaultCode, params?: Params) => void
type WrittenPerson = NonNullable<SiteFile['staff']>[number]
type Written = Pick<SiteFile, 'shifts' | 'rotations' | 'calendar'>

/** `tue`, `mon-fri`. */
const WEEK = new RegExp(`^(${WEEKDAYS.join('|')})(-(${WEEKDAYS.join('|')}))?$`)
/** No rotation of this name, or a shift of it is not there: its people are never on duty, and the fault says so. */
const OFF: DailyHours = []

/** People with their hours: shifts, rotations and the calendar resolved. `at` is the place of an entry of staff. */
export function staffOf(
  people: readonly WrittenPerson[],
  written: Written,
  assets: ReadonlyMap<string, Asset>,
  { at, blame }: Readonly<{ at(person: WrittenPerson): readonly (string | number)[]; blame: Blame }>,
): readonly Person[] {
  const shifts = new Map<string, DailyHours>([['off', OFF]])
  const unknown = (place: readonly (string | number)[], kind: string, id: string, known: Iterable<string>) => {
    const hint = closest(id, known)
    blame(place, 'unknown_reference', { kind, id, ...(hint ? { hint } : {}) })
  }
  for (const [name, hours] of Object.entries(written.shifts ?? {}))
    shifts.set(
      name,
      hours.flatMap((part, i) => parsed(part, ['shifts', name, i])),
    )
  const shift = (name: string, place: readonly (string | number)[]): DailyHours => {
    const found = shifts.get(name)
    if (!found) unknown(place, 'shift', name, shifts.keys())
    return found ?? OFF
  }
  /** Within a shift there are hours only; beside one also names of shifts. */
  function parsed(part: string, place: readonly (string | number)[]): DailyHours {
    const isHours = part.includes(':')
    if (isHours) return [parseHours(part)]
    if (place[0] !== 'shifts') return shift(part, place)
    blame(place, 'wrong_value', { key: String(place[1]), detail: 'HH:MM-HH:MM' })
    return OFF
  }
  const rotations = new Map(
    Object.entries(written.rotations ?? {}).map(([id, rotation]) => [id, rotationOf(id, rotation, shift, blame)]),
  )

  return people.map((person): Person => {
    const { duty = [], rotation: name, phase = 0, assets: listed, ...rest } = person
    const place = at(person)
    const rotation = name === undefined ? undefined : rotations.get(name)
    if (name !== undefined && !rotation) unknown([...place, 'rotation'], 'rotation', name, rotations.keys())
    if (name === undefined && person.duty === undefined) blame(place, 'missing_key', { key: 'duty' })
    for (const [kind, until] of Object.entries(person.certificates ?? {}))
      if (!isDay(until)) blame([...place, 'certificates', kind], 'wrong_value', { key: kind, detail: 'YYYY-MM-DD' })
    return {
      ...rest,
      duty: duty.flatMap((part, i) => parsed(part, [...place, 'duty', i])),
      ...(rotation ? { rotation: shifted(rotation, phase) } : {}),
      ...(listed
        ? {
            assets: listedAssets(listed, assets, (i, id) =>
              unknown([...place, 'assets', i], 'asset', id, assets.keys()),
            ),
          }
        : {}),
    }
  })
}

/** Public holidays one by one; days that are no days are named. */
export function calendarOf(written: NonNullable<SiteFile['calendar']>, blame: Blame): HolidayCalendar {
  const holidays = (written.holidays ?? []).flatMap((text, i) => {
    const [first = '', last = first] = text.split('/')
    if (isDay(first) && isDay(last) && last >= first) return daysBetween(first, last)
    blame(['calendar', 'holidays', i], 'wrong_value', { key: 'holidays', detail: 'YYYY-MM-DD/YYYY-MM-DD' })
    return []
  })
  const workdays = Object.entries(written.workdays ?? {}).filter(([day]) => {
    if (isDay(day)) return true
    blame(['calendar', 'workdays', day], 'wrong_value', { key: 'workdays', detail: 'YYYY-MM-DD' })
    return false
  })
  return {
    holidays,
    workdays: Object.fromEntries(workdays.map(([day, like]) => [day, weekday(like)])),
  }
}

function rotationOf(
  id: string,
  rotation: NonNullable<SiteFile['rotations']>[string],
  shift: (name: string, place: readonly (string | number)[]) => DailyHours,
  blame: Blame,
): Rotation {
  const place = ['rotations', id]
  if ('cycle' in rotation) {
    const days = rotation.cycle.map((name, i) => shift(name, [...place, 'cycle', i]))
    if (isDay(rotation.from)) return { id, days, from: rotation.from }
    blame([...place, 'from'], 'wrong_value', { key: 'from', detail: 'YYYY-MM-DD' })
    return { id, days: [OFF], from: '2026-01-01' }
  }
  const days: DailyHours[] = WEEKDAYS.map(() => OFF)
  for (const [written, name] of Object.entries(rotation.week)) {
    if (!WEEK.test(written)) {
      const hint = closest(written, WEEKDAYS)
      blame([...place, 'week', written], 'unknown_key', { key: written, ...(hint ? { hint } : {}) })
      continue
    }
    const hours = shift(name, [...place, 'week', written])
    for (const day of weekdaysOf(written)) days[day - 1] = hours
  }
  const { holiday } = rotation
  return { id, days, from: null, ...(holiday === undefined ? {} : { holiday: shift(holiday, [...place, 'holiday']) }) }
}

/** `fri-mon` goes over the weekend. */
function weekdaysOf(written: string): readonly number[] {
  const [first = '', last = first] = written.split('-')
  const count = ((weekday(last) - weekday(first) + 7) % 7) + 1
  return Array.from({ length: count }, (_, i) => ((weekday(first) - 1 + i) % 7) + 1)
}

function weekday(name: string): number {
  return WEEKDAYS.indexOf(name as (typeof WEEKDAYS)[number]) + 1
}

/** Whoever is some days ahead in a round began it so many days earlier. */
function shifted(rotation: Rotation, phase: number): Rotation {
  if (rotation.from === null || phase === 0) return rotation
  return { ...rotation, from: Temporal.PlainDate.from(rotation.from).subtract({ days: phase }).toString() }
}

/** Assets by id, or all of a kind. */
function listedAssets(
  listed: readonly string[],
  assets: ReadonlyMap<string, Asset>,
  unknown: (i: number, id: string) => void,
): readonly string[] {
  return [
    ...new Set(
      listed.flatMap((id, i) => {
        if (assets.has(id)) return [id]
        const ofKind = [...assets.values()].filter(({ kind }) => kind === id).map((asset) => asset.id)
        if (ofKind.length === 0) unknown(i, id)
        return ofKind
      }),
    ),
  ]
}

/** `19:00-07:00` → minutes since local midnight, the end past midnight. */
function parseHours(text: string): { from: number; to: number } {
  const [from = 0, to = 0] = text.split('-').map((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3)))
  return { from, to: to > from ? to : to + 1_440 }
}

function isDay(text: string): boolean {
  try {
    return Temporal.PlainDate.from(text).toString() === text
  } catch {
    return false
  }
}

function daysBetween(first: string, last: string): string[] {
  const day = Temporal.PlainDate.from(first)
  const count = day.until(Temporal.PlainDate.from(last)).days + 1
  return Array.from({ length: count }, (_, i) => day.add({ days: i }).toString())
}
