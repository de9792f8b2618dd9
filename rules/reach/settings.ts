import { QUIET, type QuietSettings } from '../quiet-hours.ts'

/** When and for how much residents are told one by one. */
export type ReachSettings = QuietSettings &
  Readonly<{
    /** Hundredths of a yuan for each part of a text message. */
    partPrice: number
    /** A notice that costs more needs a second person. */
    cap: number
    /** Nobody was there: somebody goes, or rings, again after so long, … */
    errandAgainMs: number
    /** … and so often in all. */
    errandTries: number
  }>

export const REACH_SETTINGS: ReachSettings = {
  ...QUIET,
  partPrice: 10,
  cap: 20_000,
  errandAgainMs: 2 * 3_600_000,
  errandTries: 3,
}
