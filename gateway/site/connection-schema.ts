import Type, { type Static } from 'typebox'
import { Duration, oneOf } from '#devices/point.ts'
import { OpcUaServerEntry } from './opcua-schema.ts'

const strict = { additionalProperties: false } as const

const MaxRegisters = Type.Integer({
  minimum: 1,
  maximum: 125,
  description: 'most registers in one request, where a converter or its devices take fewer than 125',
})
const overTcp = {
  host: Type.String({ minLength: 1 }),
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  timeout: Type.Optional(Duration),
  max_registers: Type.Optional(MaxRegisters),
}
const ModbusTcp = Type.Object(
  {
    protocol: oneOf(['modbus-tcp'] as const),
    ...overTcp,
    window: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 16,
        description: 'requests in flight at once; more than 1 only for a device that is known to take it',
      }),
    ),
  },
  strict,
)
const RtuOverTcp = Type.Object({ protocol: oneOf(['modbus-rtu-over-tcp'] as const), ...overTcp }, strict)
const BAUDS = [1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200] as const
const ModbusRtu = Type.Object(
  {
    protocol: oneOf(['modbus-rtu'] as const),
    path: Type.String({
      pattern: '^/dev/.|^COM\\d',
      description: 'the serial port; /dev/serial/by-id/… keeps its name when it is plugged in again',
    }),
    baud: Type.Unsafe<(typeof BAUDS)[number]>({ type: 'integer', enum: [...BAUDS] }),
    parity: Type.Optional(oneOf(['none', 'even', 'odd'] as const, 'even unless said, as the standard has it')),
    stop_bits: Type.Optional(
      Type.Unsafe<1 | 2>({ type: 'integer', enum: [1, 2], description: '1 unless said; 2 is usual without parity' }),
    ),
    timeout: Type.Optional(Duration),
    max_registers: Type.Optional(MaxRegisters),
  },
  strict,
)
/** An entry of `connections`: a line that Modbus is spoken on, or an OPC UA server. */
export const Connection = Type.Unsafe<
  Static<typeof ModbusTcp | typeof RtuOverTcp | typeof ModbusRtu | typeof OpcUaServerEntry>
>({
  type: 'object',
  discriminator: { propertyName: 'protocol' },
  required: ['protocol'],
  oneOf: [ModbusTcp, RtuOverTcp, ModbusRtu, OpcUaServerEntry],
})
