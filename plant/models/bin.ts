import type { Model } from '../model.ts'
import { MINUTES_OF_DAY, wasteRateAt } from './day.ts'
import { between } from './noise.ts'

const FAULTS = ['overflow', 'tilted', 'malformed', 'silent'] as const
type BinFault = (typeof FAULTS)[number]

type BinState = Readonly<{
  fill: number
  fillPerHour: number
  battery: number
  minuteOfDay: number
  /** When the round comes past this bin. */
  rounds: readonly number[]
  fault: BinFault | null
}>

const OVERFLOWING = 97
const EMPTIED = 3
/** Who sees it this full takes it before its round: only a provoked bin overflows. */
const COLLECTED_AT = 85
/** Kitchen waste fills a bin in a day, batteries and bulbs in weeks. In % an hour over the whole day. */
const FILL_PER_HOUR: readonly [category: RegExp, least: number, most: number][] = [
  [/kitchen/i, 3, 5],
  [/other/i, 2, 3.5],
  [/recyclable/i, 1, 2],
  [/hazardous/i, 0.05, 0.2],
]
/** Longer steps are taken in pieces, for the rate changes by the hour and the round has its minute. */
const LONGEST_STEP_MS = 10 * 60_000

/** A bin that residents fill and the daily rounds empty, with a battery sensor in its lid. */
export const bin: Model<BinState, BinFault> = {
  faults: FAULTS,
  begin({ device, minuteOfDay, random }) {
    const [, least, most] = FILL_PER_HOUR.find(([category]) => category.test(device)) ?? [null, 0.6, 3]
    return {
      fill: between(8, 65, random),
      fillPerHour: between(least, most, random),
      battery: between(62, 100, random),
      minuteOfDay,
      rounds: [between(6.5 * 60, 8 * 60, random), between(13 * 60, 14.5 * 60, random)],
      fault: null,
    }
  },
  advance(state, dtMs) {
    let later = state
    for (let leftMs = dtMs; leftMs > 0; leftMs -= LONGEST_STEP_MS)
      later = step(later, Math.min(leftMs, LONGEST_STEP_MS))
    return later
  },
  provoke: (state, fault) => ({ ...state, fault, fill: fault === 'overflow' ? OVERFLOWING : Math.min(state.fill, 80) }),
  heal: (state) => ({ ...state, fault: null, fill: EMPTIED }),
  values: (state) => ({
    fill: Math.round(state.fill * 10) / 10,
    battery: Math.round(state.battery),
    tilted: state.fault === 'tilted',
  }),
}

function step(state: BinState, dtMs: number): BinState {
  const hours = dtMs / 3_600_000
  const until = state.minuteOfDay + hours * 60
  const fill = state.fill + state.fillPerHour * wasteRateAt(state.minuteOfDay) * hours
  const isRound = state.rounds.some((minute) => state.minuteOfDay < minute && minute <= until)
  return {
    ...state,
    fill: state.fault === 'overflow' ? Math.min(fill, 100) : isRound || fill >= COLLECTED_AT ? EMPTIED : fill,
    battery: Math.max(5, state.battery - 0.002 * hours),
    minuteOfDay: until % MINUTES_OF_DAY,
  }
}
