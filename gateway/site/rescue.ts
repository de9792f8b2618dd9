import type { Person } from '#rules/plan.ts'
import { RESCUE_DEFAULTS, type RescuePlan } from '#rules/tasks/rescue-plan.ts'
import type { SiteFile } from './schema.ts'

type Missing = (at: readonly (string | number)[], kind: string, id: string, known: Iterable<string>) => void

/** Who frees people from a lift: as the site file says it, else by role; the contractor is the one with the skill. */
export function rescueOf(
  written: NonNullable<SiteFile['rescue']>,
  staff: readonly Person[],
  missing: Missing,
): RescuePlan {
  const people = staff.map(({ id }) => id)
  const known = [...new Set(staff.flatMap(({ id, role }) => [id, role]))]
  const named = (key: 'comfort' | 'on_site', otherwise: readonly string[]) => {
    const who = written[key]
    who?.forEach((id, i) => {
      if (!known.includes(id)) missing(['rescue', key, i], 'person or role', id, known)
    })
    return who ?? otherwise
  }
  if (written.contractor !== undefined && !people.includes(written.contractor))
    missing(['rescue', 'contractor'], 'person', written.contractor, people)
  const listed = staff.find(({ role, skills }) => role === 'contractor' && skills.includes('lift'))?.id
  return {
    comfort: named('comfort', RESCUE_DEFAULTS.comfort),
    onSite: named('on_site', RESCUE_DEFAULTS.onSite),
    contractor: written.contractor ?? listed ?? null,
    lines: written.lines ?? [],
    ...(written.outside_cities ? { isOutsideCities: true as const } : {}),
  }
}
