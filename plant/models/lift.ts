import type { Random } from '#devices/clock.ts'
import type { Model } from '../model.ts'
import { leavingShareAt, liftTrafficAt, MINUTES_OF_DAY } from './day.ts'
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
  minuteOfDay: number
  fault: LiftFault | null
  faultForMs: number
}>

const TOP_FLOOR = 25
const FLOOR_MS = 2_000
/** The pause between two rides when the house is busiest; at night it is many times as long. */
const SHORTEST_REST_MS = 2_000
const LONGEST_REST_MS = 16_000
/** GB/T 24476: stopped outside the door zone. */
const STOPPED_CODE = 4
/** Who is trapped waits before pressing the button: the sensors have told of it by then. */
const BUTTON_AFTER_MS = 75_000

export const lift: Model<LiftState, LiftFault> = {
  faults: FAULTS,
  begin: ({ minuteOfDay, random }) => ({
    phase: 'resting',
    phaseLeftMs: between(1_000, 30_000, random),
    floor: 1 + Math.floor(random.next() * TOP_FLOOR),
    target: 1,
    hasPassenger: false,
    doorCycles: Math.floor(between(50_000, 400_000, random)),
    runCount: Math.floor(between(30_000, 200_000, random)),
    minuteOfDay,
    fault: null,
    faultForMs: 0,
  }),
  advance(earlier, dtMs, random) {
    const state = { ...earlier, minuteOfDay: (earlier.minuteOfDay + dtMs / 60_000) % MINUTES_OF_DAY }
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
    case 'resting': {
      const target = calledTo(state, random)
      return target === state.floor ? openDoors(state, random) : depart(state, target)
    }
    case 'driving': {
      const floor = state.floor + Math.sign(state.target - state.floor)
      return floor === state.target
        ? openDoors({ ...state, floor }, random)
        : { ...state, floor, phaseLeftMs: FLOOR_MS }
    }
    case 'open': {
      const closed = { ...state, doorCycles: state.doorCycles + 1 }
      if (!state.hasPassenger && random.next() < 0.8) {
        return depart(
          { ...closed, hasPassenger: true },
          state.floor === 1 ? homeFloor(random) : goalFrom(state, random),
        )
      }
      const restMs = between(SHORTEST_REST_MS, LONGEST_REST_MS, random) / liftTrafficAt(state.minuteOfDay)
      return { ...closed, hasPassenger: false, phase: 'resting', phaseLeftMs: restMs }
    }
  }
}

function openDoors(state: LiftState, random: Random): LiftState {
  return { ...state, phase: 'open', phaseLeftMs: between(4_000, 8_000, random) }
}

function depart(state: LiftState, target: number): LiftState {
  return { ...state, phase: 'driving', phaseLeftMs: FLOOR_MS, target, runCount: state.runCount + 1 }
}

/** Who leaves calls the car to a home, who comes home calls it to the entrance. */
function calledTo({ minuteOfDay }: LiftState, random: Random): number {
  return random.next() < leavingShareAt(minuteOfDay) ? homeFloor(random) : 1
}

/** From a home people go out, but for the few who visit a neighbour. */
function goalFrom({ floor }: LiftState, random: Random): number {
  if (random.next() < 0.9) return 1
  const drawn = 1 + Math.floor(random.next() * (TOP_FLOOR - 1))
  return drawn < floor ? drawn : drawn + 1
}

function homeFloor(random: Random): number {
  return 2 + Math.floor(random.next() * (TOP_FLOOR - 1))
}
