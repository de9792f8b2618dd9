import type { Correction, MonthCount } from '../../store/month-query.ts'
import { inAllLanguages, isTextKey, type Language, say } from '../../texts.ts'
import {
  type MonthFigures,
  type OrderSource,
  type OrderTally,
  type PersonFigures,
  SOURCES,
} from '#rules/months/month-figures.ts'

/**
 * One figure as it is read. `of`: what it is a part of, or counted over. A share is `value` of `of`; `per_100` is so many
 * per hundred of them; `mean` is `value` shared among them; a duration is in ms, of so many. Value null: nothing to count.
 */
type MonthLine = Readonly<{ figure: MonthFigure; unit: Unit; value: number | null; of: number | null }>
type Unit = 'count' | 'share' | 'per_100' | 'mean' | 'duration'
type MonthFigure = (typeof MONTH_FIGURES)[number]

/** In the order in which they are read. */
const MONTH_FIGURES = [
  'opened',
  'merged',
  'cancelled',
  'falseAlarms',
  'counted',
  'closure',
  'settledInside',
  'level3',
  'silent',
  'reopened',
  'ack',
  'arrive',
  'restore',
  'repairs',
  'started',
  'sameDay',
  'complaints',
  'complaintRate',
  'longestComplaint',
  'repeatedComplaints',
  'satisfaction',
  'praise',
  'reach',
] as const

/** The figures of a month as lines, shares with both of their parts. */
function monthLines(figures: MonthFigures): readonly MonthLine[] {
  const { total, homes, repairs, complaints, rated, reach } = figures
  const count = (value: number) => ({ unit: 'count', value, of: null }) as const
  const share = (value: number, of: number) => ({ unit: 'share', value, of }) as const
  const took = ({ medianMs, n }: MonthFigures['ack']) => ({ unit: 'duration', value: medianMs, of: n }) as const
  const lines: Readonly<Record<MonthFigure, Omit<MonthLine, 'figure'>>> = {
    opened: count(total.opened),
    merged: count(total.merged),
    cancelled: count(total.cancelled),
    falseAlarms: count(total.falseAlarms),
    counted: count(total.counted),
    closure: share(total.verified, total.counted),
    settledInside: share(total.settledInside, total.counted),
    level3: count(total.level3),
    silent: share(figures.silent, total.counted),
    reopened: share(figures.reopened, total.counted),
    ack: took(figures.ack),
    arrive: took(figures.arrive),
    restore: took(figures.restore),
    repairs: count(repairs.n),
    started: share(repairs.started, repairs.n),
    sameDay: share(repairs.sameDay, repairs.n),
    complaints: count(complaints.n),
    complaintRate: { unit: 'per_100', value: complaints.n, of: homes },
    longestComplaint: { unit: 'duration', value: complaints.longestMs, of: complaints.n },
    repeatedComplaints: count(complaints.repeated),
    satisfaction: { unit: 'mean', value: rated.stars, of: rated.n },
    praise: count(figures.praise),
    reach: share(reach.reached, reach.homes),
  }
  return MONTH_FIGURES.map((figure) => ({ figure, ...lines[figure] }))
}

type Said = Readonly<{ 'zh-CN': string; en: string }>
/** `now`: where it would be another today; null where it is the same. */
type ToldLine = MonthLine & Readonly<{ name: Said; means: Said; now: Pick<MonthLine, 'value' | 'of'> | null }>

/** Times as ISO 8601. */
export type MonthView = Readonly<{
  month: string
  from: string | null
  to: string | null
  freezesAt: string | null
  /** `isSame`: counted again from the journal it comes to the same hash; null where this program counts otherwise. */
  frozen: Readonly<{
    at: string | null
    dueAt: string | null
    version: number
    hash: string
    isSame: boolean | null
  }> | null
  homes: number
  lines: readonly ToldLine[]
  sources: readonly (OrderTally & Readonly<{ source: OrderSource }>)[]
  persons: readonly PersonFigures[]
  /** What changed the figures after the freeze, newest first. */
  corrections: readonly (Omit<Correction, 'at'> & Readonly<{ at: string | null; name: Said }>)[]
}>

/** As it was frozen, beside what it would be today; as it stands, while it is not frozen. */
export function monthView(
  month: string,
  bounds: Readonly<{ from: number; to: number; freezesAt: number }>,
  { figures, frozen, corrections }: MonthCount,
  time: (at: number | null) => string | null,
): MonthView {
  const shown = frozen?.figures ?? figures
  const today = new Map(monthLines(figures).map((line) => [line.figure, line]))
  return {
    month,
    from: time(bounds.from),
    to: time(bounds.to),
    freezesAt: time(bounds.freezesAt),
    frozen: frozen && {
      at: time(frozen.at),
      dueAt: time(frozen.dueAt),
      version: frozen.version,
      hash: frozen.hash,
      isSame: frozen.isSame,
    },
    homes: shown.homes,
    lines: monthLines(shown).map((line): ToldLine => {
      const { value, of } = today.get(line.figure)!
      const now = value === line.value && of === line.of ? null : { value, of }
      const [name, means] = [inAllLanguages(`month.${line.figure}`), inAllLanguages(`month.${line.figure}.means`)]
      return { ...line, name, means, now }
    }),
    sources: SOURCES.map((source) => ({ source, ...shown.bySource[source] })),
    persons: shown.persons,
    corrections: corrections.map((correction) => {
      const key = `month.event.${correction.type}`
      const name = isTextKey(key) ? inAllLanguages(key) : { 'zh-CN': correction.type, en: correction.type }
      return { ...correction, at: time(correction.at), name }
    }),
  }
}

/** As it stands in a table: `89.0%`; empty where there is nothing to count. */
export function written({ unit, value, of }: Pick<MonthLine, 'unit' | 'value' | 'of'>, language: Language): string {
  if (value === null || (of === 0 && unit !== 'count')) return ''
  switch (unit) {
    case 'share':
      return `${(Math.round((value / of!) * 1_000) / 10).toFixed(1)}%`
    case 'per_100':
      return (Math.round((value / of!) * 10_000) / 100).toFixed(2)
    case 'mean':
      return (Math.round((value / of!) * 100) / 100).toFixed(2)
    case 'duration':
      return duration(value, language)
    default:
      return String(value)
  }
}

/** The two largest units are enough. */
function duration(ms: number, language: Language): string {
  const seconds = Math.floor(ms / 1_000)
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3_600), Math.floor(seconds / 86_400)]
  if (days > 0) return say(language, 'month.duration.days', { days, hours: hours % 24 })
  if (hours > 0) return say(language, 'month.duration.hours', { hours, minutes: minutes % 60 })
  return minutes > 0
    ? say(language, 'month.duration.minutes', { minutes })
    : say(language, 'month.duration.seconds', { seconds })
}
