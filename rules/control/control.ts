import type { FaultCode, Params } from '#devices/fault.ts'
import { type Command, refuse, type Refusal } from '../command.ts'
import type { Draft } from '../event.ts'
import type { Control, Person, Plan } from '../plan.ts'
import type { Context, Json, Stage } from '../stage.ts'
import { allowedText, isAllowed } from './allowed.ts'
import { ControlBook } from './book.ts'
import { safeguardCommand } from './safeguards.ts'

/** Whoever forgets to give a device back has it for so long. */
export const LEASE_MS = 5 * 60_000
/** A value that is changed more often than this is a game, or a program gone wild. */
const MOST_WRITES = 6
const WRITES_WITHIN_MS = 60_000

type Refused = readonly [FaultCode, Params]
type Ask<T extends Command['type']> = Extract<Command, { type: T }>

/**
 * Switching from afar. One person holds a device; a write is refused while somebody works at the asset, at what it is
 * part of, at what feeds it, or at what hangs on it, and nothing overrides that. What is decided here is durable before
 * the gateway sends a byte, and is settled by what the device holds afterwards.
 */
export function controlStage(plan: Plan): Stage {
  const controls = plan.controls ?? []
  const book = new ControlBook(plan)
  const personOf = (id: string): Person | undefined => plan.staff.find((person) => person.id === id)

  function lease({ device, by, role, actor }: Ask<'control.lease'>, { at, seq }: Context): readonly Draft[] | Refusal {
    const own = controls.filter((control) => control.device === device)
    if (own.length === 0) return refuse('not_writable', { device })
    if (!personOf(by)) return refuse('unknown_person', { person: by })
    if (!own.some(({ roles }) => includes(roles, role))) return refuse('role_not_allowed', { role, device })
    const held = book.lease(device)
    if (held && held.holder !== actor && held.until > at) return refuse('lease_held', { device, by: held.by })
    return [{ type: 'control.leased', device, by, holder: actor, until: at + LEASE_MS, trace: `WR${seq}` }]
  }

  function release({ device, by, actor }: Ask<'control.release'>, { seq }: Context): readonly Draft[] | Refusal {
    if (!controls.some((control) => control.device === device)) return refuse('not_writable', { device })
    const held = book.lease(device)
    if (!held || held.holder !== actor) return refuse('lease_needed', { device })
    return [{ type: 'control.lease_ended', device, by, why: { code: 'released', params: {} }, trace: `WR${seq}` }]
  }

  function write(command: Ask<'control.write'>, { at, seq }: Context): readonly Draft[] | Refusal {
    const { device, point, value, by, role, reason, seen } = command
    const control = controls.find((each) => each.device === device && each.point === point)
    if (!control) return refuse('not_writable', { device, point })
    const refused = writeRefusal(command, control, at)
    if (refused) return refuse(...refused)
    const request = `WR${seq}`
    const { asset } = control
    return [
      {
        type: 'control.requested',
        request,
        device,
        point,
        asset,
        by,
        role,
        reason,
        from: seen.from,
        to: value,
        trace: request,
      },
    ]
  }

  function writeRefusal(command: Ask<'control.write'>, control: Control, at: number): Refused | null {
    const { device, point, value, by, role, actor, seen } = command
    if (!personOf(by)) return ['unknown_person', { person: by }]
    if (!includes(control.roles, role)) return ['role_not_allowed', { role, device }]
    if (!isAllowed(value, control.allowed))
      return ['value_not_allowed', { point, value, allowed: allowedText(control.allowed) }]
    const [block] = book.blocksOf(control.asset)
    if (block) return [block.code, block.params]
    const held = book.lease(device)
    if (held && held.holder !== actor && held.until > at) return ['lease_held', { device, by: held.by }]
    if (!held || held.until <= at) return ['lease_needed', { device }]
    const asked = book.requestsOf(device)
    const pending = asked.find(({ settled }) => settled === null)
    if (pending) return ['write_pending', { request: pending.request, seconds: 2 }]
    const recent = asked.filter((request) => at - request.at < WRITES_WITHIN_MS)
    if (recent.length >= MOST_WRITES) {
      const seconds = Math.ceil((recent[MOST_WRITES - 1]!.at + WRITES_WITHIN_MS - at) / 1_000)
      return ['too_many_writes', { device, seconds }]
    }
    if (seen.when === 'false') return ['precondition_false', { condition: seen.condition }]
    if (seen.when === 'unknown') return ['precondition_unknown', { condition: seen.condition }]
    return null
  }

  function settle({ request, outcome, readBack, why }: Ask<'control.settle'>): readonly Draft[] | Refusal {
    const asked = book.request(request)
    if (!asked || asked.settled) return refuse('unknown_request', { request })
    const { device, point, trace } = asked
    const reason = why === undefined ? {} : { why }
    return [{ type: 'control.settled', request, device, point, outcome, readBack, ...reason, trace }]
  }

  const expiry = () => Math.min(...[...book.leases()].map(({ until }) => until))

  return {
    name: 'control',
    version: 1,
    decide(input, context) {
      switch (input.type) {
        case 'control.lease':
          return lease(input, context)
        case 'control.release':
          return release(input, context)
        case 'control.write':
          return write(input, context)
        case 'control.settle':
          return settle(input)
        case 'lockout.hang':
        case 'lockout.remove':
        case 'permit.open':
        case 'permit.close':
        case 'presence.enter':
        case 'presence.leave':
          return safeguardCommand(input, book, plan, context)
        case 'tick':
          return [...book.leases()]
            .filter(({ until }) => until <= context.at)
            .map(({ device, by }): Draft => {
              const why = { code: 'expired', params: {} }
              return { type: 'control.lease_ended', device, by, why, trace: `WR${context.seq}` }
            })
        default:
          return []
      }
    },
    apply: (event) => book.apply(event),
    due() {
      const due = expiry()
      return due === Infinity ? null : due
    },
    snapshot: () => book.snapshot() as unknown as Json,
    restore: (state) => book.restore(state as unknown as ReturnType<ControlBook['snapshot']>),
  }
}

function includes(roles: readonly string[], role: string): boolean {
  return roles.includes(role)
}
