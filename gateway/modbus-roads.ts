import type { Logger } from 'pino'
import type { Clock, Random } from '#devices/clock.ts'
import { modbusSource, type ModbusSource } from '#ingest/modbus/modbus-source.ts'
import { monotonicNow } from './clock.ts'
import type { Site } from './site/site.ts'

/** One source for each Modbus connection, in the order of the site file; `ports`: where a simulated plant listens instead. */
export function modbusRoads({
  site: { connections, devices },
  ports,
  clock,
  random,
  log,
}: Readonly<{
  site: Pick<Site, 'connections' | 'devices'>
  ports: Readonly<Record<string, number>>
  clock: Clock
  random: Random
  log: Logger
}>): ModbusSource[] {
  return connections.map((connection) => {
    const port = ports[connection.id]
    const there =
      port === undefined || connection.protocol === 'modbus-rtu'
        ? connection
        : { ...connection, host: '127.0.0.1', port }
    return modbusSource({ connection: there, devices, clock, chance: random.next, stopwatch: monotonicNow, log })
  })
}
