import type { Connection } from '#devices/device.ts'

/** What a connection allows: a converter may carry less than the protocol does. */
type Allowed = Readonly<{ maxRegisters?: number }>

/** Modbus TCP. `window`: requests that may be in flight at once; 1 unless the far end is known to take more. */
export type TcpConnection = Connection & Allowed & Readonly<{ window?: number }>

/** RTU frames through a socket: a transparent serial server, one bus behind it. */
export type RtuOverTcpConnection = Allowed &
  Readonly<{ id: string; protocol: 'modbus-rtu-over-tcp'; host: string; port: number; timeoutMs: number }>

export type Parity = 'none' | 'even' | 'odd'

/** A serial port of this machine. `path` should be a name that survives unplugging: /dev/serial/by-id/… */
export type SerialConnection = Allowed &
  Readonly<{
    id: string
    protocol: 'modbus-rtu'
    path: string
    baud: number
    parity: Parity
    stopBits: 1 | 2
    timeoutMs: number
  }>

/** A road that Modbus units share. `timeoutMs` is real time, from the last byte asked to the whole answer. */
export type ModbusConnection = TcpConnection | RtuOverTcpConnection | SerialConnection

/** Where it leads, for people. */
export function endpointOf(connection: ModbusConnection): string {
  return connection.protocol === 'modbus-rtu' ? connection.path : `${connection.host}:${connection.port}`
}
