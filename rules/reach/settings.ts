/** When and for how much residents are told one by one. */
export type ReachSettings = Readonly<{
  /** Minutes since local midnight; telephones ring outside. */
  quietFrom: number
  quietTo: number
  /** Hundredths of a yuan for each part of a text message. */
  partPrice: number
  /** A notice that costs more needs a second person. */
  cap: number
}>

export const REACH_SETTINGS: ReachSettings = { quietFrom: 22 * 60, quietTo: 6 * 60 + 30, partPrice: 10, cap: 20_000 }
