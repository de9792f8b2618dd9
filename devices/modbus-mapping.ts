import { type ModbusPoint, type Point, type ScaleSource, valueTypeOf } from './point.ts'
import type { Profile } from './profile.ts'
import { widthOf } from './registers.ts'

/** A point that makes the scale of another, with where it stands. */
export type MappedScaleSource = ScaleSource & Readonly<{ source: Point; mapping: Placed }>

type Placed = ReturnType<typeof placed>

/**
 * A point's Modbus mapping with the profile's defaults filled in. `width` is its own registers; `start` to `end`
 * (exclusive) is what one reply must hold, for a value and its scale belong together.
 */
export type ModbusMapping = Placed &
  Readonly<{ start: number; end: number; scaleSources: readonly MappedScaleSource[] }>

export function modbusMapping(profile: Profile, point: Point): ModbusMapping {
  const own = placed(profile, point)
  const scaleSources = (own.scale_from ?? []).flatMap((scale) => {
    const source = profile.points[scale.point]
    return source?.modbus ? [{ ...scale, source, mapping: placed(profile, source) }] : []
  })
  const spans = [own, ...scaleSources.map(({ mapping }) => mapping)]
  return {
    ...own,
    start: Math.min(...spans.map(({ address }) => address)),
    end: Math.max(...spans.map(({ address, width }) => address + width)),
    scaleSources,
  }
}

function placed(profile: Profile, point: Point) {
  const written: ModbusPoint = point.modbus!
  const table = written.table ?? profile.modbus?.table ?? ('holding' as const)
  const isBit = table === 'coil' || table === 'discrete'
  const isWholeBool = valueTypeOf(point) === 'bool' && written.bit === undefined
  const type = written.type ?? (isBit || isWholeBool ? ('bool' as const) : ('uint16' as const))
  return {
    order: profile.modbus?.order ?? ('ABCD' as const),
    every: profile.modbus?.every ?? '10s',
    ...written,
    table,
    type,
    width: isBit ? 1 : widthOf({ ...written, type }),
  }
}
