import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { LONG_ORDERS, type ModbusPoint, type Order, ORDERS, type Point, type RegisterType } from '#devices/point.ts'
import { absentRegisters, decodeRegisters, encodeRegisters, widthOf } from '#devices/registers.ts'

const DATA = process.env['CARETAKER_TEST_DATA'] ?? resolve('../shared/data')
const vectors = join(DATA, 'modbus-vectors/type_conversions.json')
const dumps = join(DATA, 'register-dumps')

type Mapping = Omit<ModbusPoint, 'address'>
type Row = [title: string, words: number[], mapping: Mapping, expected: unknown, point?: Point]

/** What comes out: a value, or the reason why there is none. */
function decoded(words: readonly number[], mapping: Mapping, point: Point = {}): unknown {
  const { value, reason } = decodeRegisters(words, point, { address: 0, ...mapping })
  return value ?? `bad: ${reason}`
}

t.test('F29: types and orders', async (t) => {
  const table: Row[] = [
    ['bool', [2], { type: 'bool' }, true],
    ['uint16 is what nothing said means', [0xfffe], {}, 65534],
    ['int16', [0xfffe], { type: 'int16' }, -2],
    ['uint16 with its bytes swapped', [0x3412], { order: 'BADC' }, 0x1234],
    ['uint32 ABCD', [0x1234, 0x5678], { type: 'uint32', order: 'ABCD' }, 0x12345678],
    ['uint32 CDAB', [0x5678, 0x1234], { type: 'uint32', order: 'CDAB' }, 0x12345678],
    ['uint32 BADC', [0x3412, 0x7856], { type: 'uint32', order: 'BADC' }, 0x12345678],
    ['uint32 DCBA', [0x7856, 0x3412], { type: 'uint32', order: 'DCBA' }, 0x12345678],
    ['uint64 ABCDEFGH', [0x0001, 0x0203, 0x0405, 0x0607], { type: 'uint64', order: 'ABCDEFGH' }, 0x1020304050607],
    ['uint64 GHEFCDAB', [0x0607, 0x0405, 0x0203, 0x0001], { type: 'uint64', order: 'GHEFCDAB' }, 0x1020304050607],
    ['uint64 BADCFEHG', [0x0100, 0x0302, 0x0504, 0x0706], { type: 'uint64', order: 'BADCFEHG' }, 0x1020304050607],
    ['uint64 HGFEDCBA', [0x0706, 0x0504, 0x0302, 0x0100], { type: 'uint64', order: 'HGFEDCBA' }, 0x1020304050607],
    ['uint64 EFGHABCD', [0x0405, 0x0607, 0x0001, 0x0203], { type: 'uint64', order: 'EFGHABCD' }, 0x1020304050607],
    ['uint64 CDABGHEF', [0x0203, 0x0001, 0x0607, 0x0405], { type: 'uint64', order: 'CDABGHEF' }, 0x1020304050607],
    ['uint64 FEHGBADC', [0x0504, 0x0706, 0x0100, 0x0302], { type: 'uint64', order: 'FEHGBADC' }, 0x1020304050607],
    ['uint64 DCBAHGFE', [0x0302, 0x0100, 0x0706, 0x0504], { type: 'uint64', order: 'DCBAHGFE' }, 0x1020304050607],
    ['uint64 by four letters', [0x0607, 0x0405, 0x0203, 0x0001], { type: 'uint64', order: 'CDAB' }, 0x1020304050607],
    ['int64', [0xffff, 0xffff, 0xffff, 0xfffe], { type: 'int64' }, -2],
    ['the last exact uint64', [0x001f, 0xffff, 0xffff, 0xffff], { type: 'uint64' }, 2 ** 53 - 1],
    ['one more is refused', [0x0020, 0x0000, 0x0000, 0x0000], { type: 'uint64' }, 'bad: out_of_range'],
    ['and so below zero', [0xffe0, 0x0000, 0x0000, 0x0000], { type: 'int64' }, 'bad: out_of_range'],
    ['float16', [0xb814], { type: 'float16' }, -0.509765625],
    ['float32', [0x4218, 0x0000], { type: 'float32' }, 38],
    ['float32 as people write it', [0x4218, 0x6666], { type: 'float32' }, 38.1],
    ['float32 to its last bit', [0x4641, 0x3c88], { type: 'float32' }, 12367.133],
    ['float64', [0x4043, 0x0ccc, 0xcccc, 0xcccd], { type: 'float64' }, 38.1],
    ['BCD of four digits', [0x1987], { type: 'bcd16' }, 1987],
    ['BCD of eight digits, words swapped', [0x5678, 0x1234], { type: 'bcd32', order: 'CDAB', scale: 0.01 }, 123456.78],
    ['BCD with a digit that is none', [0x19a7], { type: 'bcd16' }, 'bad: undecodable'],
    ['text', [0x4142, 0x4300], { type: 'string', length: 4 }, 'ABC'],
    ['text, bytes swapped', [0x4241, 0x0043], { type: 'string', length: 4, order: 'BADC' }, 'ABC'],
    ['text of odd length', [0x4142, 0x4344], { type: 'string', length: 3 }, 'ABC'],
    ['text has no words to swap', [0x4142, 0x4344], { type: 'string', length: 4, order: 'CDAB' }, 'ABCD'],
    ['text filled up with spaces', [0x4120, 0x2020], { type: 'string', length: 4 }, 'A'],
    ['text in Chinese', [0xe6b3, 0xb500], { type: 'string', length: 4 }, '泵'],
    ['text that is none', [0xffff, 0xffff], { type: 'string', length: 4 }, 'bad: undecodable'],
    ['text with a bell', [0x4107, 0x0000], { type: 'string', length: 4 }, 'bad: undecodable'],
    ['a bit', [0x0008], { bit: 3 }, true],
    ['a bit of 32', [0x0001, 0x0000], { type: 'uint32', bit: 16 }, true],
    ['a bit of 64', [0x8000, 0, 0, 0], { type: 'uint64', bit: 63 }, true],
    ['bits', [0x0870], { bits: [4, 7] }, 7],
    ['bits over a word', [0x0003, 0x8000], { type: 'uint32', bits: [15, 17] }, 7],
    ['bits with a sign', [0x00f0], { type: 'int16', bits: [4, 7] }, -1],
    ['bits with a scale', [0x00f0], { bits: [4, 7], scale: 0.5 }, 7.5],
    ['bits with words', [0x0430], { bits: [8, 11] }, 'closed', { enum: { 4: 'closed' } }],
    ['a code without a word', [9], {}, 'bad: undecodable', { enum: { 4: 'closed' } }],
    [
      'a code without a word, for which there is one',
      [9],
      {},
      'other_fault',
      { enum: { 4: 'x', other: 'other_fault' } },
    ],
    ['a code below zero', [0xffff], { type: 'int16' }, 'off', { enum: { '-1': 'off' } }],
    ['scale and offset', [29315], { scale: 0.01, offset: -273.15 }, 20],
    [
      'scale keeps the digits of a long counter',
      [0, 0x1c, 0xbe99, 0x1a83],
      { type: 'uint64', scale: 0.001 },
      123456789.123,
    ],
    ['too few registers', [1], { type: 'uint32' }, 'bad: bad_frame'],
  ]
  for (const [title, words, mapping, expected, point] of table) t.equal(decoded(words, mapping, point), expected, title)
})

t.test('F30: what is no value', async (t) => {
  const table: Row[] = [
    ['int16 0x8000 by its bits', [0x8000], { type: 'int16', absent: 0x8000 }, 'bad: absent'],
    ['int16 0x8000 as a number', [0x8000], { type: 'int16', absent: -32768 }, 'bad: absent'],
    ['uint16 0xFFFF', [0xffff], { absent: 0xffff }, 'bad: absent'],
    ['uint16 0xFFFF as text', [0xffff], { absent: '0xFFFF' }, 'bad: absent'],
    ['its neighbour is a value', [0xfffe], { absent: 0xffff }, 65534],
    ['uint32 0x7FFFFFFF', [0x7fff, 0xffff], { type: 'uint32', absent: 0x7fffffff }, 'bad: absent'],
    ['int32 0x80000000', [0x8000, 0], { type: 'int32', absent: 0x80000000 }, 'bad: absent'],
    [
      'marks are read in the order of the value',
      [0, 0x8000],
      { type: 'int32', order: 'CDAB', absent: 0x80000000 },
      'bad: absent',
    ],
    ['several: the first', [0, 0xffff], { type: 'uint32', absent: [65535, 4294967295] }, 'bad: absent'],
    ['several: the last', [0xffff, 0xffff], { type: 'uint32', absent: [65535, 4294967295] }, 'bad: absent'],
    [
      'uint64 all ones',
      [0xffff, 0xffff, 0xffff, 0xffff],
      { type: 'uint64', absent: '0xFFFFFFFFFFFFFFFF' },
      'bad: absent',
    ],
    ['int64 0x8000…', [0x8000, 0, 0, 0], { type: 'int64', absent: '0x8000000000000000' }, 'bad: absent'],
    ['a NaN that means absent', [0x7fc0, 0], { type: 'float32', absent: 0x7fc00000 }, 'bad: absent'],
    ['another NaN', [0x7fc0, 1], { type: 'float32', absent: 0x7fc00000 }, 'bad: not_a_number'],
    ['NaN', [0xffc0, 0], { type: 'float32' }, 'bad: not_a_number'],
    ['NaN is no other code', [0xffc0, 0], { type: 'float32' }, 'bad: not_a_number', { enum: { other: 'x' } }],
    ['infinity', [0x7f80, 0], { type: 'float32' }, 'bad: not_a_number'],
    ['minus infinity', [0xfff0, 0, 0, 0], { type: 'float64' }, 'bad: not_a_number'],
    ['half of NaN', [0x7e00], { type: 'float16' }, 'bad: not_a_number'],
    ['a register of which one bit is taken', [0xffff], { bit: 3, absent: 0xffff }, 'bad: absent'],
    ['a register of which bits are taken', [0xffff], { bits: [0, 3], absent: 0xffff }, 'bad: absent'],
    ['outside the range', [900], { scale: 0.01 }, 'bad: out_of_range', { range: [0, 4] }],
  ]
  for (const [title, words, mapping, expected, point] of table) t.equal(decoded(words, mapping, point), expected, title)
})

t.test('F30: whatever the wire says, a value is finite and within its range, or bad', async () => {
  const types: RegisterType[] = [
    'uint16',
    'int16',
    'uint32',
    'int32',
    'uint64',
    'int64',
    'float16',
    'float32',
    'float64',
    'bcd16',
    'bcd32',
  ]
  const word = fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0, 0x7f80, 0x7fc0, 0x7ff0, 0x8000, 0xffff))
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 4, maxLength: 4 }),
      fc.constantFrom(...types),
      fc.constantFrom<Order>(...ORDERS),
      fc.constantFrom(undefined, 0.1, -3, 1e300),
      (words, type, order, scale) => {
        const point: Point = { range: [-1e6, 1e6] }
        const { value } = decodeRegisters(words, point, { address: 0, type, order, ...(scale ? { scale } : {}) })
        return value === null || (typeof value === 'number' && Math.abs(value) <= 1e6)
      },
    ),
  )
})

t.test('F29: what is encoded is decoded, in every type and order', async () => {
  const whole = (min: number, max: number) => fc.integer({ min, max })
  const values: [RegisterType, fc.Arbitrary<number>][] = [
    ['uint16', whole(0, 0xffff)],
    ['int16', whole(-0x8000, 0x7fff)],
    ['uint32', whole(0, 0xffffffff)],
    ['int32', whole(-0x80000000, 0x7fffffff)],
    ['uint64', fc.maxSafeNat()],
    ['int64', fc.maxSafeInteger()],
    ['float32', fc.float({ noNaN: true, noDefaultInfinity: true })],
    ['float64', fc.double({ noNaN: true, noDefaultInfinity: true })],
    ['bcd16', whole(0, 9_999)],
    ['bcd32', whole(0, 99_999_999)],
  ]
  for (const [type, arbitrary] of values) {
    const orders: Order[] = widthOf({ type }) === 4 ? [...ORDERS, ...LONG_ORDERS] : [...ORDERS]
    fc.assert(
      fc.property(arbitrary, fc.constantFrom(...orders), (value, order) => {
        const mapping = { address: 0, type, order }
        const back = decodeRegisters(encodeRegisters(value, {}, mapping), {}, mapping).value
        // A float32 comes back as the shortest decimal of the same 32 bits.
        return type === 'float32' ? Math.fround(Number(back)) === Math.fround(value) : back === value
      }),
    )
  }
  fc.assert(
    fc.property(whole(0, 0xff), whole(0, 56), (value, low) => {
      const mapping: ModbusPoint = { address: 0, type: 'uint64', bits: [low, low + 7], order: 'DCBAHGFE' }
      return decodeRegisters(encodeRegisters(value, {}, mapping), {}, mapping).value === value
    }),
  )
})

t.test('a simulated unit says "no sensor" with the first mark of the profile', async (t) => {
  const mapping: ModbusPoint = { address: 0, type: 'float32', order: 'CDAB', absent: [0x7fc00000, 1] }
  t.same(absentRegisters(mapping), [0, 0x7fc0])
  t.equal(decoded(absentRegisters(mapping)!, mapping), 'bad: absent')
  t.equal(absentRegisters({ address: 0 }), undefined)
})

type Vector = Readonly<{
  name: string
  bytes: string
  byte_order: string
  type: string
  scale: number | null
  bit: string | null
  expected: number | string
  expected_type: string
}>

/** Their words for ours. A half of a register is a range of its bits. */
function mappingOf({ type, byte_order: letters, bytes, scale, bit }: Vector): Mapping {
  const order = ({ AB: 'ABCD', BA: 'BADC' } as const)[letters] ?? (letters as Order)
  const wide = `${type.startsWith('UINT') ? 'u' : ''}int${bytes.length * 4}` as RegisterType
  const scaled = { order, ...(scale === null || scale === 1 ? {} : { scale }) }
  switch (type) {
    case 'BIT':
      return { ...scaled, bit: Number(bit) }
    case 'UINT8L':
    case 'INT8L':
      return { ...scaled, type: wide, bits: [0, 7] }
    case 'UINT8H':
    case 'INT8H':
      return { ...scaled, type: wide, bits: [8, 15] }
    case 'STRING':
      return { ...scaled, type: 'string', length: bytes.length / 2 }
    case 'FIXED':
      return { ...scaled, type: wide }
    default:
      return { ...scaled, type: type.toLowerCase().replace('-ieee', '') as RegisterType }
  }
}

t.test(
  'F29: recorded type conversions',
  { skip: existsSync(vectors) ? false : 'CARETAKER_TEST_DATA holds no modbus-vectors' },
  async (t) => {
    const { vectors: all } = JSON.parse(readFileSync(vectors, 'utf8')) as { vectors: Vector[] }
    t.equal(all.length, 29)
    for (const vector of all) {
      const words = vector.bytes.match(/.{4}/g)!.map((word) => Number.parseInt(word, 16))
      const mapping = mappingOf(vector)
      const { value, reason } = decodeRegisters(words, {}, { address: 0, ...mapping })
      if (typeof vector.expected === 'number' && Math.abs(vector.expected) > Number.MAX_SAFE_INTEGER) {
        // Refused, for the nearest number is another one; both halves are exact, which proves the order.
        t.equal(reason, 'out_of_range', `${vector.name}: beyond 2^53`)
        const half = (low: number) => BigInt(Number(decoded(words, { ...mapping, bits: [low, low + 31] })))
        t.equal(Number((half(32) << 32n) | half(0)), vector.expected, vector.name)
      } else if (typeof value === 'number') {
        // Their integers cut off what a scale below 1 leaves.
        const comparable = vector.expected_type.includes('int') ? Math.trunc(value) : value
        const error = Math.abs(comparable - Number(vector.expected))
        t.ok(error <= Math.abs(Number(vector.expected)) * 1e-14, `${vector.name}: ${value}`)
      } else t.equal(typeof value === 'boolean' ? Number(value) : value, vector.expected, vector.name)
    }
  },
)

type Dump = Readonly<{
  model: string
  registers: Readonly<Record<string, Readonly<Record<string, number>>>>
  expected: readonly Readonly<{
    name: string
    function: number
    address: number
    type: string
    multiplier: number
    offset: number
    value: number
  }>[]
}>

t.test(
  'F29: registers of real units',
  { skip: existsSync(dumps) ? false : 'CARETAKER_TEST_DATA holds no register-dumps' },
  async (t) => {
    const files = readdirSync(dumps).filter((name) => name.endsWith('.json'))
    t.equal(files.length, 3)
    for (const file of files) {
      const { model, registers, expected } = JSON.parse(readFileSync(join(dumps, file), 'utf8')) as Dump
      for (const { name, function: code, address, type, multiplier, offset, value } of expected) {
        const mapping: Mapping = {
          type: type.startsWith('float32') ? 'float32' : 'uint16',
          ...(multiplier === 1 ? {} : { scale: multiplier }),
          ...(offset === 0 ? {} : { offset }),
        }
        const words = [0, 1].map((i) => registers[code]![address + i] ?? 0)
        const actual = Number(decoded(words, mapping))
        // The collection rounds to six decimals.
        const isSame = Math.abs(actual - value) <= 1e-6 || Math.fround(actual) === Math.fround(value)
        t.ok(isSame, `${model} ${name}: ${actual}, recorded ${value}`)
      }
    }
  },
)
