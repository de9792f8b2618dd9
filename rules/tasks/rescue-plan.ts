/** Who rescues at this site; each list in the order of preference, by role or person. */
export type RescuePlan = Readonly<{
  comfort: readonly string[]
  onSite: readonly string[]
  /** The person who stands for the contractor; null without one. */
  contractor: string | null
  /** The contractor's numbers, one or two; none: he is reached some other way. */
  lines: readonly string[]
  /** Whoever frees people has an hour to come, as the law has it outside cities. */
  isOutsideCities?: true
}>

export const RESCUE_DEFAULTS: RescuePlan = {
  comfort: ['monitor', 'guard'],
  onSite: ['technician', 'guard'],
  contractor: null,
  lines: [],
}
