import { ANSWERED, type IntakeClass } from '#rules/orders/intake.ts'
import type { Site } from '../site/site.ts'

/**
 * Who is likely to do it: for what is only answered the steward of the region, else whoever answers the telephone; for an
 * asset what its rules ask for most. Null where nobody can tell.
 */
export function likelySkill(
  { plan }: Pick<Site, 'plan'>,
  ofClass: IntakeClass,
  { asset, region }: Readonly<{ asset?: string | undefined; region: string | null }>,
): string | null {
  if (ANSWERED.has(ofClass)) {
    const ofRole = (role: string) =>
      plan.staff.find((person) => person.role === role && (region === null || person.regions.includes(region)))
    return (ofRole('steward') ?? ofRole('agent'))?.skills[0] ?? null
  }
  const counts = new Map<string, number>()
  for (const rule of plan.rules) if (rule.asset === asset) counts.set(rule.skill, (counts.get(rule.skill) ?? 0) + 1)
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? null
}
