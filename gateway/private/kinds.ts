/** How a member of staff is called and reached; `wecom` is the member's id in the company's chat. */
export type StaffContact = Readonly<{
  name: string
  phone: string | null
  email?: string | null
  wecom?: string | null
}>
/**
 * Somebody who lives in a home or owns it. Times are ms of the calendar; `to` null: still so. What a record of an older
 * version does not say was never asked.
 */
export type HouseholdContact = Readonly<{
  home: string
  name: string
  phone: string | null
  relation: 'owner' | 'tenant' | 'family'
  from: number
  to: number | null
  email?: string | null
  language?: 'zh-CN' | 'en'
  /** Roads in the order in which this person wishes to be told. */
  roads?: readonly ('phone' | 'email' | 'push')[]
  /** Agreed to be told of outages in person. */
  consent?: boolean
  /** An owner may live elsewhere; null: nobody said. */
  livesHere?: boolean | null
  /** Sensitive, and only with a consent of their own. */
  tags?: readonly string[]
  /** Of the list it came from. */
  ref?: string | null
}>
/** The picture itself is the record's `bytes`. */
export type Photo = Readonly<{ mediaType: string; takenAt: number | null; of: string }>
/** What a person wrote in words. */
export type Note = Readonly<{ text: string; of: string }>
/** What somebody told us that an order was opened for, and how they are reached; the order names it by its id. */
export type Report = Readonly<{ text: string; phone: string | null; name: string | null; home: string | null }>

/** What is kept here and as what; nothing of it stands in an event, a log line or an error. */
export type PrivateDocs = Readonly<{
  staff: StaffContact
  household: HouseholdContact
  photo: Photo
  note: Note
  report: Report
}>
export type PrivateKind = keyof PrivateDocs

/** By which numbers each kind is found. To add a kind: its type above and its line here. */
export const PHONES_OF: { readonly [K in PrivateKind]: (doc: PrivateDocs[K]) => readonly (string | null)[] } = {
  staff: ({ phone }) => [phone],
  household: ({ phone }) => [phone],
  photo: () => [],
  note: () => [],
  report: ({ phone }) => [phone],
}
