import type { Model } from '../model.ts'
import { between } from './noise.ts'

const FAULTS = ['overflow', 'tilted', 'malformed', 'silent'] as const
type BinFault = (typeof FAULTS)[number]

type BinState = Readonly<{ fill: number; fillPerHour: number; battery: number; fault: BinFault | null }>

const OVERFLOWING = 97
const EMPTIED = 3
/** The daily round takes it before it overflows: only a provoked bin does. */
const COLLECTED_AT = 85

/** A bin that residents fill, with a battery sensor in its lid. */
export const bin: Model<BinState, BinFault> = {
  faults: FAULTS,
  begin: ({ random }) => ({
    fill: between(8, 65, random),
    fillPerHour: between(0.6, 3, random),
    battery: between(62, 100, random),
    fault: null,
  }),
  advance(state, dtMs) {
    const hours = dtMs / 3_600_000
    const fill = state.fill + state.fillPerHour * hours
    return {
      ...state,
      fill: state.fault === 'overflow' ? Math.min(fill, 100) : fill < COLLECTED_AT ? fill : EMPTIED,
      battery: Math.max(5, state.battery - 0.002 * hours),
    }
  },
  provoke: (state, fault) => ({ ...state, fault, fill: fault === 'overflow' ? OVERFLOWING : Math.min(state.fill, 80) }),
  heal: (state) => ({ ...state, fault: null, fill: EMPTIED }),
  values: (state) => ({
    fill: Math.round(state.fill * 10) / 10,
    battery: Math.round(state.battery),
    tilted: state.fault === 'tilted',
  }),
}
