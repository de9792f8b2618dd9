import { parseDuration } from '#devices/duration.ts'
import type { ModbusConnection } from '#ingest/modbus/connection.ts'
import type { SiteFile } from './schema.ts'

type Written = Exclude<NonNullable<SiteFile['connections']>[string], { protocol: 'opc-ua' }>

/** A connection with its defaults filled in. */
export function connectionOf(id: string, written: Written): ModbusConnection {
  const timeoutMs = parseDuration(written.timeout ?? '1s')!
  const allowed = written.max_registers === undefined ? {} : { maxRegisters: written.max_registers }
  switch (written.protocol) {
    case 'modbus-tcp': {
      const { protocol, host, port, window } = written
      return { id, protocol, host, port, timeoutMs, ...allowed, ...(window === undefined ? {} : { window }) }
    }
    case 'modbus-rtu-over-tcp': {
      const { protocol, host, port } = written
      return { id, protocol, host, port, timeoutMs, ...allowed }
    }
    case 'modbus-rtu': {
      // Even parity and one stop bit are the standard's own defaults (Modbus over Serial Line 1.02 §2.5.1).
      const { protocol, path, baud, parity = 'even', stop_bits: stopBits = 1 } = written
      return { id, protocol, path, baud, parity, stopBits, timeoutMs, ...allowed }
    }
  }
}

/** First and last unit id that answers: on a bus 0 is for all, none of whom answers, and 248 to 255 are reserved. */
export function unitsOf(connection: ModbusConnection | undefined): readonly [number, number] {
  return connection === undefined || connection.protocol === 'modbus-tcp' ? [0, 255] : [1, 247]
}
