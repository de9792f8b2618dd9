/** A moment as the site's own clock shows it, in the form of a `datetime-local` field: 2026-03-01T14:05. */
export function localOf(at: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at)
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((each) => each.type === type)?.value ?? ''
  return `${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}`
}

/** The moment at which the site's clock shows this; null for what is no time. Twice, for the offset may change between. */
export function momentOf(local: string, timeZone: string): number | null {
  const asUtc = Date.parse(`${local}Z`)
  if (Number.isNaN(asUtc)) return null
  const offsetAt = (at: number) => Date.parse(`${localOf(at, timeZone)}Z`) - Math.floor(at / 60_000) * 60_000
  return asUtc - offsetAt(asUtc - offsetAt(asUtc))
}
