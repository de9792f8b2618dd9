import mqtt from 'mqtt'
import { startMosquitto } from '#test/fakes/mosquitto.ts'
import type { Road } from './road.ts'

/** Any number of messages may wait in it or be under way, so that it drops none. */
export const UNLIMITED = ['max_queued_messages 0', 'max_inflight_messages 0', 'set_tcp_nodelay true']

/** mosquitto and an mqtt.js client that subscribes to all, reads nothing and keeps nothing. */
export async function subscriberRoad(qos: 0 | 1): Promise<Road> {
  const broker = await startMosquitto({ settings: UNLIMITED })
  const subscriber = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: 4 })
  let heard = 0
  subscriber.on('message', () => void (heard += 1))
  await subscriber.subscribeAsync('bins/+/state', { qos })
  return {
    port: broker.port,
    stored: () => heard,
    async stop() {
      subscriber.end(true)
      await broker.stop()
    },
  }
}
