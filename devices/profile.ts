import Type, { type Static } from 'typebox'
import { AlarmDefinition, ORDER_CLASSES, PRIORITIES } from './alarm-definition.ts'
import { alarmFaults } from './alarm-faults.ts'
import { closest } from './closest.ts'
import { controlFaults } from './control-faults.ts'
import { checked, readDocument, type WrittenDocument } from './document.ts'
import { parseDuration } from './duration.ts'
import { compileCondition, type VariableType } from './expression.ts'
import type { ConfigFault } from './fault.ts'
import { payloadFaults } from './payload-faults.ts'
import { LorawanProfile, MqttProfile, Parameters } from './payload-source.ts'
import { opcuaFaults } from './opcua-faults.ts'
import { OpcUaExample, OpcUaProfile } from './opcua-source.ts'
import { pointFaults } from './point-faults.ts'
import { Duration, Name, oneOf, ORDERS, Point, TABLES, Text, valueTypeOf } from './point.ts'

const Words = Type.Record(
  Type.String({ pattern: '^(0x[0-9a-fA-F]+|\\d+)$' }),
  Type.Array(Type.Integer({ minimum: 0, maximum: 0xffff })),
)
const Bits = Type.Record(Type.String({ pattern: '^(0x[0-9a-fA-F]+|\\d+)$' }), Type.Boolean())

/** A wire image and the values that must come out of it: a profile tests itself. */
const Example = Type.Object(
  {
    modbus: Type.Optional(
      Type.Object(
        {
          holding: Type.Optional(Words),
          input: Type.Optional(Words),
          coil: Type.Optional(Bits),
          discrete: Type.Optional(Bits),
        },
        { additionalProperties: false },
      ),
    ),
    mqtt: Type.Optional(
      Type.Object(
        {
          topic: Type.Optional(Type.String({ description: 'an entry of mqtt.topics; the main topic unless said' })),
          payload: Type.Unknown(),
        },
        { additionalProperties: false },
      ),
    ),
    lorawan: Type.Optional(
      Type.Object(
        {
          port: Type.Optional(Type.Integer({ minimum: 0, maximum: 255, description: 'fPort; 1 unless said' })),
          hex: Type.Optional(
            Type.String({ pattern: '^([0-9a-fA-F]{2} ?)*$', description: 'the bytes, as a payload comes' }),
          ),
          decoded: Type.Optional(Type.Unknown({ description: 'instead: what the network server decoded' })),
          at: Type.Optional(
            Type.String({
              description: 'ISO time of one record of an earlier time: expect says what that record holds',
            }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    opcua: Type.Optional(OpcUaExample),
    parameters: Type.Optional(Type.Record(Name, Type.Number(), { description: 'other than the defaults' })),
    expect: Type.Record(Name, Type.Unknown(), {
      description: 'point → value, { bad: reason }, or { uncertain: reason, value }',
    }),
  },
  { additionalProperties: false },
)
export type Example = Static<typeof Example>

const Forbidden = Type.Object(
  {
    table: Type.Optional(oneOf(TABLES, 'in this table only; otherwise in all')),
    from: Type.Integer({ minimum: 0, maximum: 0xffff }),
    to: Type.Integer({ minimum: 0, maximum: 0xffff, description: 'the last one, inclusive' }),
  },
  { additionalProperties: false },
)
type Forbidden = Readonly<Static<typeof Forbidden>>

export const ProfileSchema = Type.Object(
  {
    profile: Type.String({ pattern: '^[a-z][a-z0-9-]*$', description: 'the name that the site file uses' }),
    name: Text,
    kind: Type.String({
      pattern: '^[a-z][a-z0-9-]*$',
      description: 'what sort of equipment: pump-set, lift, waste-bin, …; the measurement in InfluxDB',
    }),
    tags: Type.Optional(Type.Array(Type.String())),
    modbus: Type.Optional(
      Type.Object(
        {
          table: Type.Optional(oneOf(TABLES)),
          order: Type.Optional(oneOf(ORDERS)),
          every: Type.Optional(Duration),
          gap: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: 124,
              description: 'join reads that lie up to so many registers apart',
            }),
          ),
          max_registers: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 125, description: 'most registers that the unit gives in one reply' }),
          ),
          max_bits: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 2_000,
              description: 'most coils or inputs that it gives in one reply',
            }),
          ),
          forbidden: Type.Optional(
            Type.Unsafe<readonly Forbidden[]>(
              Type.Array(Forbidden, {
                description: 'registers that the unit refuses, or that change it: never read, not even in a gap',
              }),
            ),
          ),
        },
        { additionalProperties: false, description: 'defaults of the points that are polled over Modbus' },
      ),
    ),
    mqtt: Type.Optional(MqttProfile),
    lorawan: Type.Optional(LorawanProfile),
    opcua: Type.Optional(OpcUaProfile),
    parameters: Type.Optional(Parameters),
    /** Nothing heard for so long: the device is silent and its points are bad. */
    offline_after: Duration,
    communication: Type.Object(
      { class: oneOf(ORDER_CLASSES), priority: oneOf(PRIORITIES), skill: Type.String() },
      { additionalProperties: false, description: 'the alarm that loss of data raises' },
    ),
    inspection_when: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'CEL: while it is true somebody works on it, and its own alarms are suppressed but for safety ones',
      }),
    ),
    points: Type.Record(Name, Point, { minProperties: 1, description: 'name in snake_case → what it is' }),
    alarms: Type.Optional(Type.Array(AlarmDefinition)),
    examples: Type.Array(Example, {
      minItems: 1,
      description: 'wire images with the values that must come out; caretaker check runs them',
    }),
  },
  { additionalProperties: false },
)

/** A kind of device as data: its points, how they stand on the wire, its alarms, and examples that test it. */
export type Profile = Readonly<Static<typeof ProfileSchema>>

/** `faultAt` names a place of the text, for what its examples show. */
export type ReadProfile = Readonly<{
  profile: Profile | undefined
  faults: readonly ConfigFault[]
  faultAt: WrittenDocument<Profile>['faultAt']
}>

/** A profile that a person wrote, with all its faults; with any, there is no profile. No I/O: the caller brings the text. */
export function readProfile(text: string, file: string): ReadProfile {
  const document = readDocument(ProfileSchema, text, file)
  const profile = document.value
  const { faultAt } = document
  if (profile === undefined) return { profile, faults: document.faults, faultAt }
  const faults = [
    ...document.faults,
    ...checked(() => pointFaults(profile, document)),
    ...checked(() => controlFaults(profile, variablesOf(profile), document)),
    ...checked(() => payloadFaults(profile, document)),
    ...checked(() => opcuaFaults(profile, document)),
    ...checked(() => expectationFaults(profile, document)),
    ...checked(() => modeFaults(profile, document)),
    ...checked(() => alarmFaults(profile.alarms ?? [], { variables: variablesOf(profile) }, document, ['alarms'])),
  ]
  return { profile: faults.length > 0 ? undefined : profile, faults, faultAt }
}

/** An example that expects a point which is not there tests nothing. */
function expectationFaults(profile: Profile, document: WrittenDocument<Profile>): ConfigFault[] {
  return profile.examples.flatMap(({ expect }, i) =>
    Object.keys(expect)
      .filter((name) => !Object.hasOwn(profile.points, name))
      .map((id) => {
        const hint = closest(id, Object.keys(profile.points))
        const params = { kind: 'point', id, ...(hint ? { hint } : {}) }
        return document.faultAt(['examples', i, 'expect', id], 'unknown_reference', params)
      }),
  )
}

function modeFaults(profile: Profile, document: WrittenDocument<Profile>): ConfigFault[] {
  if (profile.inspection_when === undefined) return []
  const compiled = compileCondition(profile.inspection_when, variablesOf(profile))
  if (!('fault' in compiled)) return []
  const { code, params, offset } = compiled.fault
  return [document.faultAt(['inspection_when'], code, params, offset)]
}

/** The variables a CEL text over this profile's points may use. */
export function variablesOf(profile: Profile): Map<string, VariableType> {
  const types = { number: 'double', bool: 'bool', string: 'string' } as const
  return new Map(Object.entries(profile.points).map(([name, point]) => [name, types[valueTypeOf(point)]]))
}

export function offlineAfterMs(profile: Profile): number {
  return parseDuration(profile.offline_after)!
}
