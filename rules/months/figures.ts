import { createHash } from 'node:crypto'
import type { CountedNotice } from './counted-notice.ts'
import { type CountedOrder, highestLevel } from './counted-order.ts'
import { type MonthFigures, type OrderSource, type OrderTally, SOURCES, type Times } from './month-figures.ts'
import type { Month } from './month-calendar.ts'
import { personFigures } from './person-figures.ts'

/** How the figures are counted: raised with each change of a definition, for a frozen month keeps the one it was counted by. */
export const FIGURES_VERSION = 1

const STARTED_WITHIN_MS = 30 * 60_000
const REPAIRS: readonly string[] = ['P4a', 'P4b']

/** What a month consists of; `praised` are persons, once for each word. */
export type MonthFacts = Readonly<{
  orders: readonly CountedOrder[]
  notices: readonly CountedNotice[]
  praised: readonly string[]
}>

/** `until`: site time; so long has what is still open been open. */
export function figuresOf(
  { orders, notices, praised }: MonthFacts,
  { homes, until }: Readonly<{ homes: number; until: number }>,
): MonthFigures {
  const counts = orders.filter((order) => order.void === undefined)
  const resident = counts.filter(({ source }) => source === 'resident')
  const repairs = resident.filter((order) => REPAIRS.includes(order.class))
  const complaints = counts.filter((order) => order.class === 'P5')
  const persons = personFigures(counts, praised)
  return {
    homes,
    total: tallyOf(orders),
    bySource: Object.fromEntries(
      SOURCES.map((source) => [source, tallyOf(orders.filter((order) => order.source === source))] as const),
    ) as Record<OrderSource, OrderTally>,
    repairs: {
      n: repairs.length,
      started: repairs.filter(({ startedAt = Infinity, openedAt }) => startedAt - openedAt <= STARTED_WITHIN_MS).length,
      sameDay: repairs.filter(({ isSameDay }) => isSameDay).length,
    },
    complaints: {
      n: complaints.length,
      longestMs: complaints.reduce<number | null>((most, order) => Math.max(most ?? 0, openFor(order, until)), null),
      repeated: repeatedIn(complaints),
    },
    silent: counts.filter(({ silent = 0 }) => silent > 0).length,
    reopened: counts.filter(({ reopened = 0 }) => reopened > 0).length,
    ack: timesOf(counts, 'acceptedAt'),
    arrive: timesOf(counts, 'arrivedAt'),
    restore: timesOf(counts, 'restoredAt'),
    rated: {
      n: persons.reduce((sum, { rated }) => sum + rated, 0),
      stars: persons.reduce((sum, { stars }) => sum + stars, 0),
    },
    praise: praised.length,
    reach: {
      homes: notices.reduce((sum, notice) => sum + notice.homes.size, 0),
      reached: notices.reduce((sum, notice) => sum + [...notice.homes.values()].filter(Boolean).length, 0),
    },
    persons,
  }
}

/** What is frozen is told by its hash: whoever counts the same events again comes to the same. */
export function hashOf(month: Month, version: number, figures: MonthFigures): string {
  return createHash('sha256')
    .update(JSON.stringify([month, version, figures]))
    .digest('hex')
}

function tallyOf(orders: readonly CountedOrder[]): OrderTally {
  const by = (how: CountedOrder['void']) => orders.filter((order) => order.void === how)
  const counts = by(undefined)
  const cameTo = (level: number) => counts.filter((order) => highestLevel(order) >= level).length
  return {
    opened: orders.length,
    merged: by('merged').length,
    cancelled: by('cancelled').length,
    falseAlarms: by('false_alarm').length,
    counted: counts.length,
    verified: counts.filter(({ verifiedAt }) => verifiedAt !== undefined).length,
    settledInside: counts.length - cameTo(2),
    level2: cameTo(2),
    level3: cameTo(3),
  }
}

function timesOf(orders: readonly CountedOrder[], moment: 'acceptedAt' | 'arrivedAt' | 'restoredAt'): Times {
  const took = orders
    .flatMap(({ [moment]: at, openedAt }) => (at === undefined ? [] : [at - openedAt]))
    .toSorted((a, b) => a - b)
  const middle = took.length >> 1
  const medianMs = took.length % 2 === 1 ? took[middle]! : Math.round((took[middle - 1]! + took[middle]!) / 2)
  return { n: took.length, medianMs: took.length === 0 ? null : medianMs }
}

function openFor({ openedAt, verifiedAt, endedAt }: CountedOrder, until: number): number {
  return Math.max(0, (verifiedAt ?? endedAt ?? until) - openedAt)
}

function repeatedIn(complaints: readonly CountedOrder[]): number {
  const byHome = Map.groupBy(complaints, ({ home }) => home)
  return [...byHome].filter(([home, own]) => home !== undefined && own.length > 1).length
}
