import type { Command } from '../command.ts'
import type { Draft } from '../event.ts'

/** What became of messages: said by the outbox, or asked for by a person. Nothing of it can be refused here. */
export function messageDrafts(command: Command): readonly Draft[] {
  if (command.type === 'message.settle') {
    const { id: _, actor: __, type: ___, ...body } = command
    return [{ type: 'message.settled', ...body }]
  }
  if (command.type === 'message.requeue') {
    const { id: _, actor: __, type: ___, ...body } = command
    return [{ type: 'message.requeued', ...body }]
  }
  return []
}
