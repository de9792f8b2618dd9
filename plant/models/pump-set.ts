import type { Model } from '../model.ts'
import { between, relax, wander } from './noise.ts'

const FAULTS = ['pump_trip', 'burst_pipe', 'one_pump_failed', 'sensor_absent', 'silent'] as const
type PumpFault = (typeof FAULTS)[number]

type PumpState = Readonly<{
  setpointMPa: number
  outletMPa: number
  noiseMPa: number
  inletMPa: number
  tankM: number
  runMs: number
  minuteOfDay: number
  fault: PumpFault | null
  faultForMs: number
}>

const LOW_ZONE_MPA = 0.65
const HIGH_ZONE_MPA = 0.85
const TRIPPED_MPA = 0.15
const BURST_MPA = 0.2
/** The water needs this long to run from the burst to the floor sensor. */
const FLOOR_WET_AFTER_MS = 20_000

/** Two pumps behind one pressure controller. */
export const pumpSet: Model<PumpState, PumpFault> = {
  faults: FAULTS,
  begin({ device, minuteOfDay, random }) {
    const setpointMPa = /(^|[-_ ])(h|high)\d*$/i.test(device) ? HIGH_ZONE_MPA : LOW_ZONE_MPA
    return {
      setpointMPa,
      outletMPa: setpointMPa,
      noiseMPa: 0,
      inletMPa: 0.25,
      tankM: between(2.7, 3.3, random),
      runMs: Math.floor(between(8_000, 30_000, random)) * 3_600_000,
      minuteOfDay,
      fault: null,
      faultForMs: 0,
    }
  },
  advance(state, dtMs, random) {
    const { targetMPa, timeConstantMs } = pull(state)
    const minuteOfDay = (state.minuteOfDay + dtMs / 60_000) % 1440
    return {
      ...state,
      outletMPa: relax(state.outletMPa, targetMPa, dtMs, timeConstantMs),
      noiseMPa: wander(state.noiseMPa, dtMs, 4_000, 0.004, random),
      inletMPa: 0.25 + wander(state.inletMPa - 0.25, dtMs, 60_000, 0.006, random),
      tankM: relax(state.tankM, 3.2 - 0.6 * demandAt(minuteOfDay), dtMs, 1_800_000),
      runMs: state.runMs + (state.fault === 'pump_trip' ? 0 : dtMs),
      minuteOfDay,
      faultForMs: state.faultForMs + (state.fault ? dtMs : 0),
    }
  },
  nextChangeMs(state) {
    const leftMs = FLOOR_WET_AFTER_MS - state.faultForMs
    return state.fault === 'burst_pipe' && leftMs > 0 ? leftMs : null
  },
  provoke: (state, fault) => ({ ...state, fault, faultForMs: 0 }),
  heal: (state) => ({ ...state, fault: null, faultForMs: 0 }),
  values(state) {
    const { fault } = state
    const demand = demandAt(state.minuteOfDay)
    const tripped = fault === 'pump_trip'
    const firstFailed = fault === 'one_pump_failed'
    return {
      outlet_pressure: fault === 'sensor_absent' ? null : Math.max(0, state.outletMPa + state.noiseMPa),
      inlet_pressure: state.inletMPa,
      tank_level: state.tankM,
      frequency: tripped ? 0 : fault === 'burst_pipe' ? 50 : 32 + 14 * demand,
      run_hours: Math.floor(state.runMs / 3_600_000),
      pump1_running: !tripped && !firstFailed,
      pump1_fault: tripped || firstFailed,
      pump2_running: !tripped && (firstFailed || fault === 'burst_pipe' || demand > 0.7),
      pump2_fault: tripped,
      water_on_floor: fault === 'burst_pipe' && state.faultForMs >= FLOOR_WET_AFTER_MS,
    }
  },
}

/** Where the pressure is drawn to, and how fast. Without pumps the zone drains within 10 s; a burst takes 5. */
function pull(state: PumpState): { targetMPa: number; timeConstantMs: number } {
  if (state.fault === 'pump_trip') return { targetMPa: TRIPPED_MPA, timeConstantMs: 2_500 }
  if (state.fault === 'burst_pipe') return { targetMPa: BURST_MPA, timeConstantMs: 1_200 }
  return { targetMPa: state.setpointMPa - 0.02 * demandAt(state.minuteOfDay), timeConstantMs: 3_000 }
}

/** Share of the full flow that the homes draw: a sharp morning, a broad evening, a quiet night. */
function demandAt(minuteOfDay: number): number {
  const peak = (centre: number, width: number) => Math.exp(-(((minuteOfDay - centre) / width) ** 2))
  return 0.15 + 0.65 * peak(7 * 60, 60) + 0.45 * peak(19.5 * 60, 110)
}
