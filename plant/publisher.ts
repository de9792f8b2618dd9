import mqtt from 'mqtt'
import type { Clock, Random } from '#devices/clock.ts'
import { topicOf } from '#devices/device.ts'
import { encodePayload } from './payload.ts'
import type { SimulatedDevice } from './simulated-device.ts'

/** One MQTT device on the air. */
export type Publisher = Readonly<{
  /** Resolves when the broker has let it in, or has failed to once: it keeps trying either way. */
  tried: Promise<void>
  /** Says at once how things are, and after a while whether they still are, beside its usual round. */
  publish(): void
  stop(): Promise<void>
}>

/** What has happened is measured once more before the next round, as sensors with a threshold do. */
const AGAIN_AFTER_MS = 20_000
/** Beyond this the broker is gone for long, and a sensor has no memory for more. */
const MOST_WAITING = 100

export function startPublisher(parts: {
  simulated: SimulatedDevice
  url: string
  secret: string
  clock: Clock
  random: Random
  everyMs: number
  signal: AbortSignal
  log: (line: string) => void
}): Publisher {
  const { simulated, clock, random, log } = parts
  const ending = new AbortController()
  const signal = AbortSignal.any([parts.signal, ending.signal])
  const { id, profile } = simulated.device
  const topic = topicOf(simulated.device)!
  const client = mqtt.connect(parts.url, {
    clientId: id,
    username: id,
    password: parts.secret,
    // A broker that comes back must not meet all devices in the same instant.
    reconnectPeriod: 1_000 + Math.floor(random.next() * 1_000),
  })
  // Counts on after a restart of the plant, as a sensor with a battery does: a used number would be taken for a re-send.
  let seq = Math.floor(clock.now() / 1000)
  let waiting = 0

  const publish = () => {
    const fault = simulated.fault()
    if (simulated.isSilent() || signal.aborted) return
    if (waiting >= MOST_WAITING) return log(`${id}: broker away, message dropped`)
    seq += 1
    const text = JSON.stringify(encodePayload(profile, simulated.values(), seq, clock.now()))
    waiting += 1
    client.publish(topic, fault === 'malformed' ? text.slice(0, text.length >> 1) : text, { qos: 1 }, (error) => {
      waiting -= 1
      if (error && !signal.aborted) log(`${id}: ${error.message}`)
    })
  }

  const run = async () => {
    publish()
    // Spread over the period, so that the estate's sensors do not speak in chorus.
    await clock.sleep(parts.everyMs * random.next(), signal)
    while (!signal.aborted) {
      publish()
      await clock.sleep(parts.everyMs, signal)
    }
  }

  let again = new AbortController()
  const publishTwice = () => {
    again.abort()
    again = new AbortController()
    publish()
    clock.sleep(AGAIN_AFTER_MS, AbortSignal.any([signal, again.signal])).then(publish, () => {})
  }

  let lastError = ''
  client.on('error', (error) => {
    if (error.message !== lastError) log(`${id}: ${error.message}`)
    lastError = error.message
  })
  const tried = new Promise<void>((resolve) => {
    client.once('connect', () => resolve())
    client.once('error', () => resolve())
    client.once('close', () => resolve())
  })
  run().catch((error: unknown) => {
    if (!signal.aborted) log(`${id}: ${String(error)}`)
  })
  return {
    tried,
    publish: publishTwice,
    async stop() {
      ending.abort(new Error('the device goes off the air'))
      await client.endAsync(true)
    },
  }
}
