import Type, { type Static } from 'typebox'
import { Name, oneOf } from './point.ts'

/**
 * What the bytes of a radio payload mean, as data: fixed offsets, channel–type–value items, groups behind flags, and
 * repeated records. A layout says which raw numbers there are; what they measure is said by the points.
 */

export const FIELD_TYPES = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint24',
  'int24',
  'uint32',
  'int32',
  'float32',
  'hundredths',
] as const
export type FieldType = (typeof FIELD_TYPES)[number]
export const FIELD_BYTES: Readonly<Record<FieldType, number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint24: 3,
  int24: 3,
  uint32: 4,
  int32: 4,
  float32: 4,
  hundredths: 2,
}

const strict = { additionalProperties: false } as const
const ByteOrder = oneOf(['big', 'little'] as const, 'which byte comes first; big unless said')
const Offset = Type.Integer({ minimum: 0, maximum: 255, description: 'bytes from the start of what it stands in' })
const Count = Type.Integer({ minimum: 1, maximum: 255 })

const Field = Type.Object(
  {
    at: Type.Optional(Offset),
    type: Type.Optional(
      oneOf(
        FIELD_TYPES,
        'uint8 unless said; hundredths: a signed byte of wholes and one of hundredths, which come first in the order little',
      ),
    ),
    order: Type.Optional(ByteOrder),
    bit: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 31, description: 'this one bit, 0 the lowest: true or false' }),
    ),
    bits: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0, maximum: 31 }), {
        minItems: 2,
        maxItems: 2,
        description: 'these bits as a number, lowest and highest: [4, 7]; with a sign when the type has one',
      }),
    ),
    absent: Type.Optional(
      Type.Array(Type.Integer(), { minItems: 1, description: 'raw numbers that mean "no sensor here"' }),
    ),
  },
  strict,
)
export type Field = Readonly<Static<typeof Field>>

const Fields = Type.Record(Name, Field, { description: 'name → where it stands; a point takes it by lorawan.path' })
const Record = Type.Optional(
  Type.String({
    pattern: '^[a-z][a-z0-9_]*$',
    description: 'each makes an entry in the list of this name, as a reading of an earlier time does',
  }),
)

const Part = Type.Object({ length: Count, fields: Type.Optional(Fields), record: Record }, strict)
export type Part = Readonly<Static<typeof Part>>

const Frame = Type.Object(
  {
    port: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0, maximum: 255 }), { minItems: 1, description: 'only on these fPorts' }),
    ),
    length: Type.Optional(Type.Integer({ minimum: 0, maximum: 255, description: 'only of so many bytes' })),
    when: Type.Optional(
      Type.Array(Type.Object({ at: Offset, is: Type.Array(Type.Integer({ minimum: 0, maximum: 255 })) }, strict), {
        description: 'only where the byte at this place is one of these',
      }),
    ),
    ignore: Type.Optional(
      Type.Boolean({ description: 'known, and says nothing of the points: settings echoed, time asked for' }),
    ),
    fields: Type.Optional(Fields),
    tlv: Type.Optional(
      Type.Object(
        {
          from: Type.Optional(Offset),
          trailer: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: 16,
              description: 'bytes at the end that belong to no item: a checksum',
            }),
          ),
          items: Type.Record(Type.String({ pattern: '^([0-9a-f]{2}){1,4}$' }), Part, {
            description:
              'head in hex (channel and type; all heads of one length) → what follows. An item that is not listed ends the reading: nobody knows its length',
          }),
        },
        { ...strict, description: 'items that follow one another, each with its head' },
      ),
    ),
    groups: Type.Optional(
      Type.Object(
        {
          flags: Field,
          from: Offset,
          list: Type.Array(Part, {
            minItems: 1,
            description: 'one per flag bit, from bit 0: there when the bit is set',
          }),
        },
        { ...strict, description: 'groups that follow one another, each there when its flag is set' },
      ),
    ),
    repeat: Type.Optional(
      Type.Object(
        { from: Offset, ...Part.properties },
        { ...strict, description: 'the same again until the payload ends' },
      ),
    ),
  },
  strict,
)
export type Frame = Readonly<Static<typeof Frame>>

export const PayloadLayout = Type.Object(
  {
    order: Type.Optional(ByteOrder),
    frames: Type.Array(Frame, {
      minItems: 1,
      description: 'the first whose port, length and bytes fit is read; a payload that fits none is refused',
    }),
  },
  strict,
)
export type PayloadLayout = Readonly<Static<typeof PayloadLayout>>

/** Bytes that some fields need. */
export function endOf(fields: Readonly<Record<string, Field>>): number {
  return Math.max(0, ...Object.values(fields).map(({ at = 0, type = 'uint8' }) => at + FIELD_BYTES[type]))
}
