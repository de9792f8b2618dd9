/** How an estate lives through a day. Minutes count from midnight at the site; shares lie between 0 and about 1. */

export const MINUTES_OF_DAY = 1_440

/** Water that the homes draw, as a share of the full flow: a sharp morning, a broad evening, a quiet night. */
export function waterDemandAt(minuteOfDay: number): number {
  return 0.15 + 0.65 * peak(minuteOfDay, 7 * 60, 60) + 0.45 * peak(minuteOfDay, 19.5 * 60, 110)
}

/** How busy the lifts are: work and school, dinner time, coming home; hardly anybody at night. */
export function liftTrafficAt(minuteOfDay: number): number {
  const [morning, noon, evening] = [
    peak(minuteOfDay, 8 * 60, 55),
    peak(minuteOfDay, 12.2 * 60, 70),
    peak(minuteOfDay, 18.3 * 60, 90),
  ]
  return Math.max(0.06 + 0.3 * daylight(minuteOfDay), morning, 0.7 * noon, 0.95 * evening)
}

/** The share of rides that lead out of the house: most in the morning, few when people come home. */
export function leavingShareAt(minuteOfDay: number): number {
  return 0.5 + 0.35 * peak(minuteOfDay, 7.8 * 60, 80) - 0.35 * peak(minuteOfDay, 18.5 * 60, 120)
}

/** How fast the bins fill, against the mean of the day: after breakfast, and most after dinner. */
export function wasteRateAt(minuteOfDay: number): number {
  return 0.25 + 1.6 * peak(minuteOfDay, 8 * 60, 70) + 2.6 * peak(minuteOfDay, 19.8 * 60, 100)
}

function peak(minuteOfDay: number, centre: number, width: number): number {
  return Math.exp(-(((minuteOfDay - centre) / width) ** 2))
}

/** 1 between breakfast and bedtime, 0 at night, with an hour of dusk on either side. */
function daylight(minuteOfDay: number): number {
  const within = Math.min(minuteOfDay - 6 * 60, 22.5 * 60 - minuteOfDay) / 60
  return Math.min(1, Math.max(0, within))
}
