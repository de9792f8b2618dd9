import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Random } from '#devices/clock.ts'
import { type BrokerLink, type BrokerSource, brokerSource } from '#ingest/mqtt/client/broker-source.ts'
import { type MqttSource, mqttSource } from '#ingest/mqtt/mqtt-source.ts'
import type { Reject, Source } from '#ingest/source.ts'
import type { EventFeed } from './api/event-feed.ts'
import { monotonicNow, type SiteClock } from './clock.ts'
import type { Latest } from './latest.ts'
import type { DestinationHealth } from './outward/destination.ts'
import { openOutbox } from './outward/outbox-thread.ts'
import { type Outward, outwardOf } from './outward/outward.ts'
import { OFFLINE, topicsOf } from './outward/topics.ts'
import type { Site } from './site/site.ts'
import type { Store } from './store/store.ts'

/** The broker of the gateway among the targets of `outward`. */
const OWN = 'own'

/** How it is with MQTT; times are site time. `sessions` are those of the gateway's own broker. */
export type MqttHealth = Readonly<{
  brokers: readonly BrokerLink[]
  sessions: ReturnType<MqttSource['sessions']>
  outward: readonly DestinationHealth[]
}>

export type MqttRoads = Readonly<{
  own: MqttSource | null
  sources: readonly Source[]
  health(): MqttHealth
  /** Says outward what the site wants said, until the signal aborts. Called when the journal can be read. */
  speak(signal: AbortSignal): Promise<void>
}>

/** All roads of MQTT: the gateway's own broker, those of others, and what goes out by both. */
export function mqttRoads(
  options: Readonly<{
    site: Site
    folder: string
    version: string
    /** Instead of the site's port: a demonstration takes any. */
    port: number | null
    secretOf(speaker: string): string
    clock: SiteClock
    random: Pick<Random, 'next'>
    reject: Reject
    latest: Latest
    feed: EventFeed
    read: Store['read']
    log: Logger
  }>,
): MqttRoads {
  const { site, folder, clock, reject, latest } = options
  const log = (message: string, fields: object) => options.log.warn(fields, message)
  const { outward: written } = site
  const topics = topicsOf(written?.root ?? '', site.id)
  const farewell = { topic: topics.status, payload: OFFLINE }
  const prefix = written?.homeAssistant ?? null
  let outward: Outward | null = null
  const arrived = (target: string, remembers: boolean) => outward?.arrived(target, remembers)

  const own = site.mqtt
    ? mqttSource({
        listen: { host: site.mqtt.host, port: options.port ?? site.mqtt.port },
        devices: site.devices.filter(({ bridge }) => !site.brokers.some(({ id }) => id === bridge)),
        bridges: site.mqtt.bridges,
        secretOf: options.secretOf,
        clock,
        monotonicNow,
        tls: site.mqtt.tls ?? undefined,
        sessionFile: join(folder, 'mqtt.db'),
        reject,
        log,
        voice: written?.toOwn
          ? {
              readers: site.mqtt.readers,
              filters: [`${topics.base}/#`, ...(prefix === null ? [] : [`${prefix}/#`])],
              // Home Assistant says when it begins, and when it has ended.
              ownTopics: prefix === null ? [] : [`${prefix}/status`],
              farewell,
              opened: () => arrived(OWN, false),
            }
          : undefined,
      })
    : null
  const brokers = site.brokers.map((broker): BrokerSource =>
    brokerSource({
      broker,
      devices: site.devices,
      will: written?.brokers.includes(broker.id) ? farewell : null,
      connected: (hadSession) => arrived(broker.id, hadSession),
      clock,
      delay: clock.delay,
      monotonicNow,
      random: options.random,
      reject,
      log,
      known: (device, point) => latest.of(device).get(point),
    }),
  )

  const speak = async (signal: AbortSignal): Promise<void> => {
    if (!written) return
    const outbox = await openOutbox(join(folder, 'outward.db'))
    const told = brokers.filter(({ link }) => written.brokers.includes(link().id))
    const targets = [
      ...(own && written.toOwn ? [{ id: OWN, isThere: () => own.address() !== null, publish: own.publish }] : []),
      ...told.map(({ link, publish }) => ({
        id: link().id,
        isThere: () => link().state === 'connected',
        publish: (topic: string, payload: string) => publish(topic, payload, true),
      })),
    ]
    outward = outwardOf({ ...options, outward: written, targets, outbox, monotonicNow, log })
    // One that was there before is greeted like one that comes now.
    for (const { id, isThere } of targets) if (isThere()) arrived(id, false)
    try {
      await outward.run(signal)
    } finally {
      await outbox.close()
    }
  }

  return {
    own,
    sources: [...(own ? [own] : []), ...brokers],
    health: () => ({
      brokers: brokers.map(({ link }) => link()),
      sessions: own?.sessions() ?? null,
      outward: outward?.health() ?? [],
    }),
    speak,
  }
}
