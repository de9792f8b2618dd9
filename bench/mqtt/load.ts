import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import mqtt, { type MqttClient } from 'mqtt'

type Job = Readonly<{
  port: number
  /** One connection each; they publish `bins/<id>/state`. */
  bins: readonly Readonly<{ id: string; password?: string }>[]
  qos: 0 | 1
  /** Without it as fast as it is taken; else so many a second over all connections, whoever waits. */
  perSecond?: number
  /** Published and not yet arrived at the end of the road, at most: no broker between needs to drop any. */
  onTheRoad?: number
}>

/** Messages that a connection has under way: at QoS 1 until acknowledged, at QoS 0 until written. */
const WINDOW = 100
const PACE_MS = 10

const [, program, given] = process.argv
if (program === import.meta.filename && given) await publish(JSON.parse(given) as Job)

export type Load = Readonly<{
  /** How many messages have reached the end of the road, or were dropped on it. */
  arrived(count: number): void
  /** Messages published, and of them acknowledged (QoS 1) or written (QoS 0). */
  said(): Promise<Readonly<{ published: number; done: number }>>
  stop(): Promise<void>
}>

/** Publishers in a process of their own, so that their work is not that of who is measured. They are connected then. */
export async function startLoad(job: Job): Promise<Load> {
  const child: ChildProcess = fork(import.meta.filename, [JSON.stringify(job)])
  const ended = once(child, 'exit')
  const [first] = await Promise.race([once(child, 'message'), ended])
  if (first !== 'connected') throw new Error(`the publishers ended: ${String(first)}`)
  return {
    arrived(count) {
      if (child.connected) child.send(count)
    },
    async said() {
      const answer = Promise.race([once(child, 'message'), ended])
      if (child.connected) child.send('said')
      const [said] = (await answer) as [Readonly<{ published: number; done: number }> | number | null]
      if (said === null || typeof said === 'number') throw new Error(`the publishers ended: ${said}`)
      return said
    },
    async stop() {
      child.kill()
      await ended
    },
  }
}

async function publish({ port, bins, qos, perSecond, onTheRoad = Infinity }: Job): Promise<void> {
  const lines = await Promise.all(
    bins.map(async ({ id, password }): Promise<Line> => {
      const identity = { clientId: id, username: id, ...(password === undefined ? {} : { password }) }
      const how = { ...identity, protocolVersion: 4, reconnectPeriod: 0 } as const
      return { client: await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, how), id, seq: 0, underWay: 0 }
    }),
  )
  let [published, done, arrived] = [0, 0, 0]
  const say = (line: Line): void => {
    line.underWay += 1
    line.seq += 1
    published += 1
    const payload = `{"seq":${line.seq},"fill":${20 + (line.seq % 40)},"battery":92}`
    line.client.publish(`bins/${line.id}/state`, payload, { qos }, (error) => {
      if (error) return
      line.underWay -= 1
      done += 1
      if (perSecond === undefined) pumpSoon()
    })
  }
  let isDue = false
  /** QoS 0 is called done before `publish` returns: said at once, the next would stand on the stack of this one. */
  const pumpSoon = (): void => {
    if (isDue) return
    isDue = true
    setImmediate(pump)
  }
  const pump = (): void => {
    isDue = false
    // In turns, so that no connection takes all of what may be on the road; then the sockets have theirs.
    for (let turn = 0; turn < WINDOW; turn++)
      for (const line of lines) if (line.underWay < WINDOW && published - arrived < onTheRoad) say(line)
  }
  process.on('message', (message: number | 'said') => {
    if (message === 'said') return void process.send!({ published, done })
    arrived = message
    pumpSoon()
  })
  // It ends with the measurement, however that ends.
  process.on('disconnect', () => process.exit())
  process.send!('connected')
  if (perSecond === undefined) return
  const from = performance.now()
  setInterval(() => {
    const due = ((performance.now() - from) / 1_000) * perSecond
    while (published < due) say(lines[published % lines.length]!)
  }, PACE_MS)
}

type Line = { readonly client: MqttClient; readonly id: string; seq: number; underWay: number }
