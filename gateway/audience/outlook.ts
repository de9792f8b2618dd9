import { Fault } from '#devices/fault.ts'
import { REMINDERS } from '#rules/notices/settings.ts'
import { QUIET, QuietHours } from '#rules/quiet-hours.ts'
import { REACH_SETTINGS } from '#rules/reach/settings.ts'
import type { Register } from '../households/register.ts'
import type { Site } from '../site/site.ts'
import type { NoticeDocument } from '../store/documents.ts'
import { personalChannels } from './personal-channels.ts'
import type { Resolve } from './resolution.ts'

/** How planned work would be told if it were sent now. Times are the calendar's; money in yuan, of the first messages. */
export type Outlook = Readonly<{
  /** Homes that are told one by one; null where nobody is known, or no channel reaches one home. */
  told: number | null
  /** Homes that the page and a sheet inform. */
  informed: number
  /** Homes without anybody to write to. */
  noContact: number
  messages: number
  parts: number
  yuan: number
  isOverCap: boolean
  /** Telephones of so many homes rest until `ringAt`; 0 and null by day. */
  waiting: number
  ringAt: number | null
  remindAt: readonly number[]
}>
/** Where, by which channels, and by which figures. */
type Estate = Pick<Site, 'channels'> & Readonly<{ plan: Pick<Site['plan'], 'timeZone' | 'settings'> }>
type Residents = Readonly<{ register: Pick<Register, 'roll'>; resolve: Resolve }>

export function outlookOf(
  site: Estate,
  residents: Residents,
  notice: NoticeDocument,
  { open, wall }: Readonly<{ open: readonly NoticeDocument[]; wall: number }>,
): Outlook {
  const settings = { ...QUIET, ...REACH_SETTINGS, ...site.plan.settings.reach }
  const quiet = new QuietHours(site.plan.timeZone, settings)
  const from = notice.planned?.from ?? wall
  const remindAt = REMINDERS.map(({ ms }) => quiet.awake(from - ms)).filter((at) => at > wall)
  const nobody = { told: null, informed: 0, noContact: 0, messages: 0, parts: 0, yuan: 0, isOverCap: false }
  if (!isAddressed(site, residents)) return { ...nobody, waiting: 0, ringAt: null, remindAt }
  const { homes, informed, price } = residents.resolve(notice, { homes: notice.homeIds, open, phase: 'scheduled' })
  const waiting = quiet.isQuiet(wall) ? homes.filter(({ now }) => !now).length : 0
  return {
    told: homes.length,
    informed: informed.length,
    noContact: homes.filter(({ ways }) => ways.length === 0).length,
    messages: price.messages,
    parts: price.parts,
    yuan: price.cost / 100,
    isOverCap: price.cost > settings.cap,
    waiting,
    ringAt: waiting > 0 ? quiet.morningAfter(wall) : null,
    remindAt,
  }
}

/** Where nobody is known, or who they are cannot be read at present, nothing is told home by home. */
function isAddressed(site: Estate, { register }: Residents): boolean {
  try {
    return personalChannels(site).length > 0 && register.roll().size > 0
  } catch (error) {
    if (error instanceof Fault) return false
    throw error
  }
}
