import type { Random } from '#devices/clock.ts'
import type { Model } from '../model.ts'
import { between } from './noise.ts'

const FAULTS = ['entrapment', 'stopped', 'silent'] as const
type LiftFault = (typeof FAULTS)[number]

/** Resting with closed doors, driving one floor, or standing with open doors; each for a known time. */
type LiftState = Readonly<{
  phase: 'resting' | 'driving' | 'open'
  phaseLeftMs: number
  floor: number
  target: number
  hasPassenger: boolean
  doorCycles: number
  runCount: number
  fault: LiftFault | null
  faultForMs: number
}>

const TOP_FLOOR = 25
const FLOOR_MS = 2_000
/** GB/T 24476: stopped outside the door zone. */
const STOPPED_CODE = 4
/** Who is trapped waits a little before pressing the button. */
const BUTTON_AFTER_MS = 15_000

export const lift: Model<LiftState, LiftFault> = {
  faults: FAULTS,
  begin: ({ random }) => ({
    phase: 'resting',
    phaseLeftMs: between(1_000, 30_000, random),
    floor: 1 + Math.floor(random.next() * TOP_FLOOR),
    target: 1,
    hasPassenger: false,
    doorCycles: Math.floor(between(50_000, 400_000, random)),
    runCount: Math.floor(between(30_000, 200_000, random)),
    fault: null,
    faultForMs: 0,
  }),
  advance(state, dtMs, random) {
    if (isHalted(state)) return { ...state, faultForMs: state.faultForMs + dtMs }
    const phaseLeftMs = state.phaseLeftMs - dtMs
    return phaseLeftMs > 0 ? { ...state, phaseLeftMs } : nextPhase(state, random)
  },
  nextChangeMs(state) {
    if (!isHalted(state)) return state.phaseLeftMs
    const leftMs = BUTTON_AFTER_MS - state.faultForMs
    return state.fault === 'entrapment' && leftMs > 0 ? leftMs : null
  },
  provoke: (state, fault) => ({
    ...state,
    fault,
    faultForMs: 0,
    hasPassenger: fault === 'entrapment' || (fault === 'silent' && state.hasPassenger),
  }),
  /** Released: the doors open where the car stands, and whoever is inside gets out. */
  heal: (state) =>
    isHalted(state)
      ? { ...state, phase: 'open', phaseLeftMs: 5_000, target: state.floor, fault: null, faultForMs: 0 }
      : { ...state, fault: null },
  values(state) {
    const halted = isHalted(state)
    const isRunning = !halted && state.phase === 'driving'
    return {
      service_mode: state.fault === 'stopped' ? 'stopped' : 'normal',
      car_running: isRunning,
      door_closed: halted || state.phase !== 'open',
      in_door_zone: state.fault !== 'entrapment' && !isRunning,
      passenger_present: state.hasPassenger,
      alarm_button: state.fault === 'entrapment' && state.faultForMs >= BUTTON_AFTER_MS,
      direction: !isRunning ? 'none' : state.target > state.floor ? 'up' : 'down',
      floor: state.floor,
      fault_code: halted ? STOPPED_CODE : 0,
      door_cycles: state.doorCycles,
      run_count: state.runCount,
    }
  },
}

function isHalted({ fault }: LiftState): boolean {
  return fault === 'entrapment' || fault === 'stopped'
}

function nextPhase(state: LiftState, random: Random): LiftState {
  switch (state.phase) {
    case 'resting':
      return depart(state, otherFloor(state.floor, random))
    case 'driving': {
      const floor = state.floor + Math.sign(state.target - state.floor)
      if (floor !== state.target) return { ...state, floor, phaseLeftMs: FLOOR_MS }
      return { ...state, floor, phase: 'open', phaseLeftMs: between(4_000, 8_000, random) }
    }
    case 'open': {
      const closed = { ...state, doorCycles: state.doorCycles + 1 }
      if (!state.hasPassenger && random.next() < 0.7) {
        return depart({ ...closed, hasPassenger: true }, otherFloor(state.floor, random))
      }
      return { ...closed, hasPassenger: false, phase: 'resting', phaseLeftMs: between(5_000, 40_000, random) }
    }
  }
}

function depart(state: LiftState, target: number): LiftState {
  return { ...state, phase: 'driving', phaseLeftMs: FLOOR_MS, target, runCount: state.runCount + 1 }
}

/** Half of all rides begin or end at the entrance. */
function otherFloor(floor: number, random: Random): number {
  if (floor !== 1 && random.next() < 0.5) return 1
  const drawn = 1 + Math.floor(random.next() * (TOP_FLOOR - 1))
  return drawn < floor ? drawn : drawn + 1
}
