import { createHash } from 'node:crypto'
import { Fault, type FaultCode, type Params } from '#devices/fault.ts'
import type { Command, Refusal } from '#rules/command.ts'
import type { Event } from '#rules/event.ts'
import type { Answer } from './store/group.ts'
import type { PendingGroup } from './store/pending-group.ts'

/** What a command led to: the events that carry its id, and the order that it opened; or why it was refused. */
export type CommandAnswer = Readonly<
  { done: readonly string[]; order?: string } | { refused: FaultCode; params: Params }
>

export function answerOf(events: readonly Event[], command: Command, refusal: Refusal | null): CommandAnswer {
  if (refusal) return { refused: refusal.refused, params: refusal.params }
  const own = events.filter((event) => event.command === command.id)
  const opened = own.find((event) => event.type === 'order.opened')
  return { done: own.map(({ type }) => type), ...(opened ? { order: opened.order } : {}) }
}

const KEPT_MS = 30 * 86_400_000
/** The gateway's own senders ask again within minutes, and may have a hundred thousand answers by then. */
const OWN_KEPT_MS = 3_600_000
const isOwn = (id: string) => id.startsWith('settle:')

type Known = { fingerprint: string; at: number; answer: Promise<CommandAnswer> }

/**
 * Commands arrive twice: phones are offline in basements. The same id with the same body gets the same answer for
 * 30 days; with another body it is refused.
 */
export class AnswerBook {
  readonly #answers = new Map<string, Known>()
  readonly #own = new Map<string, Known>()

  load(answers: readonly Answer[]): void {
    const newest = answers.at(-1)?.at ?? 0
    for (const { id, fingerprint, at, body } of answers) {
      if (isOwn(id) && at < newest - OWN_KEPT_MS) continue
      this.#of(id).set(id, { fingerprint, at, answer: Promise.resolve(JSON.parse(body) as CommandAnswer) })
    }
  }

  /** The answer this command already got, or is getting; undefined for a new one. */
  find(command: Command): Promise<CommandAnswer> | undefined {
    const known = this.#of(command.id).get(command.id)
    if (!known) return undefined
    if (known.fingerprint !== fingerprintOf(command))
      return Promise.reject(new Fault('command_reused', { id: command.id }))
    return known.answer
  }

  /** Resolves with the answer when it is durable. A command that did not become durable may be sent again. */
  note(command: Command, answer: CommandAnswer, at: number, group: PendingGroup): Promise<CommandAnswer> {
    const fingerprint = fingerprintOf(command)
    group.add({ answer: { id: command.id, fingerprint, at, body: JSON.stringify(answer) } })
    const durable = group.durable.then(() => answer)
    const answers = this.#of(command.id)
    answers.set(command.id, { fingerprint, at, answer: durable })
    durable.catch(() => {
      // It may have become durable all the same, and have been loaded again since.
      if (answers.get(command.id)?.answer === durable) answers.delete(command.id)
    })
    forgetBefore(this.#answers, at - KEPT_MS)
    forgetBefore(this.#own, at - OWN_KEPT_MS)
    return durable
  }

  #of(id: string): Map<string, Known> {
    return isOwn(id) ? this.#own : this.#answers
  }
}

function forgetBefore(answers: Map<string, Known>, at: number): void {
  for (const [id, known] of answers) {
    if (known.at >= at) return
    answers.delete(id)
  }
}

/** What we saw ourselves when it came is not what the person said. */
function fingerprintOf({ id: _, ...body }: Command): string {
  const said = Object.entries(body).filter(([key]) => key !== 'seen')
  const sorted = said.toSorted(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(sorted)).digest('base64url')
}
