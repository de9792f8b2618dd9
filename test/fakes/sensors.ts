import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import mqtt, { type MqttClient } from 'mqtt'

export type Sensor = Readonly<{ id: string; acknowledged: Set<number>; connect(): void; disconnect(): void }>

/** Publishes with QoS 1 as fast as it is acknowledged, ten at a time; what was not acknowledged is sent again. */
export function sensor(id: string, site: Readonly<{ mqttPort: number; secretOf(device: string): string }>): Sensor {
  const password = site.secretOf(id)
  const done = new Set<number>()
  const unacknowledged: number[] = []
  let next = 1
  let client: MqttClient | null = null

  function publish(own: MqttClient): void {
    if (own !== client || !own.connected) return
    const seq = unacknowledged.shift() ?? next++
    // Every hundredth message overflows the bin, the next ones empty it: alarms under load.
    const fill = seq % 100 < 3 ? 98 : 20
    own.publish(`bins/${id}/state`, JSON.stringify({ seq, fill, battery: seq % 100 }), { qos: 1 }, (error) => {
      if (error) return void unacknowledged.push(seq)
      done.add(seq)
      publish(own)
    })
  }

  const self: Sensor = {
    id,
    acknowledged: done,
    connect() {
      const own = mqtt.connect(`mqtt://127.0.0.1:${site.mqttPort}`, {
        username: id,
        clientId: id,
        password,
        protocolVersion: 4,
        reconnectPeriod: 0,
        queueQoSZero: false,
      })
      client = own
      own.on('error', () => {})
      let isIn = false
      own.on('connect', () => {
        isIn = true
        for (let i = 0; i < 10; i++) publish(own)
      })
      // The door of the broker opens a moment after the page: whoever stands before it knocks again, as a sensor does.
      own.on('close', () => {
        if (!isIn && own === client) setTimeout(() => own === client && self.connect(), 50)
      })
    },
    disconnect() {
      client?.end(true)
      client = null
    },
  }
  return self
}

export function acknowledged(devices: readonly Sensor[]): number {
  return devices.reduce((sum, device) => sum + device.acknowledged.size, 0)
}

/** device → sequence number → how often it is stored. */
export function storedSequences(folder: string): Map<string, Map<number, number>> {
  const db = new DatabaseSync(join(folder, 'readings.db'), { readOnly: true })
  const stored = new Map<string, Map<number, number>>()
  for (const { key } of db.prepare('select key from keys').all() as { key: string }[]) {
    const device = key.split('#')[0]!
    const seq = Number(key.split('#')[1])
    const counts = stored.get(device) ?? stored.set(device, new Map()).get(device)!
    counts.set(seq, (counts.get(seq) ?? 0) + 1)
  }
  db.close()
  return stored
}
