import { EventEmitter } from 'node:events'
import modbusSerial from 'modbus-serial'
import type { Table } from '#devices/point.ts'
import { rtuFrame } from './rtu-frame.ts'
import type { Answer, Failure, Transport } from './transport.ts'

export type ReadRequest = Readonly<{ kind?: 'read'; unitId: number; table: Table; address: number; count: number }>
/** One value goes by function 05 or 06, several by 15 or 16. */
export type WriteRequest = Readonly<{ kind: 'write'; unitId: number; address: number }> &
  Readonly<{ table: 'coil'; values: readonly boolean[] } | { table: 'holding'; values: readonly number[] }>
export type Request = ReadRequest | WriteRequest

/** What came of one request. `values` is empty for a write; `refused` is a Modbus exception. */
export type Reply =
  | Readonly<{ kind: 'values'; values: readonly (number | boolean)[] }>
  | Readonly<{ kind: 'refused'; code: number }>
  | Failure
  | Readonly<{ kind: 'abandoned' }>

/** A road with modbus-serial on it, used until the transport closes and never mended. */
export type Session = Readonly<{
  /** Never rejects. */
  ask(request: Request): Promise<Reply>
  isOpen(): boolean
  end(): void
}>

type Client = InstanceType<typeof modbusSerial.default>

/** modbus-serial makes the requests and reads the answers; which bytes it gets to see as an answer is the transport's. */
export function modbusSession(transport: Transport): Session {
  const port = new TransportPort(transport)
  const client = new modbusSerial.default(port)
  client.open()

  return {
    async ask(request) {
      // The unit id and the transaction are state of the client: set and used with nothing in between.
      client.setID(request.unitId)
      const read = callOf(client, request)
      const { answer, id } = port.asked!
      const outcome = await answer
      if (outcome.kind !== 'answer') return outcome
      port.deliver(id, request.unitId, outcome.pdu)
      return read.then(
        (result) => ({ kind: 'values', values: 'data' in result ? result.data : [] }),
        (error: unknown): Reply => {
          const { modbusCode, message } = error as { modbusCode?: number; message: string }
          if (modbusCode !== undefined) return { kind: 'refused', code: modbusCode }
          return { kind: 'failed', reason: 'bad_frame', detail: message }
        },
      )
    },
    isOpen: () => transport.isOpen(),
    end: () => transport.end(),
  }
}

/** Its transactions are kept for ever by id: enough ids for all that can be in flight, few enough to hold. */
const TRANSACTIONS = 256

/** What modbus-serial takes for a port: it writes RTU frames to it and hears RTU frames from it. */
class TransportPort extends EventEmitter {
  readonly isOpen = true
  _transactionIdRead = 1
  _transactionIdWrite = 1
  asked: { id: number; answer: Promise<Answer> } | null = null
  readonly #transport: Transport

  constructor(transport: Transport) {
    super()
    this.#transport = transport
  }

  open(done: (error?: Error) => void): void {
    done()
  }

  write(frame: Buffer): void {
    const id = this._transactionIdWrite
    this._transactionIdWrite = (id % TRANSACTIONS) + 1
    this.asked = { id, answer: this.#transport.request(frame[0]!, frame.subarray(1, -2)) }
  }

  deliver(id: number, unitId: number, pdu: Buffer): void {
    this._transactionIdRead = id
    this.emit('data', rtuFrame(unitId, pdu))
  }
}

function callOf(client: Client, request: Request) {
  if (request.kind === 'write') return writeOf(client, request)
  const { table, address, count } = request
  switch (table) {
    case 'coil':
      return client.readCoils(address, count)
    case 'discrete':
      return client.readDiscreteInputs(address, count)
    case 'holding':
      return client.readHoldingRegisters(address, count)
    case 'input':
      return client.readInputRegisters(address, count)
  }
}

function writeOf(client: Client, request: WriteRequest) {
  const { address } = request
  if (request.table === 'coil') {
    const [first, ...more] = request.values as [boolean, ...boolean[]]
    return more.length === 0 ? client.writeCoil(address, first) : client.writeCoils(address, [first, ...more])
  }
  const [first, ...more] = request.values as [number, ...number[]]
  return more.length === 0 ? client.writeRegister(address, first) : client.writeRegisters(address, [first, ...more])
}
