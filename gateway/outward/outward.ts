import type { Batch, Reading } from '#devices/reading.ts'
import type { Event } from '#rules/event.ts'
import { ENDED } from '#rules/orders/states.ts'
import type { EventFeed } from '../api/event-feed.ts'
import type { SiteClock } from '../clock.ts'
import type { Latest } from '../latest.ts'
import type { Site } from '../site/site.ts'
import type { Store } from '../store/store.ts'
import { type Destination, destination, type DestinationHealth, type Say } from './destination.ts'
import { discoveryOf } from './home-assistant.ts'
import type { Outbox } from './outbox-thread.ts'
import type { OutwardMessage } from './outbox-file.ts'
import { type Payloads, payloadsOf } from './payloads.ts'
import { OFFLINE, ONLINE, type Topics, topicsOf } from './topics.ts'

/** A value that stands still is told again after so long, so that its time is not an old one. */
const TELL_EVERY_MS = 5 * 60_000
const EVENTS_AT_ONCE = 200
const PAGE = 500
/** Alarms and orders whose last word is remembered. */
const REMEMBERED = 1_000

/** A broker that is told. */
export type OutwardTarget = Readonly<{
  id: string
  isThere(): boolean
  publish(topic: string, payload: string): Promise<void>
}>

export type Outward = Readonly<{
  /** A target is there; `remembers`: with what it knew of us. */
  arrived(target: string, remembers: boolean): void
  health(): readonly DestinationHealth[]
  run(signal: AbortSignal): Promise<void>
}>

type Options = Readonly<{
  site: Site
  outward: NonNullable<Site['outward']>
  version: string
  targets: readonly OutwardTarget[]
  outbox: Outbox
  feed: Pick<EventFeed, 'subscribe' | 'newestSeq'>
  read: Pick<Store['read'], 'eventsAfter' | 'get' | 'list'>
  latest: Pick<Latest, 'of'>
  clock: Pick<SiteClock, 'now' | 'delay'>
  monotonicNow(): number
  log(message: string, fields: object): void
}>

/**
 * What the gateway says outward. Values and availability are read from the newest readings when they are sent; alarms and
 * orders are made from the journal, in its order, and wait in a file until each target has confirmed.
 */
export function outwardOf(options: Options): Outward {
  const { site, outward, outbox, feed, read, latest, clock } = options
  const topics = topicsOf(outward.root, site.id)
  const payloads = payloadsOf(site)
  const destinations = options.targets.map(({ id, publish, isThere }) =>
    destination({
      id,
      status: topics.status,
      outbox,
      publish,
      isThere,
      standing,
      now: clock.now,
      monotonicNow: options.monotonicNow,
      delay: clock.delay,
      log: options.log,
    }),
  )
  const steps = stepsOf()
  const told = new Map<string, Pick<Reading, 'value' | 'quality' | 'reason' | 'at'>>()
  const availability = new Map<string, string>()
  const devices = new Map(site.devices.map((device) => [device.id, device]))

  const sayPoint =
    (device: string, point: string): Say =>
    () => {
      const reading = latest.of(device).get(point)
      return reading ? payloads.reading(reading) : null
    }

  const availabilityOf = (device: string): string => {
    const readings = [...latest.of(device).values()]
    return readings.some(({ quality }) => quality !== 'bad') ? ONLINE : OFFLINE
  }

  const mark = (topic: string, say: Say): void => {
    for (const each of destinations) each.mark(topic, say)
  }

  const onBatches = (batches: readonly Batch[]): void => {
    const touched = new Set<string>()
    for (const { readings } of batches)
      for (const { device, point, value, quality, reason, at } of readings) {
        if (devices.get(device)?.profile.points[point] === undefined) continue
        touched.add(device)
        const topic = topics.point(device, point)
        const before = told.get(topic)
        const isSame = before?.value === value && before.quality === quality && before.reason === reason
        if (isSame && at - before.at < TELL_EVERY_MS) continue
        told.set(topic, { value, quality, at, ...(reason === undefined ? {} : { reason }) })
        mark(topic, sayPoint(device, point))
      }
    for (const device of touched) {
      const is = availabilityOf(device)
      if (availability.get(device) === is) continue
      availability.set(device, is)
      mark(topics.availability(device), () => availabilityOf(device))
    }
  }

  async function standing(): Promise<ReadonlyMap<string, Say>> {
    const points = site.devices.flatMap(({ id, profile }): [string, Say][] => [
      [topics.availability(id), () => availabilityOf(id)],
      ...Object.keys(profile.points).map((point): [string, Say] => [topics.point(id, point), sayPoint(id, point)]),
    ])
    const discovery = outward.homeAssistant ? discoveryOf(site, topics, outward.homeAssistant, options.version) : []
    const [alarms, orders] = await Promise.all([allOpen(read, 'alarms'), allOpen(read, 'orders')])
    return new Map<string, Say>([
      ...points,
      ...Array.from(discovery, ([topic, payload]): [string, Say] => [topic, () => payload]),
      ...alarms.map((alarm): [string, Say] => [topics.alarm(alarm.id), () => payloads.alarm(alarm)]),
      ...orders.map((order): [string, Say] => [topics.order(order.id), () => payloads.order(order)]),
    ])
  }

  /** Place in the journal up to which the file has it. */
  let from: number | null = null

  /** From the journal into the file. Returns true when there is more. */
  const fill = async (): Promise<boolean> => {
    from ??= await beginning()
    const events = await read.eventsAfter(from, EVENTS_AT_ONCE)
    const newest = events.at(-1)
    if (!newest) return false
    const said = steps(await Promise.all(events.map((event) => stateAfter(event, read, topics, payloads))))
    const messages = destinations.flatMap(({ id }) => said.map((each): OutwardMessage => ({ target: id, ...each })))
    const givenUp = await outbox.fill(newest.seq, messages)
    from = newest.seq
    for (const each of destinations) {
      for (const { topic } of said) each.supersede(topic)
      each.gaveUp(givenUp[each.id] ?? 0)
      if (said.length > 0) each.nudge()
    }
    return events.length === EVENTS_AT_ONCE
  }

  /**
   * Where the file left off. What happened before anybody was to be told is no news: what stands of it is told at the start.
   * Nor is it where the journal was replaced by an older copy, whose numbers will name other events.
   */
  const beginning = async (): Promise<number> => {
    const [filled, newest] = [await outbox.filledUpto(), feed.newestSeq()]
    if (filled !== null && filled <= newest) return filled
    await outbox.fill(newest, [])
    return newest
  }

  const keepFilling = async (signal: AbortSignal): Promise<void> => {
    let wake = () => {}
    let isBehind = true
    const end = feed.subscribe({
      onEvents: () => {
        isBehind = true
        wake()
      },
      onBatches,
    })
    signal.addEventListener('abort', () => wake(), { once: true })
    while (!signal.aborted) {
      isBehind = false
      const hasMore = await fill().catch((error: unknown) => {
        options.log('mqtt outward cannot be filled', { error: String(error) })
        clock.delay(1_000, () => {
          isBehind = true
          wake()
        })
        return false
      })
      if (!hasMore && !isBehind && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve))
    }
    end()
  }

  return {
    arrived: (target, remembers) => destinations.find(({ id }) => id === target)?.arrived(remembers),
    health: () => destinations.map((each: Destination) => each.health()),
    async run(signal) {
      await outbox.keepOnly(destinations.map(({ id }) => id))
      await Promise.all([keepFilling(signal), ...destinations.map((each) => each.run(signal))])
    },
  }
}

type State = Readonly<{ topic: string; payload: string; isOver: boolean }>

/**
 * The state of the alarm or order that an event is about. Whether that is over says its state, not the event: an order can
 * end in four ways, and be rated afterwards.
 */
async function stateAfter(
  event: Event,
  read: Options['read'],
  topics: Topics,
  payloads: Payloads,
): Promise<State | null> {
  if (event.type.startsWith('alarm.') && 'alarm' in event && typeof event.alarm === 'string') {
    const alarm = await read.get('alarms', event.alarm)
    return alarm && { topic: topics.alarm(alarm.id), payload: payloads.alarm(alarm), isOver: alarm.closedAt !== null }
  }
  if (event.type.startsWith('order.') && 'order' in event && typeof event.order === 'string') {
    const order = await read.get('orders', event.order)
    return (
      order && { topic: topics.order(order.id), payload: payloads.order(order), isOver: ENDED.includes(order.state) }
    )
  }
  return null
}

/** Not all that happens shows in what is said: the same twice in a row is said once. What is over is taken back. */
function stepsOf(): (states: readonly (State | null)[]) => Omit<OutwardMessage, 'target'>[] {
  const newest = new Map<string, string>()
  return (states) =>
    states.flatMap((state) => {
      if (!state || newest.get(state.topic) === state.payload) return []
      const { topic, payload, isOver } = state
      newest.delete(topic)
      newest.set(topic, payload)
      const [oldest] = newest.keys()
      if (newest.size > REMEMBERED) newest.delete(oldest!)
      return isOver
        ? [
            { topic, payload },
            { topic, payload: '' },
          ]
        : [{ topic, payload }]
    })
}

async function allOpen<T extends 'alarms' | 'orders'>(read: Options['read'], table: T) {
  const first = await read.list(table, { state: 'open', limit: PAGE })
  const items = [...first.items]
  for (let { next } = first; next !== null;) {
    const page = await read.list(table, { state: 'open', limit: PAGE, before: next })
    items.push(...page.items)
    next = page.next
  }
  return items
}
