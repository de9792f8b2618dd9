import { closest } from '#devices/closest.ts'
import type { FaultCode, Params } from '#devices/fault.ts'
import type { Profile } from '#devices/profile.ts'
import type { ModbusConnection } from '#ingest/modbus/connection.ts'
import { unitsOf } from './connections.ts'
import type { SiteFile } from './schema.ts'

type Connections = NonNullable<SiteFile['connections']>
type Blame = (at: readonly (string | number)[], code: FaultCode, params?: Params) => void

/** What is wrong with where a device is asked: its connection must be there and of its protocol, its unit possible. */
export function wireFaults(
  { connection, unit_id: unitId }: SiteFile['devices'][number],
  { modbus, opcua }: Profile,
  known: Readonly<{ written: Connections; modbus: readonly ModbusConnection[] }>,
  blame: Blame,
): void {
  if (!modbus && !opcua) return
  const fits = Object.entries(known.written).flatMap(([id, { protocol }]) =>
    (protocol === 'opc-ua') === (opcua !== undefined) ? [id] : [],
  )
  if (connection === undefined) blame([], 'missing_key', { key: 'connection' })
  else if (Object.hasOwn(known.written, connection) && !fits.includes(connection)) {
    const detail = `${connection} is ${known.written[connection]!.protocol}, the profile speaks ${opcua ? 'OPC UA' : 'Modbus'}`
    blame(['connection'], 'wrong_value', { key: 'connection', detail })
  } else if (!fits.includes(connection)) {
    const hint = closest(connection, fits)
    blame(['connection'], 'unknown_reference', {
      kind: 'connection',
      id: connection,
      ...(hint ? { hint } : {}),
    })
  }
  if (!modbus) {
    if (unitId !== undefined)
      blame(['unit_id'], 'wrong_value', { key: 'unit_id', detail: 'only a Modbus device has one' })
    return
  }
  if (unitId === undefined) return blame([], 'missing_key', { key: 'unit_id' })
  const [first, last] = unitsOf(known.modbus.find(({ id }) => id === connection))
  if (unitId < first || unitId > last)
    blame(['unit_id'], 'wrong_value', { key: 'unit_id', detail: `must be ${first} to ${last} on a bus` })
}
