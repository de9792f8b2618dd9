/** What may be asked of a roster about one person; `at` is the wall's time. */
export type Roster = Readonly<{
  isOnDuty(person: string, at: number): boolean
  /** Whether a certificate of this kind is good on that day. */
  holds(person: string, kind: string, at: number): boolean
  hasLeft(person: string): boolean
}>
