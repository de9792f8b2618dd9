import type { Stretch } from '../clocks/day-stretches.ts'
import { OpeningHours } from '../clocks/opening-hours.ts'
import { type CalendarName, CALENDARS, POLICIES } from '../clocks/policy.ts'
import type { Person, Plan } from '../plan.ts'
import type { RosterBook } from './book.ts'
import { dayOf, wallTimeOn } from './calendar.ts'
import type { Gap } from './events.ts'
import { certificateFor, isContractor, isFitting } from './fit.ts'
import { clipped, union, without } from './spans.ts'

/** What some alarm of this region may ask for, and when an order for it would be waiting for somebody. */
export type Need = Readonly<{
  region: string
  skill: string
  certificate: string | null
  calendars: readonly CalendarName[]
}>
export type Coverage = Readonly<{
  need: Need
  /** Of the staff: who has region, skill and, some day, the certificate. */
  staff: readonly string[]
  gaps: readonly Gap[]
}>
type Parts = Pick<Plan, 'rules' | 'assets' | 'staff' | 'certificates' | 'timeZone'>

/** All that the rules of the site may ask for. A skill that nobody has is told by `staff: []`: no roster mends that. */
export function needsOf({ rules, assets, certificates }: Parts): readonly Need[] {
  const needs = new Map<string, { region: string; skill: string; calendars: Set<CalendarName> }>()
  for (const rule of rules) {
    const region = assets.get(rule.asset)?.region
    if (region === undefined) continue
    const key = `${region} ${rule.skill}`
    const need = needs.get(key) ?? { region, skill: rule.skill, calendars: new Set() }
    needs.set(key, need)
    need.calendars.add(POLICIES[rule.class]?.calendar ?? 'service')
  }
  return [...needs.values()]
    .map(({ region, skill, calendars }) => ({
      region,
      skill,
      certificate: certificates?.[skill] ?? null,
      calendars: [...calendars].toSorted(),
    }))
    .toSorted((a, b) => compare(a.region, b.region) || compare(a.skill, b.skill))
}

/**
 * Where and when nobody of the staff would be there for what the site needs, between two moments on the wall: by region and
 * skill, with the certificate where one is asked for. Where a contractor is there it is said; it is a gap all the same.
 */
export function coverageOf(plan: Parts, roster: RosterBook, from: number, to: number): readonly Coverage[] {
  const calendars = new Map<CalendarName, OpeningHours>()
  const openWithin = (name: CalendarName) => {
    const hours = calendars.get(name) ?? new OpeningHours(CALENDARS[name], plan.timeZone)
    calendars.set(name, hours)
    return hours.within(from, to)
  }
  /** A contractor counts where it is listed for something. */
  const hasPartIn = (person: Person, region: string) =>
    !isContractor(person) || (person.assets ?? []).some((asset) => plan.assets.get(asset)?.region === region)
  return needsOf(plan).map((need) => {
    const { region, skill } = need
    const certificate = certificateFor(plan, { region, skill })
    const fitting = plan.staff.filter((person) => isFitting(person, { region, skill }) && hasPartIn(person, region))
    const own = fitting.filter((person) => !isContractor(person))
    const certified = (person: Person) =>
      certificate === undefined ? [{ from, to }] : validity(roster, person, certificate, plan.timeZone, from, to)
    const there = own.flatMap((person) => meet(roster.presence(person.id, from, to), certified(person)))
    const lent = fitting.filter(isContractor).flatMap(({ id }) => roster.presence(id, from, to))
    const required = clipped(union(need.calendars.flatMap(openWithin)), from, to)
    const open = without(required, there)
    const said = { region, skill, ...(certificate === undefined ? {} : { certificate }) }
    const bare = without(open, lent)
    const byContractor = without(open, bare)
    const gaps = [
      ...bare.map((span): Gap => ({ ...said, ...span })),
      ...byContractor.map((span): Gap => ({ ...said, ...span, contractor: true })),
    ].toSorted((a, b) => a.from - b.from)
    return { need, staff: own.map(({ id }) => id), gaps }
  })
}

/** The days of the calendar from that on, as one stretch. */
export function daysFrom(wall: number, first: number, count: number, timeZone: string): Stretch {
  const today = dayOf(wall, timeZone)
  return {
    from: wallTimeOn(today, first, 0, timeZone),
    to: wallTimeOn(today, first + count, 0, timeZone),
  }
}

/** A certificate is good to the end of its last day. */
function validity(
  roster: RosterBook,
  { id }: Person,
  kind: string,
  timeZone: string,
  from: number,
  to: number,
): readonly Stretch[] {
  const until = roster.certificatesOf(id).get(kind)
  if (until === undefined) return []
  return clipped([{ from, to: Math.min(to, wallTimeOn(until, 1, 0, timeZone)) }], from, to)
}

function meet(a: readonly Stretch[], b: readonly Stretch[]): readonly Stretch[] {
  return a.flatMap((span) => b.flatMap((other) => clipped([span], other.from, other.to)))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
