/** How a member of staff is called and reached; `wecom` is the member's id in the company's chat. */
export type StaffContact = Readonly<{
  name: string
  phone: string | null
  email?: string | null
  wecom?: string | null
}>
/** Somebody who lives in a home or owns it. Times are site time in ms; `to` null: still so. */
export type HouseholdContact = Readonly<{
  home: string
  name: string
  phone: string | null
  relation: 'owner' | 'tenant' | 'family'
  from: number
  to: number | null
}>
/** The picture itself is the record's `bytes`. */
export type Photo = Readonly<{ mediaType: string; takenAt: number | null; of: string }>
/** What a person wrote in words. */
export type Note = Readonly<{ text: string; of: string }>

/** What is kept here and as what; nothing of it stands in an event, a log line or an error. */
export type PrivateDocs = Readonly<{
  staff: StaffContact
  household: HouseholdContact
  photo: Photo
  note: Note
}>
export type PrivateKind = keyof PrivateDocs

/** By which numbers each kind is found. To add a kind: its type above and its line here. */
export const PHONES_OF: { readonly [K in PrivateKind]: (doc: PrivateDocs[K]) => readonly (string | null)[] } = {
  staff: ({ phone }) => [phone],
  household: ({ phone }) => [phone],
  photo: () => [],
  note: () => [],
}
