import type { ChannelKind, Plan } from '../plan.ts'
import type { NoticeBook } from './book.ts'
import type { Ring } from './events.ts'
import { assetsOf, type Notice } from './notice.ts'
import { QUIET, QuietHours } from '../quiet-hours.ts'
import { ACT_NOW, NOTICE_SETTINGS, type NoticeSettings } from './settings.ts'

export type Telling = Readonly<{
  homes: readonly string[]
  channels: readonly string[]
  ring?: Ring
  ringAt?: number
  ringing?: readonly string[]
  cheapest?: true
  /** Who is told loses comfort alone: these serve them meanwhile. */
  spares?: readonly string[]
}>

const KINDS_OF_PAGE: readonly ChannelKind[] = ['page', 'data']

/** Whom a notice reaches, over which channels, and whether phones ring for it. */
export class Audience {
  readonly settings: NoticeSettings
  readonly quiet: QuietHours
  readonly #plan: Plan
  readonly #book: NoticeBook

  constructor(plan: Plan, book: NoticeBook) {
    this.#plan = plan
    this.#book = book
    this.settings = { ...NOTICE_SETTINGS, ...plan.settings.notices }
    this.quiet = new QuietHours(plan.timeZone, { ...QUIET, ...plan.settings.reach })
  }

  homesOf(assets: readonly string[]): string[] {
    return [...new Set(assets.flatMap((asset) => this.#plan.assets.get(asset)?.homes ?? []))].toSorted()
  }

  of(notice: Notice): string[] {
    return this.homesOf(assetsOf(notice))
  }

  /** To everybody concerned; to nobody's phone where only the page is meant. */
  telling(notice: Notice, homes: readonly string[], at: number, isPageOnly = notice.isPageOnly): Telling {
    const channels = isPageOnly ? this.#channels(...KINDS_OF_PAGE) : this.#plan.channels
    const spares = this.isInformation(notice) ? this.#sparesOf(notice) : []
    return { homes, channels, ...this.#ring(notice, channels, at), ...(spares.length > 0 ? { spares } : {}) }
  }

  /** A change of what they know: over what costs nothing. */
  change(notice: Notice, at: number): Telling {
    const channels = notice.isPageOnly ? this.#channels(...KINDS_OF_PAGE) : this.#channels('page', 'data', 'chat')
    return { homes: notice.told, channels, ...this.#ring(notice, channels, at), cheapest: true }
  }

  /** The end, by what the beginning came. */
  end(notice: Notice, at: number): Telling {
    return { homes: notice.told, channels: notice.channels, ...this.#ring(notice, notice.channels, at) }
  }

  /** Another asset of the kind still serves every one of these homes: they lose comfort, not the service. */
  isInformation(notice: Notice): boolean {
    if (notice.work) return false
    return assetsOf(notice).every((id) => this.#plan.assets.has(id) && this.#sparesFor(id).length > 0)
  }

  #sparesOf(notice: Notice): string[] {
    return [...new Set(assetsOf(notice).flatMap((id) => this.#sparesFor(id)))]
  }

  #sparesFor(id: string): string[] {
    return [...this.#plan.assets.keys()].filter((other) => this.#replaces(other, id))
  }

  #replaces(other: string, id: string): boolean {
    const [spare, lost] = [this.#plan.assets.get(other)!, this.#plan.assets.get(id)!]
    if (other === id || spare.kind !== lost.kind || lost.homes.length === 0) return false
    if (this.#book.all().some((notice) => assetsOf(notice).includes(other))) return false
    const served = new Set(spare.homes)
    return lost.homes.every((home) => served.has(home))
  }

  #ring(notice: Notice, channels: readonly string[], at: number): Omit<Telling, 'homes' | 'channels'> {
    const wall = this.#book.onWall(at)
    if (this.isInformation(notice)) return { ring: 'never' }
    if (ACT_NOW.has(notice.kind) || !this.quiet.isQuiet(wall)) return { ring: 'now' }
    const ringing = channels.filter((id) => !KINDS_OF_PAGE.includes(this.#kindOf(id)))
    return { ring: 'morning', ringAt: this.#book.siteTimeOf(this.quiet.morningAfter(wall)), ringing }
  }

  #channels(...kinds: readonly ChannelKind[]): string[] {
    return this.#plan.channels.filter((id) => kinds.includes(this.#kindOf(id)))
  }

  #kindOf(id: string): ChannelKind {
    return this.#plan.channelKinds?.[id] ?? (id === 'screen' ? 'page' : 'chat')
  }
}
