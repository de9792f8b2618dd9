import { RosterBook } from '#rules/roster/book.ts'
import type { Gateway } from '../gateway.ts'
import { type Role, ROLES } from '../role.ts'
import type { Site } from '../site/site.ts'

/** Who on the staff looks through the eyes of a role; the others are nobody on the list. */
const STAFF_ROLE: Readonly<Partial<Record<Role, string>>> = {
  manager: 'manager',
  engineer: 'chief',
  field: 'technician',
  agent: 'agent',
  steward: 'steward',
  contractor: 'contractor',
}

/** One line per role: a link that signs in whoever opens it, for as long as the demonstration runs. */
export function demoLinks({ createLink, clock, http }: Gateway, { plan }: Pick<Site, 'plan'>): string[] {
  const wall = clock.now() + clock.wallOffsetMs()
  const roster = new RosterBook(plan)
  const width = Math.max(...ROLES.map((role) => role.length))
  return ROLES.map((role) => {
    const people = plan.staff.filter((person) => person.role === STAFF_ROLE[role])
    const person = people.find(({ id }) => roster.isOnDuty(id, wall)) ?? people[0]
    const path = createLink({ role, person: person?.id ?? null, ttlMs: null, uses: null })
    return `  ${role.padEnd(width)}  http://${http.host}:${http.port}${path}`
  })
}
