import { readFileSync } from 'node:fs'
import type { Random } from '#devices/clock.ts'
import { Fault } from '#devices/fault.ts'
import { entranceOf } from '#rules/impact/place.ts'
import { type Addressing, addressing, type AddressingOptions } from './audience/addressing.ts'
import { personalChannels } from './audience/personal-channels.ts'
import { type Resolve, resolving } from './audience/resolution.ts'
import type { SiteClock } from './clock.ts'
import type { HouseholdDoor } from './control.ts'
import { inventedList } from './households/invented.ts'
import { type Addressee, openRegister, type Register } from './households/register.ts'
import type { Estate } from './households/row.ts'
import type { PrivateStore } from './private/private-store.ts'
import { isHome } from './site/places.ts'
import type { Site } from './site/site.ts'

/** Those who live here: who they are, whom a notice concerns, and where they are reached. */
export type Residents = Addressing &
  Readonly<{
    register: Register
    resolve: Resolve
    /** Where a contact is reached on a channel, and in which language; null when nowhere any more. */
    addressOf(contact: string, channel: string): Promise<Addressee | null>
  }>

export function residentsOf({
  site,
  secrets,
  random,
  clock,
  ...rest
}: Omit<AddressingOptions, 'register' | 'resolve' | 'clock'> &
  Readonly<{
    secrets: PrivateStore
    random: Random
    clock: Pick<SiteClock, 'now' | 'wallOffsetMs' | 'delay'>
  }>): Residents {
  const register = openRegister(secrets, { random, estate: estateOf(site) })
  const resolve = resolving({ site, register, wall: () => clock.now() + clock.wallOffsetMs() })
  return {
    register,
    resolve,
    ...addressing({ site, register, resolve, clock, ...rest }),
    async addressOf(contact, channel) {
      const found = personalChannels(site).find(({ id }) => id === channel)
      return found ? register.addressOf(contact, found.road) : null
    },
  }
}

/** The places of a site, for what is written about them elsewhere. */
export function estateOf(site: Pick<Site, 'buildings' | 'plan'>): Estate {
  return {
    isHome: (home) => isHome(home, site),
    entranceOf: (home) => entranceOf(home, site.plan.entrances ?? []),
    get timeZone() {
      return site.plan.timeZone
    },
  }
}

/** The households of a demonstration, once: an estate without anybody in it shows nothing of how people are told. */
export function inventHouseholds(register: Register, site: Pick<Site, 'buildings'>): void {
  if (register.roll().size > 0) return
  const { faults } = register.importList(inventedList(site), 'demonstration')
  if (faults.length > 0) throw new Fault('internal', { detail: `invented households: ${faults[0]!.code}` })
}

/** The same for the command line of this machine: whoever reads the data folder may do it. */
export function householdDoor({ register }: Pick<Residents, 'register'>, audit: () => Promise<void>): HouseholdDoor {
  return {
    async importFile(file, isDry) {
      try {
        return register.importList(readFileSync(file), 'command line', { isDry })
      } finally {
        await audit()
      }
    },
    async erase(contact) {
      if (!register.erase(contact, 'command line')) throw new Fault('not_found')
      await audit()
      return { id: contact }
    },
  }
}
