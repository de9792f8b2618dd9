import type { Clock } from '#devices/clock.ts'
import type { Reading } from '#devices/reading.ts'
import type { Answer, ItemBook } from './item-book.ts'
import type { Item } from './item.ts'
import type { DataValue, OpcUa } from './library.ts'
import { type NodeIds, nodeIdsOf } from './node-ids.ts'
import { plainValueOf } from './plain-value.ts'
import type { Session } from './session.ts'
import { subscribe, type Subscription } from './subscription.ts'

/** Of one request. */
const AT_ONCE = 100
const LONGEST_TICK_MS = 1_000
const SHORTEST_TICK_MS = 50
/** A server without any item is asked so often whether it is there, in real ms. */
const ASKED_EVERY_MS = 5_000

/** What can be done with a server while there is a session. */
export type Life = Readonly<{
  session: Session
  nodeIds: NodeIds
  subscription: Subscription | null
  read(items: readonly Item[]): Promise<Answer[]>
}>

type Living = Readonly<{
  opcua: OpcUa
  session: Session
  items: readonly Item[]
  book: ItemBook
  publishingMs: number
  timeoutMs: number
  clock: Clock
  stopwatch(): number
  /** Resolves when there is room for more: who asks waits for it. */
  say(readings: readonly Reading[]): Promise<void>
  /** All is watched that can be. */
  begun(life: Life): void
}>

/** Subscribes, and watches over what comes, until the session is over. Rejects when it could not even begin. */
export async function live(living: Living): Promise<void> {
  const { opcua, session, items, book, clock, stopwatch, say } = living
  const { over } = session
  const nodeIds = await nodeIdsOf(opcua, session.services)
  const byHandle = new Map(items.map((item) => [item.handle, item]))
  book.begin()
  const subscription =
    items.length === 0
      ? null
      : await subscribe({
          ...living,
          nodeIds,
          async changed(values) {
            const now = clock.now()
            const readings = values.flatMap(({ handle, value }) => {
              const item = byHandle.get(handle)
              return item ? [book.notified(item, answerOf(opcua, value), now)] : []
            })
            if (readings.length > 0) await say(readings)
          },
        })
  const refused = [...(subscription?.refused ?? [])]
  if (refused.length > 0) await say(refused.map(([item, status]) => book.refused(item, status, clock.now())))

  const read = async (some: readonly Item[]): Promise<Answer[]> => {
    const answers: Answer[] = []
    for (let from = 0; from < some.length; from += AT_ONCE) {
      const part = some.slice(from, from + AT_ONCE)
      const known = part.filter(({ nodeId }) => nodeIds.of(nodeId) !== null)
      const values =
        known.length === 0
          ? []
          : await session.services.read(
              known.map(({ nodeId }) => ({ nodeId: nodeIds.of(nodeId)!, attributeId: opcua.AttributeIds.Value })),
              0,
            )
      const valueOf = new Map(known.map((item, i) => [item, values[i]]))
      for (const item of part) answers.push(answerOf(opcua, valueOf.get(item)))
    }
    return answers
  }
  living.begun({ session, nodeIds, subscription, read })

  const tickMs = Math.min(LONGEST_TICK_MS, ...items.map(({ askedAfterMs }) => askedAfterMs / 4))
  const graceMs = Math.max(0, ...items.map(({ samplingMs }) => samplingMs)) + 3 * (subscription?.publishingMs ?? 0)
  let askedAt = stopwatch()
  while (!over.aborted) {
    await clock.sleep(Math.max(SHORTEST_TICK_MS, tickMs), over).catch(() => {})
    if (over.aborted) return
    const isQuiet = subscription !== null && stopwatch() - subscription.heardAt() > subscription.quietMs
    const due = isQuiet ? items : book.unheard(clock.now())
    try {
      if (due.length > 0) {
        const answers = await read(due)
        const now = clock.now()
        await say(due.map((item, i) => book.answered(item, answers[i]!, now)))
      } else if (subscription === null && stopwatch() - askedAt >= ASKED_EVERY_MS) {
        askedAt = stopwatch()
        await session.services.read({ nodeId: 'ns=0;i=2259', attributeId: opcua.AttributeIds.Value }, 0)
      }
    } catch {
      return session.end('no_answer')
    }
    if (isQuiet || book.isContradicted(clock.now(), graceMs)) return session.end('subscription_silent')
    if (book.isRestored()) return session.end('nodes_restored')
  }
}

function answerOf(opcua: OpcUa, value: DataValue | undefined): Answer {
  if (!value) return { status: opcua.StatusCodes.BadNodeIdUnknown.value, raw: null, sourceAt: null }
  return {
    status: value.statusCode.value,
    raw: plainValueOf(opcua, value),
    sourceAt: value.sourceTimestamp?.getTime() ?? null,
  }
}
