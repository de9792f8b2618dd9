import type { Value } from '#devices/reading.ts'
import type { Truth, Why } from '../reason.ts'
import type { AirChecks, ControlOutcome } from './events.ts'

/** What the gateway saw when the command came; no part of what the person said. */
export type Seen = Readonly<{ from: Value | null; when: Truth; condition: string }>

/** What people switch from afar, and what they forbid. */
export type ControlCommands = {
  'control.lease': { device: string; by: string; role: string }
  'control.release': { device: string; by: string }
  'control.write': {
    device: string
    point: string
    value: Value
    by: string
    role: string
    reason: string
    seen: Seen
  }
  'control.settle': { request: string; outcome: ControlOutcome; readBack: Value | null; why?: Why }
  'lockout.hang': { asset: string; by: string; reason: string }
  'lockout.remove': { lockout: string; by: string; reason?: string }
  /** `checks`: of work in a confined space; it does not begin without them. */
  'permit.open': { asset: string; by: string; reason: string; checks?: AirChecks }
  'permit.close': { permit: string; by: string }
  'presence.enter': { room: string; by: string }
  'presence.leave': { room: string; by: string }
}
