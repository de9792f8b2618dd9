/** Who was the first to know. */
export const SOURCES = ['sensor', 'resident', 'staff', 'planned'] as const
export type OrderSource = (typeof SOURCES)[number]

/** One line of the score sheet: what was opened in the month, and what became of it since. */
export type PersonFigures = Readonly<{
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
  /** How many of those whom the work was for gave stars, and how many together. */
  rated: number
  stars: number
}>

/** What became of orders; each of them counted once, in the month in which it was opened. */
export type OrderTally = Readonly<{
  opened: number
  merged: number
  cancelled: number
  falseAlarms: number
  /** Opened without those three. */
  counted: number
  /** … of which verified, by readings or by somebody who looked. */
  verified: number
  /** … which never came to level 2, … */
  settledInside: number
  /** … or came so far. */
  level2: number
  level3: number
}>

/** Durations from the opening, of those that got so far; half of them took no longer. */
export type Times = Readonly<{ n: number; medianMs: number | null }>

/** The figures of a month: whole numbers only, so that the same events give the same bytes. Shares are made where they are read. */
export type MonthFigures = Readonly<{
  /** Of the site. */
  homes: number
  total: OrderTally
  bySource: Readonly<Record<OrderSource, OrderTally>>
  /** What residents had repaired. Started: somebody was on the way or there within half an hour. */
  repairs: Readonly<{ n: number; started: number; sameDay: number }>
  /** `repeated`: homes that complained more than once. */
  complaints: Readonly<{ n: number; longestMs: number | null; repeated: number }>
  /** Orders of which residents heard nothing when they should have. */
  silent: number
  reopened: number
  ack: Times
  arrive: Times
  restore: Times
  rated: Readonly<{ n: number; stars: number }>
  praise: number
  /** Homes that notices concerned, and that heard of them. */
  reach: Readonly<{ homes: number; reached: number }>
  persons: readonly PersonFigures[]
}>
