/** Times are ISO 8601 with the offset of the site, days YYYY-MM-DD. */
export type RosterSpan = Readonly<{ from: string; to: string }>
export type RosterGap = RosterSpan &
  Readonly<{ region: string; skill: string; certificate: string | null; contractor: boolean }>
export type RosterLeave = RosterSpan & Readonly<{ id: string; reason: string }>
export type RosterChange = RosterSpan & Readonly<{ id: string; person: string; instead: string | null }>
export type RosterPerson = Readonly<{
  id: string
  role: string
  name: string | null
  phone: string | null
  regions: readonly string[]
  skills: readonly string[]
  rotation: string | null
  isOnDuty: boolean
  hasLeft: boolean
  presence: readonly RosterSpan[]
  leaves: readonly RosterLeave[]
  changes: readonly RosterChange[]
  certificates: readonly Readonly<{ kind: string; until: string; days: number }>[]
}>
export type RosterNeed = Readonly<{
  region: string
  skill: string
  certificate: string | null
  staff: readonly string[]
  gaps: readonly RosterGap[]
}>
export type RosterDay = Readonly<{ day: string; from: string; isHoliday: boolean; workedLike: number | null }>
export type RosterWeek = Readonly<{
  from: string
  to: string
  now: string
  today: string
  owner: string | null
  fallback: string
  /** Why names cannot be read. */
  contacts: string | null
  days: readonly RosterDay[]
  people: readonly RosterPerson[]
  coverage: readonly RosterNeed[]
}>
