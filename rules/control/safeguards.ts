import { type Command, refuse, type Refusal } from '../command.ts'
import type { Draft } from '../event.ts'
import type { Plan } from '../plan.ts'
import type { Context } from '../stage.ts'
import type { ControlBook } from './book.ts'
import type { AirChecks } from './events.ts'

/** Oxygen in air that may be breathed, per cent. */
const BREATHABLE_PERCENT = [19.5, 23.5] as const

type Safeguard = Extract<
  Command,
  { type: 'lockout.hang' | 'lockout.remove' | 'permit.open' | 'permit.close' | 'presence.enter' | 'presence.leave' }
>

/** Locks and tags, permits to work, and people in plant rooms: each is there until the one whose it is ends it. */
export function safeguardCommand(
  command: Safeguard,
  book: ControlBook,
  plan: Plan,
  { seq }: Context,
): readonly Draft[] | Refusal {
  const person = plan.staff.find(({ id }) => id === command.by)
  if (!person) return refuse('unknown_person', { person: command.by })
  const { by } = command
  switch (command.type) {
    case 'lockout.hang': {
      const { asset, reason } = command
      if (!plan.assets.has(asset)) return refuse('unknown_asset', { asset })
      return [{ type: 'lockout.hung', lockout: `LO${seq}`, asset, by, reason, trace: `LO${seq}` }]
    }
    case 'lockout.remove': {
      const hung = book.lockout(command.lockout)
      if (!hung) return refuse('unknown_lockout', { lockout: command.lockout })
      const { lockout, asset, by: owner } = hung
      const reason = command.reason === undefined ? {} : { reason: command.reason }
      // The lock is its owner's life. Chief or manager may take it when the owner is gone, and say why.
      const mayFor = (person.role === 'manager' || person.role === 'chief') && command.reason !== undefined
      if (owner !== by && !mayFor) return refuse('not_lockout_owner', { lockout, by: owner })
      return [{ type: 'lockout.removed', lockout, asset, by, ...reason, trace: lockout }]
    }
    case 'permit.open': {
      const { asset, reason } = command
      if (!plan.assets.has(asset)) return refuse('unknown_asset', { asset })
      const { checks } = command
      const refused = checks ? airRefusal(checks, command, book, plan) : null
      const checked = checks ? { checks } : {}
      return (
        refused ?? [{ type: 'permit.opened', permit: `PT${seq}`, asset, by, reason, ...checked, trace: `PT${seq}` }]
      )
    }
    case 'permit.close': {
      const open = book.permit(command.permit)
      if (!open) return refuse('unknown_permit', { permit: command.permit })
      return [{ type: 'permit.closed', permit: open.permit, asset: open.asset, by, trace: open.permit }]
    }
    case 'presence.enter': {
      const { room } = command
      if (!isRoom(room, plan)) return refuse('unknown_room', { room })
      const there = book.presence(by)
      if (there?.room === room) return refuse('already_there', { room, by })
      const trace = `EN${seq}`
      const entered: Draft = { type: 'presence.entered', room, by, trace }
      // Nobody is in two rooms.
      return there ? [{ type: 'presence.left', room: there.room, by, trace }, entered] : [entered]
    }
    case 'presence.leave': {
      const { room } = command
      if (!isRoom(room, plan)) return refuse('unknown_room', { room })
      if (book.presence(by)?.room !== room) return refuse('not_there', { room, by })
      return [{ type: 'presence.left', room, by, trace: `EN${seq}` }]
    }
  }
}

/** The air is fit to breathe, somebody else watches, and nothing there can start. */
function airRefusal(
  { oxygenPercent, attendant }: AirChecks,
  { asset, by }: Readonly<{ asset: string; by: string }>,
  book: ControlBook,
  plan: Plan,
): Refusal | null {
  const [least, most] = BREATHABLE_PERCENT
  if (oxygenPercent < least || oxygenPercent > most) return refuse('air_unfit', { oxygen: oxygenPercent, least, most })
  if (!plan.staff.some(({ id }) => id === attendant)) return refuse('unknown_person', { person: attendant })
  if (attendant === by) return refuse('second_person', { person: by })
  return book.lockouts().some((lockout) => lockout.asset === asset) ? null : refuse('lockout_needed', { asset })
}

function isRoom(room: string, { assets }: Plan): boolean {
  return [...assets.values()].some((asset) => asset.room === room || asset.id === room)
}
