/**
 * What a condition may ask of the last while of a point: `avg(outlet_pressure, "10m")`. Text and switches have no mean,
 * but they change.
 */
export const WINDOW_FUNCTIONS = {
  avg: ['double'],
  min: ['double'],
  max: ['double'],
  sum: ['double'],
  rate: ['double'],
  count: ['double', 'bool', 'string'],
  changes: ['double', 'bool', 'string'],
  starts: ['bool'],
  share: ['bool'],
} as const
export type WindowFunction = keyof typeof WINDOW_FUNCTIONS

export function isWindowFunction(name: string): name is WindowFunction {
  return Object.hasOwn(WINDOW_FUNCTIONS, name)
}

/** A window shorter than this holds one reading or none; a longer one is a report, not an alarm. */
export const SHORTEST_WINDOW_MS = 1_000
export const LONGEST_WINDOW_MS = 31 * 86_400_000
/** Each window of a condition is kept apart: so many, or it is no condition that a person understands. */
export const MOST_WINDOWS = 16
