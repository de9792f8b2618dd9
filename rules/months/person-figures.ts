import { type CountedOrder, highestLevel } from './counted-order.ts'
import type { PersonFigures } from './month-figures.ts'

type Figures = Omit<PersonFigures, 'person'>
type Tally = { -readonly [K in keyof Omit<Figures, 'levels'>]: number } & { levels: [number, number, number] }

/**
 * Of orders that count: each for whoever had it last, a level for whoever had it then, stars for whoever did the work. The
 * same orders give the same lines, in the order of the persons' ids.
 */
export function personFigures(orders: readonly CountedOrder[], praised: readonly string[]): readonly PersonFigures[] {
  const tallies = new Map<string, Tally>()
  const of = (person: string): Tally => {
    const known = tallies.get(person) ?? none()
    tallies.set(person, known)
    return known
  }
  for (const order of orders) count(order, of)
  for (const person of praised) of(person).praise++
  return [...tallies]
    .map(([person, tally]): PersonFigures => ({ person, ...tally }))
    .toSorted((a, b) => (a.person < b.person ? -1 : 1))
}

function count(order: CountedOrder, of: (person: string) => Tally): void {
  const { person = '', levels = [], points, rating } = order
  for (const { level, person: had, isGatewayDown } of levels) {
    if (isGatewayDown) of(had).excused++
    else of(had).levels[level - 1]!++
  }
  if (points) of(points.person).points += points.value
  if (rating) {
    of(rating.person).rated++
    of(rating.person).stars += rating.stars
  }
  const highest = highestLevel(order)
  const last = of(person)
  last.opened++
  if (highest > 0) last.overdue++
  if (highest < 2) last.settledInside++
}

function none(): Tally {
  return {
    opened: 0,
    settledInside: 0,
    overdue: 0,
    levels: [0, 0, 0],
    excused: 0,
    points: 0,
    praise: 0,
    rated: 0,
    stars: 0,
  }
}

/** Of several people together. */
export function sumOf(lines: readonly PersonFigures[]): Figures {
  const sum = none()
  for (const { person: _, levels, ...figures } of lines) {
    for (const [figure, value] of Object.entries(figures)) sum[figure as keyof typeof figures] += value
    levels.forEach((value, i) => (sum.levels[i]! += value))
  }
  return sum
}

/** The departments of a property company, by the roles of their people; what is none of these is its management. */
export const DEPARTMENTS = {
  engineering: ['chief', 'technician'],
  service: ['agent', 'steward'],
  order: ['guard', 'monitor'],
  environment: ['cleaner'],
  outside: ['contractor'],
} as const satisfies Record<string, readonly string[]>
export type Department = keyof typeof DEPARTMENTS | 'management'

export function departmentOf(role: string | undefined): Department {
  const found = Object.entries(DEPARTMENTS).find(([, roles]) => (roles as readonly string[]).includes(role ?? ''))
  return (found?.[0] ?? 'management') as Department
}
