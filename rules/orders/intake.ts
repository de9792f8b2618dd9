import type { OrderClass } from '#devices/alarm-definition.ts'
import type { Planned } from '../clocks/policy.ts'

/** Who was the first to know: somebody who lives here, somebody of the staff, or a plan. */
export const ORDER_SOURCES = ['resident', 'staff', 'planned'] as const
export type OrderSource = (typeof ORDER_SOURCES)[number]

/** Who told us of something, and where the words stand: ids alone. A home, the id of a contact, of what was written down. */
export type Reported = Readonly<{ home?: string; reporter?: string; note?: string }>

/**
 * What people may open: faults by hand (P1-P3), what is urgent or ordinary at home (P4a, P4b), a complaint (P5), an
 * enquiry (P5q), planned work (P6). That somebody is trapped is told by a sensor, a button, or a P1 that is said to be it.
 */
export const INTAKE_CLASSES = [
  'P1',
  'P2',
  'P3',
  'P4a',
  'P4b',
  'P5',
  'P5q',
  'P6',
] as const satisfies readonly OrderClass[]
export type IntakeClass = (typeof INTAKE_CLASSES)[number]

/** Exactly one of `asset`, `home` and `place`; the last two with the region that they lie in. */
export type Intake = Readonly<{
  class: IntakeClass
  source: OrderSource
  skill: string
  asset?: string
  place?: string
  region?: string
  against?: string
}> &
  Reported &
  Planned

/** Answered, not mended: nobody goes anywhere for them. */
export const ANSWERED: ReadonlySet<OrderClass> = new Set(['P5', 'P5q'])

/** Nobody waits at the door: given to whoever is there next in the hours of service, and left with them. */
export const UNHURRIED: ReadonlySet<OrderClass> = new Set(['P4b', 'P5', 'P5q', 'P6'])

/** What was reported, and by whom; of an order, an event or a command. */
export function reportedOf({ home, reporter, note }: Reported): Reported {
  return {
    ...(home === undefined ? {} : { home }),
    ...(reporter === undefined ? {} : { reporter }),
    ...(note === undefined ? {} : { note }),
  }
}
