import type { Gap } from '#rules/roster/events.ts'
import type { Coverage } from '#rules/roster/coverage.ts'
import { daysFrom } from '#rules/roster/coverage.ts'
import { dayOf, wallTimeOn } from '#rules/roster/calendar.ts'
import { maskedPhone } from '../../private/phone.ts'
import type { ApiContext } from '../context.ts'
import { timesOf } from '../site-time.ts'

const DAY_MS = 24 * 3_600_000

type Parts = Pick<ApiContext, 'site' | 'roster' | 'secrets' | 'clock'>

/** Whose names and numbers, in part, and whether why they are away is shown. */
type RosterRights = Readonly<{ contacts: boolean; reasons: boolean }>

/** The roster as people read it: who is there when, what was changed by hand, and where nobody is. */
export function rosterView({ site, roster, secrets, clock }: Parts) {
  const { timeZone } = site.plan
  const time = timesOf(timeZone)
  const spanView = ({ from, to }: { from: number; to: number }) => ({ from: time(from), to: time(to) })
  const gapView = ({ from, to, region, skill, certificate, contractor }: Gap) => ({
    region,
    skill,
    certificate: certificate ?? null,
    contractor: contractor ?? false,
    ...spanView({ from, to }),
  })
  const wall = () => clock.now() + clock.wallOffsetMs()

  /** S32: a number is shown in part; names only to who looks after people. */
  function contactOf(id: string, mayRead: boolean) {
    if (!mayRead || secrets.trouble() !== null) return { name: null, phone: null }
    const doc = secrets.get('staff', id)?.doc
    return { name: doc?.name ?? null, phone: doc?.phone ? maskedPhone(doc.phone) : null }
  }

  function coverageView(rows: readonly Coverage[]) {
    return rows.map(({ need, staff, gaps }) => ({
      region: need.region,
      skill: need.skill,
      certificate: need.certificate,
      staff,
      gaps: gaps.map(gapView),
    }))
  }

  return {
    /** Of the next `count` days, from today on. */
    coverage(count: number) {
      const { from, to, rows } = roster.coverage(wall(), { first: 0, count })
      return {
        ...spanView({ from: Math.max(from, wall()), to }),
        items: coverageView(fromNow(rows, wall())),
        next: null,
      }
    },
    week(first: string | undefined, count: number, { contacts: mayReadContacts, reasons }: RosterRights) {
      const { book } = roster
      const now = wall()
      const today = dayOf(now, timeZone)
      const start = first ?? today
      const from = wallTimeOn(start, 0, 0, timeZone)
      const to = wallTimeOn(start, count, 0, timeZone)
      const calendar = site.plan.calendar
      const days = Array.from({ length: count }, (_, i) => dayOf(wallTimeOn(start, i, 720, timeZone), timeZone))
      const touches = (span: { from: number; to: number }) => span.from < to && span.to > from
      const shift = Math.round((from - daysFrom(now, 0, 1, timeZone).from) / DAY_MS)
      const { rows } = roster.coverage(now, { first: shift, count })
      return {
        from: time(from),
        to: time(to),
        now: time(now),
        today,
        owner: site.plan.rosterOwner ?? null,
        fallback: site.plan.fallback,
        contacts: secrets.trouble()?.code ?? null,
        days: days.map((day, i) => ({
          day,
          from: time(wallTimeOn(start, i, 0, timeZone)),
          isHoliday: calendar?.holidays.includes(day) ?? false,
          workedLike: calendar?.workdays[day] ?? null,
        })),
        people: site.plan.staff.map(({ id, role, regions, skills, rotation }) => ({
          id,
          role,
          regions,
          skills,
          rotation: rotation?.id ?? null,
          ...contactOf(id, mayReadContacts),
          isOnDuty: book.isOnDuty(id, now),
          hasLeft: book.hasLeft(id),
          presence: book.presence(id, from, to).map(spanView),
          leaves: book
            .leavesOf(id)
            .filter(touches)
            // Why somebody is away is nobody's business but theirs who plan.
            .map(({ leave, reason, ...span }) => ({
              id: leave,
              reason: reasons ? reason : 'absent',
              ...spanView(span),
            })),
          changes: book.duties
            .filter((duty) => (duty.person === id || duty.instead === id) && touches(duty))
            .map(({ duty, person, instead, ...span }) => ({ id: duty, person, instead, ...spanView(span) })),
          certificates: [...book.certificatesOf(id)].map(([kind, until]) => ({
            kind,
            until,
            days: Math.round((wallTimeOn(until, 0, 720, timeZone) - wallTimeOn(today, 0, 720, timeZone)) / DAY_MS),
          })),
        })),
        coverage: coverageView(rows),
      }
    },
  }
}

/** What has passed of today is no gap that anybody can close. */
function fromNow(rows: readonly Coverage[], now: number): readonly Coverage[] {
  return rows.map((row) => ({
    ...row,
    gaps: row.gaps.filter(({ to }) => to > now).map((gap) => ({ ...gap, from: Math.max(gap.from, now) })),
  }))
}
