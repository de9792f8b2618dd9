import { type Point, valueTypeOf } from '#devices/point.ts'
import type { Profile } from '#devices/profile.ts'
import type { Value } from '#devices/reading.ts'
import type { Model, Values } from '../model.ts'

/** Devices without a model of their own stand still, in the middle of their range. */
export function steady(profile: Profile): Model<Values, 'silent'> {
  return {
    faults: ['silent'],
    begin: () => steadyValues(profile),
    advance: (values) => values,
    provoke: (values) => values,
    heal: (values) => values,
    values: (values) => values,
  }
}

/** A value for each point of the profile, also for points that a model has never heard of. */
export function steadyValues(profile: Profile): Values {
  return Object.fromEntries(Object.entries(profile.points).map(([name, point]) => [name, steadyValue(point)]))
}

function steadyValue(point: Point): Value {
  switch (valueTypeOf(point)) {
    case 'bool':
      return false
    case 'string':
      return Object.values(point.enum ?? {})[0] ?? ''
    case 'number':
      return point.range ? (point.range[0]! + point.range[1]!) / 2 : 0
  }
}
