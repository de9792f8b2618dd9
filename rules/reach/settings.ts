import { QUIET, type QuietSettings } from '../quiet-hours.ts'

/** When and for how much residents are told one by one. */
export type ReachSettings = QuietSettings &
  Readonly<{
    /** Hundredths of a yuan for each part of a text message. */
    partPrice: number
    /** A notice that costs more needs a second person. */
    cap: number
  }>

export const REACH_SETTINGS: ReachSettings = { ...QUIET, partPrice: 10, cap: 20_000 }
