import type { RosterDay } from '../../api/roster-types.ts'
import { useApp } from '../../app-context.ts'

/** A weekday and its date; holidays and days worked instead are said. */
export function DayHead({ day, isShort = false }: { day: RosterDay; isShort?: boolean }) {
  const { words } = useApp()
  const locale = words.language.value === 'en' ? 'en-GB' : words.language.value
  const at = Date.parse(`${day.day}T12:00:00Z`)
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { timeZone: 'UTC', ...options }).format(at)
  return (
    <>
      <span class={isShort ? 'text-xs' : 'block'}>{part({ weekday: isShort ? 'narrow' : 'short' })}</span>
      <span class={isShort ? 'text-xs' : 'quiet block text-xs font-normal'}>
        {isShort ? part({ day: 'numeric' }).replace(/\D/g, '') : part({ month: 'short', day: 'numeric' })}
      </span>
      {!isShort && day.isHoliday && (
        <span class="badge badge-info badge-soft badge-sm">{words.say('web.roster.holiday')}</span>
      )}
      {!isShort && day.workedLike !== null && (
        <span class="badge badge-ghost badge-sm">{words.say('web.roster.worked')}</span>
      )}
    </>
  )
}
