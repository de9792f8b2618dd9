import { Temporal } from 'temporal-polyfill'
import type { ReachSettings } from './settings.ts'

/** When telephones may ring again, by the clock on the wall; null when they may now. */
export function quietUntil(
  wall: number,
  timeZone: string,
  { quietFrom, quietTo }: Pick<ReachSettings, 'quietFrom' | 'quietTo'>,
): number | null {
  const now = Temporal.Instant.fromEpochMilliseconds(wall).toZonedDateTimeISO(timeZone)
  const minute = now.hour * 60 + now.minute
  const isQuiet =
    quietFrom <= quietTo ? minute >= quietFrom && minute < quietTo : minute >= quietFrom || minute < quietTo
  if (!isQuiet) return null
  const plainTime = { hour: Math.floor(quietTo / 60), minute: quietTo % 60 }
  const day = now.toPlainDate().add({ days: minute < quietTo ? 0 : 1 })
  return day.toZonedDateTime({ timeZone, plainTime }).epochMilliseconds
}
