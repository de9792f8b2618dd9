import type { FaultCode, Params } from '#devices/fault.ts'
import type { AlarmCommands } from './alarms/commands.ts'
import type { CaseCommands } from './cases/commands.ts'
import type { ControlCommands } from './control/commands.ts'
import type { HandoverCommands } from './handover/commands.ts'
import type { MonthCommands } from './months/commands.ts'
import type { NoticeCommands } from './notices/commands.ts'
import type { OrderCommands } from './orders/commands.ts'
import type { RosterCommands } from './roster/commands.ts'
import type { TaskCommands } from './tasks/commands.ts'
import type { PagingCommands } from './paging/commands.ts'
import type { ReachCommands } from './reach/commands.ts'

export type { Seen } from './control/commands.ts'

type Body = AlarmCommands &
  OrderCommands &
  RosterCommands &
  NoticeCommands &
  ControlCommands &
  PagingCommands &
  TaskCommands &
  ReachCommands &
  CaseCommands &
  HandoverCommands &
  MonthCommands

export type CommandType = keyof Body
export type CommandBody = { [T in CommandType]: Readonly<{ type: T } & Body[T]> }[CommandType]

/**
 * People are producers too: a command is decided like any input and can be refused. `id` is the client's own. `deviceAt` is
 * when it was done by the clock of a phone that could not send it then; it is kept, and decides nothing.
 */
export type Command = CommandBody & Readonly<{ id: string; actor: string; deviceAt?: number }>

/** Understood, and not allowed by the state. */
export type Refusal = Readonly<{ refused: FaultCode; params: Params }>

export function refuse(refused: FaultCode, params: Params = {}): Refusal {
  return { refused, params }
}

export function isRefusal(answer: readonly unknown[] | Refusal): answer is Refusal {
  return 'refused' in answer
}
