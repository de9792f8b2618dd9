import type { Value } from '#devices/reading.ts'
import type { Why } from '../reason.ts'

/**
 * What a write came to. `verified`: the device holds it. `refused`: the device said no. `mismatch`: it can be read, and
 * holds something else. `unconfirmed`: nobody can tell; somebody must look. `not_sent`: nothing went on the wire.
 */
export const CONTROL_OUTCOMES = ['verified', 'refused', 'mismatch', 'unconfirmed', 'not_sent'] as const
export type ControlOutcome = (typeof CONTROL_OUTCOMES)[number]

/** Before anybody goes into a confined space: aired, then measured (per cent of oxygen), and who stays outside and watches. */
export type AirChecks = Readonly<{ oxygenPercent: number; attendant: string }>

/** What is switched from afar, and what forbids it. */
export type ControlEvents = {
  // control from afar: who holds a device, what was asked for and what came of it
  'control.leased': { device: string; by: string; holder: string; until: number }
  'control.lease_ended': { device: string; by: string; why: Why }
  /** Durable before a byte goes on the wire. `from` is what the gateway last knew. */
  'control.requested': {
    request: string
    device: string
    point: string
    asset: string
    by: string
    role: string
    reason: string
    from: Value | null
    to: Value
  }
  'control.settled': {
    request: string
    device: string
    point: string
    outcome: ControlOutcome
    readBack: Value | null
    why?: Why
  }
  // what keeps everybody from switching something on from afar
  'lockout.hung': { lockout: string; asset: string; by: string; reason: string }
  'lockout.removed': { lockout: string; asset: string; by: string; reason?: string }
  'permit.opened': { permit: string; asset: string; by: string; reason: string; checks?: AirChecks }
  'permit.closed': { permit: string; asset: string; by: string }
  'presence.entered': { room: string; by: string }
  'presence.left': { room: string; by: string }
}
