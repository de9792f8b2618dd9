import type { Command, CommandBody } from '#rules/command.ts'
import type { Plan } from '#rules/plan.ts'
import type { SeenControl } from './control-invariants.ts'

/** What people switch from afar, and what keeps them from it. */
export const CONTROL_ACTS = [
  'lease',
  'lease',
  'lease',
  'lease',
  'release',
  'write',
  'write',
  'write',
  'write',
  'write',
  'write',
  'write',
  'write',
  'write',
  'write',
  'write',
  'settleWrite',
  'settleWrite',
  'settleWrite',
  'settleWrite',
  'settleWrite',
  'lock',
  'unlock',
  'unlock',
  'unlock',
  'unlock',
  'unlock',
  'permit',
  'endPermit',
  'endPermit',
  'endPermit',
  'endPermit',
  'endPermit',
  'enter',
  'leave',
  'leave',
  'leave',
  'leave',
  'leave',
] as const

export type ControlAct = (typeof CONTROL_ACTS)[number]

type Throw = Readonly<{ id: string; which: number; who: number; isWrong: boolean }>

/** The command that comes of an intent as things stand; null when there is nothing to do. */
export function controlCommandOf(
  act: ControlAct,
  { id, which, who, isWrong }: Throw,
  seen: SeenControl,
  plan: Plan,
): Command | null {
  const isHeld = ({ device }: { device: string }) => seen.leases.has(device)
  const held = act === 'write' && !isWrong ? plan.controls!.filter(isHeld) : []
  const control = at(held.length > 0 ? held : plan.controls!, which)!
  const { device, point, asset } = control
  const by = at(plan.staff, who)!.id
  const command = (body: CommandBody, actor = by): Command => ({ ...body, id, actor })
  const role = isWrong ? 'steward' : 'engineer'
  switch (act) {
    case 'lease':
      return command({ type: 'control.lease', device, by, role })
    case 'release':
    case 'write': {
      const holder = isWrong ? by : (seen.leases.get(device)?.holder ?? by)
      if (act === 'release') return command({ type: 'control.release', device, by: holder }, holder)
      const value = isWrong ? 7 : 0.45 + Math.round(who * 50) / 100
      const when = (['true', 'true', 'true', 'false', 'unknown'] as const)[Math.floor(which * 100) % 5]!
      const from = { from: 0.65, when, condition: 'x' }
      return command(
        { type: 'control.write', device, point, value, by: holder, role, reason: 'sim', seen: from },
        holder,
      )
    }
    case 'settleWrite': {
      const request = at([...seen.pending.keys()], which)
      if (request === undefined) return null
      const outcome = at(['verified', 'refused', 'mismatch', 'unconfirmed', 'not_sent'] as const, who)!
      return command({ type: 'control.settle', request, outcome, readBack: null }, 'gateway')
    }
    case 'lock':
      return command({ type: 'lockout.hang', asset, by, reason: 'sim' })
    case 'unlock': {
      const lockout = at([...seen.lockouts.values()], which)
      const owner = lockout && !isWrong ? lockout.by : by
      return lockout ? command({ type: 'lockout.remove', lockout: lockout.id, by: owner }) : null
    }
    case 'permit':
      return command({ type: 'permit.open', asset, by, reason: 'sim' })
    case 'endPermit': {
      const permit = at([...seen.permits.keys()], which)
      return permit === undefined ? null : command({ type: 'permit.close', permit, by })
    }
    case 'enter':
      return command({ type: 'presence.enter', room: plan.assets.get(asset)!.room, by })
    case 'leave': {
      const [person, room] = at([...seen.presences], which) ?? []
      return person === undefined ? null : command({ type: 'presence.leave', room: room!, by: person })
    }
  }
}

function at<T>(list: readonly T[], share: number): T | undefined {
  return list[Math.floor(share * list.length)]
}
