import type { RosterDay, RosterSpan } from '../../api/roster-types.ts'

const DAY_MS = 86_400_000

/** What of some stretches lies on one day of the week that is shown. */
export function onDay<T extends RosterSpan>(
  spans: readonly T[],
  { days, to }: Readonly<{ days: readonly RosterDay[]; to: string }>,
  index: number,
): readonly (T & Readonly<{ fromMs: number; toMs: number; isWhole: boolean }>)[] {
  const [begins, ends] = [Date.parse(days[index]!.from), Date.parse(days[index + 1]?.from ?? to)]
  return spans.flatMap((span) => {
    const [fromMs, toMs] = [Math.max(begins, Date.parse(span.from)), Math.min(ends, Date.parse(span.to))]
    return toMs > fromMs ? [{ ...span, fromMs, toMs, isWhole: fromMs === begins && toMs === ends }] : []
  })
}

/** The Monday of the week in which this day lies, so many weeks on. */
export function mondayOf(day: string, weeks = 0): string {
  const at = Date.parse(`${day}T00:00:00Z`)
  const weekday = (new Date(at).getUTCDay() + 6) % 7
  return new Date(at + (weeks * 7 - weekday) * DAY_MS).toISOString().slice(0, 10)
}
