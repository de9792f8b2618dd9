import type { Model } from '../model.ts'
import { MINUTES_OF_DAY, waterDemandAt } from './day.ts'
import { between, relax, wander } from './noise.ts'
import { flowThrough, type Tank } from './tank.ts'

const FAULTS = ['pump_trip', 'burst_pipe', 'one_pump_failed', 'sensor_absent', 'silent'] as const
type PumpFault = (typeof FAULTS)[number]

type PumpState = Readonly<{
  setpointMPa: number
  outletMPa: number
  /** Both wander around zero; the ripple is that of a still network, demand makes it larger. */
  ripple: number
  driftHz: number
  inletMPa: number
  tank: Tank
  /** 0 as new, 1 worn out: the same pressure then takes a higher frequency, and at full flow it is not reached. */
  wear: number
  runMs: number
  minuteOfDay: number
  fault: PumpFault | null
  faultForMs: number
}>

const LOW_ZONE_MPA = 0.65
const HIGH_ZONE_MPA = 0.85
/** What the controller itself takes, whoever asks. */
const LEAST_SETPOINT_MPA = 0.3
const MOST_SETPOINT_MPA = 1
const TRIPPED_MPA = 0.15
const BURST_MPA = 0.2
const MAINS_MPA = 0.26
/** The main gives way while it fills the tank. */
const FILLING_DROP_MPA = 0.03
const FULL_HZ = 50
/** An impeller that runs day and night is worn out in about two years. */
const WEAR_LIFE_MS = 2 * 365 * 86_400_000
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
      ripple: 0,
      driftHz: 0,
      inletMPa: MAINS_MPA,
      tank: { levelM: between(2.5, 3.2, random), isFilling: random.next() < 0.4 },
      wear: between(0, 0.5, random),
      runMs: Math.floor(between(8_000, 30_000, random)) * 3_600_000,
      minuteOfDay,
      fault: null,
      faultForMs: 0,
    }
  },
  advance(state, dtMs, random) {
    const { targetMPa, timeConstantMs } = pull(state)
    const minuteOfDay = (state.minuteOfDay + dtMs / 60_000) % MINUTES_OF_DAY
    const runMs = state.fault === 'pump_trip' ? 0 : dtMs
    const mainsMPa = MAINS_MPA - (state.tank.isFilling ? FILLING_DROP_MPA : 0)
    return {
      ...state,
      outletMPa: relax(state.outletMPa, targetMPa, dtMs, timeConstantMs),
      ripple: wander(state.ripple, dtMs, 4_000, 1, random),
      driftHz: wander(state.driftHz, dtMs, 12_000, 0.25, random),
      inletMPa: relax(state.inletMPa, mainsMPa, dtMs, 20_000),
      tank: flowThrough(state.tank, drawOf(state), dtMs),
      wear: Math.min(1, state.wear + runMs / WEAR_LIFE_MS),
      runMs: state.runMs + runMs,
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
  write(state, point, value) {
    if (point !== 'pressure_setpoint' || typeof value !== 'number') return null
    return value >= LEAST_SETPOINT_MPA && value <= MOST_SETPOINT_MPA ? { ...state, setpointMPa: value } : null
  },
  values(state) {
    const { fault } = state
    const demand = waterDemandAt(state.minuteOfDay)
    const tripped = fault === 'pump_trip'
    const firstFailed = fault === 'one_pump_failed'
    const rippleMPa = state.ripple * (0.0015 + 0.005 * demand)
    return {
      outlet_pressure: fault === 'sensor_absent' ? null : Math.max(0, state.outletMPa + rippleMPa),
      inlet_pressure: state.inletMPa,
      tank_level: state.tank.levelM,
      frequency: tripped ? 0 : fault === 'burst_pipe' ? FULL_HZ : Math.min(FULL_HZ, wantedHz(state) + state.driftHz),
      run_hours: Math.floor(state.runMs / 3_600_000),
      pump1_running: !tripped && !firstFailed,
      pump1_fault: tripped || firstFailed,
      pump2_running: !tripped && (firstFailed || fault === 'burst_pipe' || demand > 0.6),
      pump2_fault: tripped,
      pressure_setpoint: state.setpointMPa,
      water_on_floor: fault === 'burst_pipe' && state.faultForMs >= FLOOR_WET_AFTER_MS,
    }
  },
}

/** What the controller asks of the drive to hold the pressure: more at a peak, more with worn pumps. */
function wantedHz({ minuteOfDay, wear }: PumpState): number {
  return (31 + 15 * waterDemandAt(minuteOfDay)) * (1 + 0.16 * wear)
}

/** Where the pressure is drawn to, and how fast. Without pumps the zone drains within 10 s; a burst takes 5. */
function pull(state: PumpState): { targetMPa: number; timeConstantMs: number } {
  if (state.fault === 'pump_trip') return { targetMPa: TRIPPED_MPA, timeConstantMs: 2_500 }
  if (state.fault === 'burst_pipe') return { targetMPa: BURST_MPA, timeConstantMs: 1_200 }
  const demand = waterDemandAt(state.minuteOfDay)
  const missingHz = Math.max(0, wantedHz(state) - FULL_HZ)
  // Pressure follows the square of the speed: what the drive cannot give is missing at the tap.
  const reached = (FULL_HZ / (FULL_HZ + missingHz)) ** 2
  return { targetMPa: (state.setpointMPa - 0.02 * demand - 0.012 * state.wear) * reached, timeConstantMs: 3_000 }
}

function drawOf({ fault, minuteOfDay }: PumpState): number {
  if (fault === 'pump_trip') return 0
  return waterDemandAt(minuteOfDay) + (fault === 'burst_pipe' ? 0.5 : 0)
}
