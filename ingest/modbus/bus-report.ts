import { endpointOf, type ModbusConnection } from './connection.ts'
import { busFindings, type Finding, unitFindings, type UnitState } from './findings.ts'
import type { LineMeter } from './line-meter.ts'
import type { LinkHealth, RefusedPoint } from './link-health.ts'
import type { Cycle, PollSchedule, UnitSchedule } from './poll-schedule.ts'
import type { Road, RoadState } from './road.ts'
import type { UnitFigures } from './unit-meter.ts'

/** One unit on a connection. Times are site time in ms; figures are of the last exchanges, at most 100. */
export type UnitReport = Readonly<{
  unitId: number
  devices: readonly string[]
  state: UnitState
  /** Since when it has not answered well; null while it does. */
  failingSince: number | null
  nextProbeAt: number | null
  lastHeardAt: number | null
  figures: UnitFigures | null
  cycles: readonly Cycle[]
  /** Reads that were due while the wire was busy, since the start. */
  skippedCycles: number
  refused: readonly Omit<RefusedPoint, 'unitId'>[]
  findings: readonly Finding[]
}>

/** A connection with all its units: what a person at the cabinet wants to know. */
export type BusReport = Readonly<{
  id: string
  protocol: ModbusConnection['protocol']
  /** Host and port, or the serial port. */
  endpoint: string
  timeoutMs: number
  road: RoadState
  /** Share of the last 100 exchanges that came broken, 0…1; null where too few were made, or the road is down. */
  errorRate: number | null
  /** Share of real time in which the wire was in use, 0…1. */
  busyShare: number
  counts: Readonly<{
    polls: number
    failures: number
    connects: number
    brokenFrames: number
    retries: number
    strayBytes: number
  }>
  units: readonly UnitReport[]
  findings: readonly Finding[]
}>

type Parts = Readonly<{
  connection: ModbusConnection
  road: Pick<Road, 'state' | 'connects'> | null
  schedule: Pick<PollSchedule, 'reads' | 'units'>
  health: LinkHealth
  meter: LineMeter
  polled: Readonly<{ polls: number; failures: number }>
}>

const NEVER: RoadState = { is: 'idle', since: null, trouble: null }

/** Put together when somebody asks; nothing is kept for it. */
export function busReport({ connection, road, schedule, health, meter, polled }: Parts): BusReport {
  const { id, protocol, timeoutMs } = connection
  const roadState = road?.state() ?? NEVER
  const heard = new Map(health.report().devices.map(({ device, lastHeardAt }) => [device, lastHeardAt]))
  const readsOf = Map.groupBy(schedule.reads(), ({ unitId }) => unitId)
  const refusals = Map.groupBy(health.refusals(), ({ unitId }) => unitId)

  const units = schedule.units().map((scheduled): UnitReport => {
    const { unitId, failingSince, nextProbeAt, skippedCycles, cycles } = scheduled
    const devices = [...new Set(readsOf.get(unitId)?.map(({ device }) => device))]
    const figures = meter.unit(unitId)
    const heardAt = devices.flatMap((device) => heard.get(device) ?? [])
    const unit = {
      unitId,
      devices,
      state: stateOf(scheduled, figures, roadState),
      failingSince: whole(failingSince),
      nextProbeAt: whole(nextProbeAt),
      lastHeardAt: heardAt.length === 0 ? null : whole(Math.max(...heardAt)),
      figures,
      cycles,
      skippedCycles,
      refused: (refusals.get(unitId) ?? []).map(({ unitId: _, ...refused }) => refused),
    }
    return { ...unit, findings: unitFindings(unit, protocol) }
  })
  return {
    id,
    protocol,
    endpoint: endpointOf(connection),
    timeoutMs,
    road: { ...roadState, since: whole(roadState.since) },
    errorRate: meter.isKnown() && roadState.is !== 'down' ? meter.errorRate() : null,
    busyShare: Math.min(
      units.reduce((sum, { figures }) => sum + (figures?.busyShare ?? 0), 0),
      1,
    ),
    counts: { ...polled, connects: road?.connects() ?? 0, ...meter.counts() },
    units,
    findings: busFindings({ protocol, road: roadState, units }),
  }
}

/** Pauses are drawn by chance, down to fractions of a millisecond that mean nothing. */
function whole(at: number | null): number | null {
  return at === null ? null : Math.round(at)
}

function stateOf(unit: UnitSchedule, figures: UnitFigures | null, road: RoadState): UnitState {
  if (road.is === 'down') return 'unreached'
  if (unit.nextProbeAt !== null) return 'held'
  if (unit.failures > 0) return 'failing'
  return figures === null ? 'unasked' : 'answering'
}
