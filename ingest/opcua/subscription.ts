import type { DataChangeNotification, MonitoredItemNotification, PublishResponse } from 'node-opcua'
import type { Item } from './item.ts'
import type { DataValue, OpcUa } from './library.ts'
import type { NodeIds } from './node-ids.ts'
import type { Session } from './session.ts'

/** A server says at least so often that it is there, in ms. */
const SIGN_OF_LIFE_MS = 5_000
/** Of one request: more than a small controller takes in one go would be refused whole. */
const AT_ONCE = 100
/** The server has always one at hand to answer with. */
const REQUESTS_IN_FLIGHT = 2

export type Notified = Readonly<{ handle: number; value: DataValue }>
export type Subscription = Readonly<{
  /** How often the server sends what changed, as it decided. */
  publishingMs: number
  /** The longest that it may say nothing at all. */
  quietMs: number
  /** Items it does not watch, with its status code. */
  refused: ReadonlyMap<Item, number>
  /** Watched without the deadband that was asked for: it has none, or no range to take percents of. */
  withoutDeadband: readonly Item[]
  /** Real time (stopwatch) of its last word. */
  heardAt(): number
}>

type Making = Readonly<{
  opcua: OpcUa
  session: Session
  items: readonly Item[]
  nodeIds: NodeIds
  publishingMs: number
  timeoutMs: number
  stopwatch(): number
  /** Resolves when there is room for more: the server is not asked for the next message before. */
  changed(values: readonly Notified[]): Promise<void>
}>

/**
 * Creates a subscription with all items and keeps asking for its messages, until the session ends. Any doubt (a message
 * missed, a subscription that the server does not know any more) ends the session: all is built again from nothing.
 */
export async function subscribe(making: Making): Promise<Subscription> {
  const { opcua, session, items, timeoutMs, stopwatch } = making
  const keepAliveCount = Math.max(3, Math.round(SIGN_OF_LIFE_MS / making.publishingMs))
  const created = await session.services.createSubscription({
    publishingEnabled: true,
    priority: 1,
    requestedPublishingInterval: making.publishingMs,
    requestedMaxKeepAliveCount: keepAliveCount,
    // At least three times the other (OPC UA Part 4 §5.13.2.2).
    requestedLifetimeCount: keepAliveCount * 6,
    maxNotificationsPerPublish: 1_000,
  })
  const { subscriptionId, revisedPublishingInterval: publishingMs, revisedMaxKeepAliveCount } = created
  const keepAliveMs = publishingMs * revisedMaxKeepAliveCount
  const quietMs = keepAliveMs * 2 + timeoutMs
  let heardAt = stopwatch()
  let sequence: number | null = null
  const unconfirmed: { subscriptionId: number; sequenceNumber: number }[] = []

  const take = async ({ notificationMessage, subscriptionId: of }: PublishResponse): Promise<void> => {
    if (of !== subscriptionId) return
    heardAt = stopwatch()
    const { sequenceNumber, notificationData } = notificationMessage
    const parts = notificationData ?? []
    if (parts.length === 0) return
    const isNext = sequence === null || sequenceNumber === sequence + 1 || sequenceNumber === 1
    sequence = sequenceNumber
    if (!isNext) return session.end('message_missed')
    unconfirmed.push({ subscriptionId, sequenceNumber })
    for (const part of parts) {
      if (session.over.aborted) return
      if (part?.schema.name === 'StatusChangeNotification') return session.end('subscription_lost')
      if (part?.schema.name !== 'DataChangeNotification') continue
      const { monitoredItems } = part as DataChangeNotification
      await making.changed(
        (monitoredItems ?? []).map(({ clientHandle, value }: MonitoredItemNotification) => ({
          handle: clientHandle,
          value,
        })),
      )
    }
  }
  const ask = (): void => {
    if (session.over.aborted) return
    const request = new opcua.PublishRequest({
      requestHeader: { timeoutHint: quietMs },
      subscriptionAcknowledgements: unconfirmed.splice(0),
    })
    session.services.publish(request, (error, response) => {
      if (session.over.aborted) return
      if (error || !response) {
        // Fewer at a time is what it wants; the others are still with it.
        if (/BadTooManyPublishRequests/.test(error?.message ?? '')) return
        return session.end('subscription_lost')
      }
      take(response).then(ask, () => session.end('unreadable'))
    })
  }
  for (let i = 0; i < REQUESTS_IN_FLIGHT; i++) ask()

  const first = await watch(making, subscriptionId, items)
  // A server without deadbands, or without a range for percents, still can tell every change.
  const again = [...first].flatMap(([item, status]) => (item.deadband && isOfFilter(opcua, status) ? [item] : []))
  const second = await watch(
    making,
    subscriptionId,
    again.map((item) => ({ ...item, deadband: null })),
  )
  const refused = new Map([...first].filter(([item]) => !again.includes(item)))
  for (const [bare, status] of second)
    refused.set(
      items.find(({ handle }) => handle === bare.handle)!,
      status,
    )
  return { publishingMs, quietMs, refused, withoutDeadband: again, heardAt: () => heardAt }
}

function isOfFilter({ StatusCodes }: OpcUa, status: number): boolean {
  return [
    StatusCodes.BadFilterNotAllowed,
    StatusCodes.BadMonitoredItemFilterInvalid,
    StatusCodes.BadMonitoredItemFilterUnsupported,
    StatusCodes.BadDeadbandFilterInvalid,
  ].some(({ value }) => value === status)
}

/** Asks for the items; resolves with those that were refused. */
async function watch(
  { opcua, session, nodeIds }: Making,
  subscriptionId: number,
  items: readonly Item[],
): Promise<Map<Item, number>> {
  const refused = new Map<Item, number>()
  const known: Item[] = []
  for (const item of items)
    if (nodeIds.of(item.nodeId) === null) refused.set(item, opcua.StatusCodes.BadNodeIdUnknown.value)
    else known.push(item)
  for (let from = 0; from < known.length; from += AT_ONCE) {
    const some = known.slice(from, from + AT_ONCE)
    const { results } = await session.services.createMonitoredItems({
      subscriptionId,
      timestampsToReturn: opcua.TimestampsToReturn.Both,
      itemsToCreate: some.map((item) => ({
        itemToMonitor: { nodeId: nodeIds.of(item.nodeId)!, attributeId: opcua.AttributeIds.Value },
        monitoringMode: opcua.MonitoringMode.Reporting,
        requestedParameters: {
          clientHandle: item.handle,
          samplingInterval: item.samplingMs,
          queueSize: item.queue,
          discardOldest: true,
          filter: item.deadband
            ? new opcua.DataChangeFilter({
                trigger: opcua.DataChangeTrigger.StatusValue,
                deadbandType:
                  item.deadband.kind === 'absolute' ? opcua.DeadbandType.Absolute : opcua.DeadbandType.Percent,
                deadbandValue: item.deadband.value,
              })
            : null,
        },
      })),
    })
    some.forEach((item, i) => {
      const status = results?.[i]?.statusCode.value ?? opcua.StatusCodes.BadUnexpectedError.value
      if (status >>> 30 !== 0) refused.set(item, status)
    })
  }
  return refused
}
