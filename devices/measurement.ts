import { valueTypeOf } from './point.ts'
import type { Profile } from './profile.ts'

export type TypeConflict = Readonly<{
  kind: string
  point: string
  type: string
  other: string
  otherType: string
}>

/**
 * Points of `profile` that one of `others` declares with another type of value. Devices of one kind share a measurement
 * in InfluxDB, and a field has one type for good: the database would refuse every line of the second.
 */
export function typeConflicts(profile: Profile, others: Iterable<Profile>): TypeConflict[] {
  return [...others]
    .filter(({ kind, profile: name }) => kind === profile.kind && name !== profile.profile)
    .flatMap((other) =>
      Object.entries(profile.points).flatMap(([name, point]) => {
        const same = Object.hasOwn(other.points, name) ? other.points[name] : undefined
        const [type, otherType] = [valueTypeOf(point), same && valueTypeOf(same)]
        return otherType === undefined || type === otherType
          ? []
          : [{ kind: profile.kind, point: name, type, other: other.profile, otherType }]
      }),
    )
}
