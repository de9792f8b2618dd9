import type { Device } from '#devices/device.ts'
import { parseDuration } from '#devices/duration.ts'
import { type ModbusMapping, modbusMapping } from '#devices/modbus-mapping.ts'
import type { Point, Table } from '#devices/point.ts'

/** A point inside a read. */
export type PlannedPoint = Readonly<{ name: string; point: Point; mapping: ModbusMapping }>

/** One request, again and again: `count` registers (or bits) from `address` of one table of one unit. */
export type PlannedRead = Readonly<{
  device: string
  unitId: number
  table: Table
  address: number
  count: number
  everyMs: number
  points: readonly PlannedPoint[]
}>

/** What a unit, or the converter before it, does not take in one request. Registers `from` to `to` are never asked for. */
export type ReadLimits = Pick<NonNullable<Device['profile']['modbus']>, 'max_registers' | 'max_bits' | 'forbidden'>

/** Most that one reply carries (Modbus Application Protocol 1.1b3 §6.1–6.4). */
const MAX_REGISTERS = 125
const MAX_BITS = 2_000

/** A shorter period is a slip of the pen that would fill the wire. */
export const MIN_EVERY_MS = 100

type Span = Readonly<{ planned: PlannedPoint; start: number; end: number }>

/**
 * The fewest requests that fetch all Modbus points of a device: points of one table and one period are joined when at
 * most `gap` registers lie between them, none of them forbidden. With gap 0 no register is read that no point stands
 * on: many devices refuse a whole request for one unmapped register. The narrower of the device's limits (profile) and
 * the connection's holds.
 */
export function planReads(device: Device, connection: ReadLimits = {}): readonly PlannedRead[] {
  const { unitId, profile } = device
  if (unitId === undefined) return []
  const own = profile.modbus ?? {}
  const limits = {
    max_registers: Math.min(own.max_registers ?? MAX_REGISTERS, connection.max_registers ?? MAX_REGISTERS),
    max_bits: Math.min(own.max_bits ?? MAX_BITS, connection.max_bits ?? MAX_BITS),
    forbidden: [...(own.forbidden ?? []), ...(connection.forbidden ?? [])],
  }
  const groups = Map.groupBy(spansOf(device), ({ planned }) => `${planned.mapping.table} ${everyMs(planned)}`)
  return [...groups.values()].flatMap((group) =>
    joined(group, own.gap ?? 0, limits).map((spans) => readOf(device.id, unitId, spans)),
  )
}

/**
 * The read in two, where it was refused as a whole: at its widest hole, else in the middle. Null when its points share
 * their registers, so that nothing smaller can be asked.
 */
export function halved(read: PlannedRead): readonly [PlannedRead, PlannedRead] | null {
  const spans = read.points.map(spanOf).toSorted((a, b) => a.start - b.start || a.end - b.end)
  let best: { at: number; hole: number; imbalance: number } | null = null
  for (let at = 1; at < spans.length; at++) {
    const hole = spans[at]!.start - endOf(spans.slice(0, at))
    const imbalance = Math.abs(spans.length - 2 * at)
    const isBetter = !best || hole > best.hole || (hole === best.hole && imbalance < best.imbalance)
    if (hole >= 0 && isBetter) best = { at, hole, imbalance }
  }
  if (!best) return null
  const { device, unitId } = read
  return [readOf(device, unitId, spans.slice(0, best.at)), readOf(device, unitId, spans.slice(best.at))]
}

/** The read of one point alone. */
export function readOfPoint(device: Device, unitId: number, name: string): PlannedRead | null {
  const point = device.profile.points[name]
  if (!point?.modbus) return null
  return readOf(device.id, unitId, [spanOf({ name, point, mapping: modbusMapping(device.profile, point) })])
}

function readOf(device: string, unitId: number, spans: readonly Span[]): PlannedRead {
  const [first] = spans as [Span]
  return {
    device,
    unitId,
    table: first.planned.mapping.table,
    address: first.start,
    count: endOf(spans) - first.start,
    everyMs: everyMs(first.planned),
    points: spans.map(({ planned }) => planned),
  }
}

function spansOf({ profile }: Device): Span[] {
  return Object.entries(profile.points).flatMap(([name, point]) =>
    point.modbus ? [spanOf({ name, point, mapping: modbusMapping(profile, point) })] : [],
  )
}

function spanOf(planned: PlannedPoint): Span {
  // A value and what makes its scale come in one reply.
  const { start, end } = planned.mapping
  return { planned, start, end }
}

function joined(group: readonly Span[], gap: number, limits: Required<ReadLimits>): Span[][] {
  const runs: Span[][] = []
  for (const span of group.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const run = runs.at(-1)
    const { table } = span.planned.mapping
    const most = isBitTable(table) ? limits.max_bits : limits.max_registers
    const fits =
      run &&
      span.start <= endOf(run) + gap &&
      Math.max(endOf(run), span.end) - run[0]!.start <= most &&
      !limits.forbidden.some((gap) => (gap.table ?? table) === table && gap.from < span.start && gap.to >= endOf(run))
    if (fits) run.push(span)
    else runs.push([span])
  }
  return runs
}

function endOf(spans: readonly Span[]): number {
  return spans.reduce((end, span) => Math.max(end, span.end), 0)
}

function everyMs({ mapping }: PlannedPoint): number {
  return Math.max(parseDuration(mapping.every) ?? 10_000, MIN_EVERY_MS)
}

export function isBitTable(table: Table): boolean {
  return table === 'coil' || table === 'discrete'
}
