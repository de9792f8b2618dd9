import { Fault } from '#devices/fault.ts'
import type { Command } from '#rules/command.ts'
import type { Contact, Correction, Register } from '../households/register.ts'
import type { HouseholdContact } from '../private/kinds.ts'
import type { Store } from '../store/store.ts'
import { reachedOf } from './reached.ts'

export type CorrectionOptions = Readonly<{
  register: Register
  read: Pick<Store['read'], 'reachOfHome'>
  command(command: Command): Promise<unknown>
  wallOffsetMs(): number
}>
export type Corrected = Readonly<{ id: string; corrected: readonly string[] }>

/**
 * Changes of who lives where, as of a day. Whoever was believed to live there when a notice went out and did not was not
 * reached: the figure of that notice is told anew, as a correction with its own date.
 */
export function correcting({ register, read, command, wallOffsetMs }: CorrectionOptions) {
  async function reachedOfHome(home: string, since: number): Promise<ReadonlyMap<string, boolean>> {
    const { lines, tasks } = await read.reachOfHome(home, since - wallOffsetMs())
    const roll = register.roll()
    const notices = new Set([...lines, ...tasks].map(({ notice }) => notice))
    return new Map(
      [...notices].map((notice) => {
        const own = lines.filter((line) => line.notice === notice)
        const errands = tasks.filter((task) => task.notice === notice)
        return [notice, reachedOf(home, own, errands, roll, wallOffsetMs())]
      }),
    )
  }

  async function recorded(home: string, since: number, by: string, change: () => string): Promise<Corrected> {
    const before = await reachedOfHome(home, since)
    const id = change()
    const after = await reachedOfHome(home, since)
    const corrected = [...after].filter(([notice, isReached]) => before.get(notice) !== isReached)
    const version = register.get(id)?.version ?? 0
    for (const [notice, isReached] of corrected)
      await command({
        type: 'reach.correct',
        notice,
        home,
        isReached,
        since,
        by,
        id: `correct:${notice}:${id}:${version}`,
        actor: by,
      })
    return { id, corrected: corrected.map(([notice]) => notice) }
  }

  return {
    /** Somebody lives there since `contact.from`. */
    add: (contact: HouseholdContact, by: string): Promise<Corrected> =>
      recorded(contact.home, contact.from, by, () => register.add(contact, by)),
    change(id: string, change: Correction, by: string): Promise<Corrected> {
      const contact: Contact | null = register.get(id)
      if (!contact) throw new Fault('not_found')
      const moments = [contact.from, change.from ?? contact.from, contact.to ?? Infinity, change.to ?? Infinity]
      // The telephone of last week counts from now on; where somebody lived counts from the earliest day that changes.
      const isOfDays = change.from !== undefined || change.to !== undefined || change.livesHere !== undefined
      return recorded(contact.home, isOfDays ? Math.min(...moments) : Infinity, by, () => {
        register.correct(id, change, by)
        return id
      })
    },
  }
}
