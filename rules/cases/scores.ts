/** What is counted of one order, in the order in which it happened. */
export type ScoreLine = Readonly<{
  seq: number
  /** `points`: of its case; a later line of the same case replaces it. */
  kind: 'opened' | 'assigned' | 'level' | 'points' | 'void' | 'praise'
  order: string
  /** Who has it from here on, or whom it is about; null: whoever has it. */
  person: string | null
  /** The level; the points. */
  value: number | null
  /** It was late because the gateway was down: nobody's fault. */
  isGatewayDown: boolean
}>

/** One line of the month: what was opened in it, and what became of that since. */
export type Score = Readonly<{
  /** Empty: orders that nobody had. */
  person: string
  opened: number
  /** Never came to level 2. */
  settledInside: number
  /** A level was told of it. */
  overdue: number
  levels: readonly [number, number, number]
  /** Levels that were late because the gateway was down; in no other figure. */
  excused: number
  /** Taken by level 3. */
  points: number
  praise: number
}>

type Tally = { -readonly [K in keyof Omit<Score, 'person' | 'levels'>]: number } & { levels: [number, number, number] }

/**
 * Counted from the lines of the orders that were opened in the month: the same journal gives the same sheet. An order
 * counts for whoever had it last, a level for whoever had it then. Merged, cancelled and false ones are not counted.
 */
export function scoresOf(lines: readonly ScoreLine[]): readonly Score[] {
  const byOrder = Map.groupBy(
    lines.toSorted((a, b) => a.seq - b.seq),
    ({ order }) => order,
  )
  const tallies = new Map<string, Tally>()
  const of = (person: string): Tally => {
    const known = tallies.get(person) ?? none()
    tallies.set(person, known)
    return known
  }
  for (const own of byOrder.values()) if (!own.some(({ kind }) => kind === 'void')) count(own, of)
  return [...tallies]
    .map(([person, tally]): Score => ({ person, ...tally }))
    .toSorted((a, b) => (a.person < b.person ? -1 : 1))
}

function count(lines: readonly ScoreLine[], of: (person: string) => Tally): void {
  let holder = ''
  let highest = 0
  let points: { of: Tally; value: number } | null = null
  for (const { kind, person, value, isGatewayDown } of lines) {
    if (kind === 'assigned') holder = person ?? ''
    if (kind === 'praise') of(person ?? holder).praise++
    if (kind === 'points') points = { of: of(person ?? holder), value: value ?? 0 }
    if (kind !== 'level' || value === null) continue
    if (isGatewayDown) {
      of(holder).excused++
      continue
    }
    of(holder).levels[value - 1]!++
    highest = Math.max(highest, value)
  }
  if (points) points.of.points += points.value
  const last = of(holder)
  last.opened++
  if (highest > 0) last.overdue++
  if (highest < 2) last.settledInside++
}

function none(): Tally {
  return { opened: 0, settledInside: 0, overdue: 0, levels: [0, 0, 0], excused: 0, points: 0, praise: 0 }
}

/** Of several people together. */
export function sumOf(scores: readonly Score[]): Omit<Score, 'person'> {
  const sum = none()
  for (const { person: _, levels, ...figures } of scores) {
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
