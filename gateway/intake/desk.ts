import { createHash } from 'node:crypto'
import { Fault } from '#devices/fault.ts'
import type { Command } from '#rules/command.ts'
import type { Intake } from '#rules/orders/intake.ts'
import type { CommandAnswer } from '../answer-book.ts'
import type { Register } from '../households/register.ts'
import { normalPhone } from '../private/phone.ts'
import type { PrivateStore } from '../private/private-store.ts'
import { isHome } from '../site/places.ts'
import type { Site } from '../site/site.ts'
import { regionOf } from './places.ts'
import { likelySkill } from './skills.ts'

/** What somebody tells us. The skill is found where it is not said; `reporter` is the id of a contact. */
export type Told = Omit<Intake, 'skill' | 'region' | 'note'> &
  Readonly<{
    skill?: string
    /** What was said, in words. */
    text: string
    /** Under which whoever reported it is reached, and how they are called. */
    phone?: string
    name?: string
  }>
export type IntakeDeskOptions = Readonly<{
  site: Site
  secrets: PrivateStore
  register: Pick<Register, 'get' | 'findByPhone'>
  command(command: Command): Promise<CommandAnswer>
  /** Resolves when what was changed of what is private stands in the journal. */
  audit(): Promise<void>
}>

/**
 * Opens an order for somebody. `id` is the command's, the same when it is sent again. What was said is sealed before anything
 * is decided, and gone again where it is refused.
 * @throws Fault unknown_home, not_found (a reporter that nobody knows), invalid_request, command_reused
 */
export function intakeDesk({ site, secrets, register, command, audit }: IntakeDeskOptions) {
  return async (told: Told, by: string, stamp: Readonly<{ id: string; actor: string }>): Promise<CommandAnswer> => {
    const { text, phone = null, name = null, skill: wanted, ...what } = told
    const { home, asset, place, reporter = reporterBy(phone, home, register) } = what
    if (home !== undefined && !isHome(home, site)) throw new Fault('unknown_home', { home })
    if (reporter !== undefined && !register.get(reporter)) throw new Fault('not_found')
    const region = regionOf(site, { asset, home, place })
    const skill = wanted ?? likelySkill(site, what.class, { asset, region })
    if (skill === null) throw new Fault('invalid_request', { detail: 'skill' })
    const note = `T${createHash('sha256').update(stamp.id).digest('hex').slice(0, 20)}`
    const known = secrets.get('report', note)
    if (known && known.doc.text !== text) throw new Fault('command_reused', { id: stamp.id })
    const doc = { text, phone, name, home: home ?? null }
    secrets.put({ kind: 'report', id: note, subject: reporter ?? note, doc }, stamp.actor)
    await audit()
    const whoAndWhere = { ...(reporter === undefined ? {} : { reporter }), ...(region === null ? {} : { region }) }
    const answer = await command({ type: 'order.open', by, ...what, ...whoAndWhere, skill, note, ...stamp })
    if ('refused' in answer && !known) {
      secrets.remove('report', note, stamp.actor)
      await audit()
    }
    return answer
  }
}

/** Who rings from a number that is on file for this home. */
function reporterBy(
  phone: string | null,
  home: string | undefined,
  register: Pick<Register, 'findByPhone'>,
): string | undefined {
  if (phone === null || home === undefined || normalPhone(phone) === null) return undefined
  return register.findByPhone(phone).find((contact) => contact.home === home)?.id
}
