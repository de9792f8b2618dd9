import type { Person, Plan } from '../plan.ts'
import { certificateFor } from '../roster/fit.ts'
import type { Roster } from '../roster/who.ts'
import { RESCUE_DEFAULTS } from './rescue-plan.ts'

/** Together, when somebody is trapped. */
export const RESCUE_KINDS = ['comfort', 'on_site', 'rescue'] as const
/** … and what is asked of one person: answer an alarm button, call every car, bring water to homes that have none. */
export const TASK_KINDS = [...RESCUE_KINDS, 'intercom', 'call_cars', 'supply'] as const
export type TaskKind = (typeof TASK_KINDS)[number]

/** How somebody knows that people are in the car. */
export const CONFIRMED_BY = ['intercom', 'camera', 'opened_door'] as const
export type ConfirmedBy = (typeof CONFIRMED_BY)[number]

/** Who is asked to free them, one after the other; the last two are dialled by a person. */
export const CHAIN = ['staff', 'contractor', 'contractor_second', '96333', '119'] as const
export type ChainStep = (typeof CHAIN)[number]
export const OUTSIDE_STEPS = ['contractor', 'contractor_second', '96333', '119'] as const satisfies readonly ChainStep[]
export type OutsideStep = (typeof OUTSIDE_STEPS)[number]

const MINUTE = 60_000
export const FIRST_CONTACT_MS = 5 * MINUTE
export const NEXT_CONTACT_MS = 10 * MINUTE
export const ON_SITE_MS = 10 * MINUTE
export const RESCUER_MS = 30 * MINUTE
/** TSG T5002-2017: half an hour in cities, an hour elsewhere. */
export const RESCUER_OUTSIDE_CITIES_MS = 60 * MINUTE
/** An alarm button of a car that runs, or stands open. */
export const INTERCOM_MS = MINUTE
/** All cars are silent: the first is reached in five minutes, the last in ten. */
export const ALL_CARS_MS = 10 * MINUTE
/** So long without water, and it is brought; the first of it within the hour. */
export const DRY_MS = 24 * 60 * MINUTE
export const SUPPLY_MS = 60 * MINUTE
/** Not accepted in this time, the next is asked. */
export const STEP_MS = 3 * MINUTE

/** The skill without which nobody frees people from a lift; the site may ask for a certificate with it. */
const SKILL = 'lift'

type Crew = Pick<Plan, 'staff' | 'fallback' | 'rescue' | 'certificates'>

/** Who is there at a moment of the wall, and may do what. Pure. */
export function crewOf(plan: Crew, roster: Roster, wall: number, region: string) {
  const { staff, fallback, rescue = RESCUE_DEFAULTS } = plan
  const present = staff.filter(({ id, regions }) => regions.includes(region) && roster.isOnDuty(id, wall))
  const isCertified = (person: Person) => mayOpen(person, plan, roster, wall)
  const firstOf = (wanted: readonly string[], except: readonly string[]) =>
    wanted
      .flatMap((who) => present.filter(({ id, role }) => id === who || role === who).toSorted(byId))
      .find(({ id }) => !except.includes(id))?.id
  return {
    /** The fallback, where nobody is on duty. */
    comfort: firstOf(rescue.comfort, []) ?? fallback,
    supply: firstOf(['steward', 'chief', 'manager'], []) ?? fallback,
    onSite: (except: readonly string[]) => firstOf(rescue.onSite, except) ?? firstOf(rescue.onSite, []) ?? fallback,
    certified: present.filter((person) => person.role !== 'contractor' && isCertified(person)).toSorted(byId)[0]?.id,
    contractor: rescue.contractor,
    fallback,
  }
}

/** Which steps the chain of a site has, where a certified person is on duty or not. */
export function stepsOf({ rescue = RESCUE_DEFAULTS }: Pick<Plan, 'rescue'>, isStaffed: boolean): readonly ChainStep[] {
  return CHAIN.filter((step) => {
    if (step === 'staff') return isStaffed
    if (step === 'contractor') return rescue.contractor !== null
    return step !== 'contractor_second' || (rescue.contractor !== null && rescue.lines.length > 1)
  })
}

/** Only a certified person or the listed contractor frees anybody from a lift. */
export function mayRescue(
  person: Person,
  plan: Pick<Plan, 'rescue' | 'certificates'>,
  roster: Roster,
  wall: number,
): boolean {
  const { rescue = RESCUE_DEFAULTS } = plan
  return person.id === rescue.contractor || mayOpen(person, plan, roster, wall)
}

function mayOpen(person: Person, plan: Pick<Plan, 'certificates'>, roster: Roster, wall: number): boolean {
  const certificate = certificateFor(plan, { skill: SKILL, region: '' })
  if (!person.skills.includes(SKILL) || roster.hasLeft(person.id)) return false
  return certificate === undefined || roster.holds(person.id, certificate, wall)
}

function byId(a: Person, b: Person): number {
  return a.id < b.id ? -1 : 1
}
