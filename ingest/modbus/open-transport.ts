import type { ModbusConnection } from './connection.ts'
import { openSerialPort, socketLine } from './line.ts'
import type { LineMeter } from './line-meter.ts'
import { mbapTransport } from './mbap-transport.ts'
import { rtuTransport } from './rtu-transport.ts'
import { openSocket } from './socket.ts'
import type { Transport } from './transport.ts'

/** Rejects when the far end is not there within the connection's time-out (real time), or the signal aborts. */
export async function openTransport(
  connection: ModbusConnection,
  meter: LineMeter,
  signal: AbortSignal,
): Promise<Transport> {
  const { timeoutMs } = connection
  switch (connection.protocol) {
    case 'modbus-tcp':
      return mbapTransport(await openSocket(connection, signal), timeoutMs, meter)
    case 'modbus-rtu-over-tcp':
      return rtuTransport({ line: socketLine(await openSocket(connection, signal)), baud: null, timeoutMs, meter })
    case 'modbus-rtu':
      return rtuTransport({
        line: await openSerialPort(connection, signal),
        baud: connection.baud,
        timeoutMs,
        meter,
      })
  }
}
