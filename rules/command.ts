import type { FaultCode, Params } from '#devices/fault.ts'

type Body = {
  'alarm.acknowledge': { alarm: string; by: string; comment?: string }
  'alarm.reset': { alarm: string; by: string }
  'order.accept': { order: string; by: string }
  'order.arrive': { order: string; by: string }
  'order.finish': { order: string; by: string; finding?: string }
  'order.close': { order: string; by: string }
  'notice.confirm': { notice: string; by: string }
  'notice.end': { notice: string; by: string }
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
