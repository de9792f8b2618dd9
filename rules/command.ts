import type { FaultCode, Params } from '#devices/fault.ts'
import type { PauseReason } from './orders/states.ts'
import type { Value } from '#devices/reading.ts'
import type { ControlOutcome, Truth, Why } from './event.ts'

/** What the gateway saw when the command came; no part of what the person said. */
export type Seen = Readonly<{ from: Value | null; when: Truth; condition: string }>

type Body = {
  'alarm.acknowledge': { alarm: string; by: string; comment?: string }
  'alarm.reset': { alarm: string; by: string }
  'alarm.comment': { alarm: string; by: string; comment: string }
  'alarm.shelve': { alarm: string; by: string; second?: string; reason: string; forMs: number; oneShot: boolean }
  'alarm.unshelve': { shelf: string; by: string }
  /** An asset, or one rule of it. */
  'service.remove': { asset: string; rule?: string; by: string; workOrder: string; reason: string }
  'service.return': { service: string; by: string }
  /** `from` and `to` are the wall's. */
  'maintenance.plan': {
    assets: readonly string[]
    rules: readonly string[]
    from: number
    to: number
    by: string
    reason: string
  }
  'maintenance.extend': { window: string; to: number; by: string }
  /** Ends it, or calls it off before it began. */
  'maintenance.end': { window: string; by: string }
  'order.accept': { order: string; by: string }
  'order.arrive': { order: string; by: string }
  'order.finish': { order: string; by: string; finding?: string }
  'order.start': { order: string; by: string }
  'order.pause': { order: string; by: string; reason: PauseReason; until: number }
  'order.resume': { order: string; by: string }
  'order.decline': { order: string; by: string; reason: string }
  'order.transfer': { order: string; by: string; to: string; reason: string }
  'order.update': { order: string; by: string; text: string; eta?: number }
  'order.close': { order: string; by: string }
  'notice.confirm': { notice: string; by: string }
  'notice.end': { notice: string; by: string }
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
  'permit.open': { asset: string; by: string; reason: string }
  'permit.close': { permit: string; by: string }
  'presence.enter': { room: string; by: string }
  'presence.leave': { room: string; by: string }
  'message.settle': {
    notice: string
    trace: string
    message: string
    channel: string
    result: 'delivered' | 'failed'
    reason?: string
  }
}

export type CommandType = keyof Body
export type CommandBody = { [T in CommandType]: Readonly<{ type: T } & Body[T]> }[CommandType]

/** People are producers too: a command is decided like any input and can be refused. `id` is the client's own. */
export type Command = CommandBody & Readonly<{ id: string; actor: string }>

/** Understood, and not allowed by the state. */
export type Refusal = Readonly<{ refused: FaultCode; params: Params }>

export function refuse(refused: FaultCode, params: Params = {}): Refusal {
  return { refused, params }
}

export function isRefusal(answer: readonly unknown[] | Refusal): answer is Refusal {
  return 'refused' in answer
}
