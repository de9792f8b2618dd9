import { useLocation } from 'preact-iso'
import { useApp } from '../../app-context.ts'

/** The month that stands in the address; this one, unless it says another. */
export function useMonth(): string {
  const { query } = useLocation()
  const now = useThisMonth()
  return query['month'] ?? now
}

/** It stands in the address, so that a link and the way back show the same. */
export function MonthChoice({ month, path }: { month: string; path: string }) {
  const { words } = useApp()
  const { route } = useLocation()
  const now = useThisMonth()
  return (
    <label class="flex items-center gap-2 text-sm">
      {words.say('web.scores.month')}
      <input
        type="month"
        class="input touch w-40"
        max={now}
        value={month}
        onChange={(event) => event.currentTarget.value && route(`${path}?month=${event.currentTarget.value}`)}
      />
    </label>
  )
}

function useThisMonth(): string {
  const { estate } = useApp()
  return monthOf(estate.clock.now.peek(), estate.site.value?.timeZone)
}

/** YYYY-MM on the calendar of the site. */
function monthOf(at: number, timeZone: string | undefined): string {
  const format = new Intl.DateTimeFormat('en', { timeZone: timeZone ?? 'UTC', year: 'numeric', month: '2-digit' })
  const part = (type: 'year' | 'month') => format.formatToParts(at).find((each) => each.type === type)?.value ?? ''
  return `${part('year')}-${part('month')}`
}
