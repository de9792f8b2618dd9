/** Equipment that is never commanded from afar, under whatever word an author knows it. */
const SAFETY = /lift|elevator|escalator|fire|smoke|sprinkler|hydrant/

/** Lift and fire equipment is read-only by construction: no profile, no site file and no road may write to it. */
export function isSafetyEquipment({
  kind,
  tags = [],
}: Readonly<{ kind: string; tags?: readonly string[] | undefined }>): boolean {
  return [kind, ...tags].some((word) => SAFETY.test(word))
}
