import type { Point } from './point.ts'
import { valueTypeOf } from './point.ts'
import type { Profile } from './profile.ts'

/** A point's Modbus mapping with the profile's defaults filled in. */
export function modbusMapping(profile: Profile, point: Point) {
  const table = point.modbus!.table ?? profile.modbus?.table ?? ('holding' as const)
  const isBit = table === 'coil' || table === 'discrete'
  return {
    order: profile.modbus?.order ?? ('ABCD' as const),
    every: profile.modbus?.every ?? '10s',
    ...point.modbus!,
    table,
    type:
      point.modbus!.type ??
      (isBit || (valueTypeOf(point) === 'bool' && point.modbus!.bit === undefined)
        ? ('bool' as const)
        : ('uint16' as const)),
  }
}
