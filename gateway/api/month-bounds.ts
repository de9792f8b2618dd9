import { Fault } from '#devices/fault.ts'
import { MonthCalendar } from '#rules/months/month-calendar.ts'
import type { ApiContext } from './context.ts'

/** As it stands in an address. */
export const MONTH_PATTERN = '^\\d{4}-(0[1-9]|1[0-2])$'

/** When a month of the site begins, ends and freezes, in site time as of now. Nothing is known of one that is to come. */
export function monthBounds({ site, clock }: Pick<ApiContext, 'site' | 'clock'>) {
  const calendar = new MonthCalendar(site.plan.timeZone)
  return (month: string): Readonly<{ from: number; to: number; freezesAt: number }> => {
    const wall = calendar.boundsOf(month)
    const offset = clock.wallOffsetMs()
    const from = wall.from - offset
    if (from > clock.now()) throw new Fault('invalid_request', { detail: 'month: not yet' })
    return { from, to: wall.to - offset, freezesAt: calendar.freezesAt(month) - offset }
  }
}
