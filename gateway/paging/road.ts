import type { OrderClass } from '#devices/alarm-definition.ts'
import type { About } from '#rules/paging/events.ts'
import type { Purpose, Road } from '#rules/paging/policy.ts'
import type { Delivery } from '../channels/channel.ts'
import type { Language } from '../texts.ts'

/** Where a person of the staff is reached. Personal data: looked up when it is sent, never stored, never logged. */
export type StaffContact = Readonly<{
  /** With country code, such as +8613912345678. */
  phone: string | null
  /** The member's id in the company's WeCom. */
  wecom: string | null
}>
export type ContactOf = (person: string) => StaffContact | null | Promise<StaffContact | null>

/** One try of one page, ready to go out. `id` is the same over all attempts, and comes back with the answer. */
export type PageMessage = Readonly<{
  id: string
  page: string
  site: string
  about: About
  subject: string
  purpose: Purpose
  class: OrderClass
  person: string
  to: StaffContact
  at: number
  trace: string
  texts: Readonly<Record<Language, Readonly<{ title: string; body: string }>>>
  /** What an approved template is filled with. */
  values: Readonly<Record<string, string>>
  /** The page in the web app; null where the site has no address of its own. */
  link: string | null
}>

/** One way to a person of the staff. Retry stands once, in the sender. Never throws but on abort. */
export type StaffRoad = Readonly<{
  road: Road
  /** Whether there is where to send to. */
  reaches(contact: StaffContact): boolean
  send(message: PageMessage, signal: AbortSignal): Promise<Delivery>
  /** Of a horn: be still. */
  silence?(signal: AbortSignal): Promise<Delivery>
}>
