import type { Device } from '#devices/device.ts'
import { parseDuration } from '#devices/duration.ts'
import { modbusMapping } from '#devices/modbus-mapping.ts'
import type { Point, Table } from '#devices/point.ts'
import { WIDTH } from '#devices/registers.ts'

/** A point inside a read. */
export type PlannedPoint = Readonly<{ name: string; point: Point; mapping: ReturnType<typeof modbusMapping> }>

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

/** Most that one reply carries (Modbus Application Protocol 1.1b3 §6.1–6.4). */
export const MAX_COUNT: Readonly<Record<Table, number>> = { holding: 125, input: 125, coil: 2_000, discrete: 2_000 }

/** A shorter period is a slip of the pen that would fill the wire. */
export const MIN_EVERY_MS = 100

type Span = Readonly<{ planned: PlannedPoint; start: number; end: number }>

/**
 * The fewest requests that fetch all Modbus points of a device: points of one table and one period are joined when at
 * most `gap` registers lie between them. With gap 0 no register is read that no point stands on: many devices refuse
 * a whole request for one unmapped register.
 */
export function planReads(device: Device): readonly PlannedRead[] {
  const { unitId, profile } = device
  if (unitId === undefined) return []
  const groups = Map.groupBy(spansOf(device), ({ planned }) => `${planned.mapping.table} ${everyMs(planned)}`)
  return [...groups.values()].flatMap((group) =>
    joined(group, profile.modbus?.gap ?? 0).map((spans): PlannedRead => {
      const [first] = spans as [Span]
      return {
        device: device.id,
        unitId,
        table: first.planned.mapping.table,
        address: first.start,
        count: endOf(spans) - first.start,
        everyMs: everyMs(first.planned),
        points: spans.map(({ planned }) => planned),
      }
    }),
  )
}

function spansOf({ profile }: Device): Span[] {
  return Object.entries(profile.points).flatMap(([name, point]) => {
    if (!point.modbus) return []
    const mapping = modbusMapping(profile, point)
    const width = isBitTable(mapping.table) ? 1 : WIDTH[mapping.type]
    return [{ planned: { name, point, mapping }, start: mapping.address, end: mapping.address + width }]
  })
}

function joined(group: readonly Span[], gap: number): Span[][] {
  const runs: Span[][] = []
  for (const span of group.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const run = runs.at(-1)
    const fits =
      run &&
      span.start <= endOf(run) + gap &&
      Math.max(endOf(run), span.end) - run[0]!.start <= MAX_COUNT[span.planned.mapping.table]
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
