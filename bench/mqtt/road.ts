import { setTimeout as sleep } from 'node:timers/promises'
import { startLoad } from './load.ts'

/** A way of messages from a broker to its end. */
export type Road = Readonly<{
  port: number
  passwordOf?: (bin: string) => string
  /** Messages that have reached the end: durable, in a file, or with a subscriber. */
  stored(): number
  /** Messages refused on the way, for ever. */
  dropped?: () => number
  /** Messages between publisher and end with which it is fastest; else as many as the brokers stand. */
  onTheRoad?: number
  stop(): Promise<void>
}>

export type Rate = Readonly<{ storedPerSecond: number; donePerSecond: number; droppedPerSecond: number }>

export const BINS = Array.from({ length: 50 }, (_, i) => `K${i + 1}`)
const WARM_UP_MS = 1_500
const ON_THE_ROAD = 10_000
const LOOK_MS = 10

/** The same publishers for every road: as much as it takes, for `seconds` once it is warm. */
export async function rateOf(road: Road, qos: 0 | 1, seconds: number): Promise<Rate> {
  const { port, passwordOf, stored, dropped = () => 0, onTheRoad = ON_THE_ROAD } = road
  const bins = BINS.map((id) => (passwordOf ? { id, password: passwordOf(id) } : { id }))
  const load = await startLoad({ port, bins, qos, onTheRoad }).catch(async (error: unknown) => {
    await road.stop()
    throw error
  })
  const look = () => load.arrived(stored() + dropped())
  const looking = setInterval(look, LOOK_MS)
  const mark = async () => {
    const { done } = await load.said()
    return { at: performance.now(), done, stored: stored(), dropped: dropped() }
  }
  try {
    look()
    await sleep(WARM_UP_MS)
    const from = await mark()
    await sleep(seconds * 1_000)
    const to = await mark()
    const perSecond = (of: 'done' | 'stored' | 'dropped') => ((to[of] - from[of]) / (to.at - from.at)) * 1_000
    return {
      storedPerSecond: perSecond('stored'),
      donePerSecond: perSecond('done'),
      droppedPerSecond: perSecond('dropped'),
    }
  } finally {
    clearInterval(looking)
    await load.stop()
    await road.stop()
  }
}
