import Type, { type Static } from 'typebox'
import { AlarmDefinition } from '#devices/alarm-definition.ts'
import { type Path, readDocument } from '#devices/document.ts'
import type { ConfigFault, FaultCode, Params } from '#devices/fault.ts'
import { Duration, Name } from '#devices/point.ts'
import { REASONS } from '#devices/reading.ts'

const strict = { additionalProperties: false } as const
const Id = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$' })

/** One device by its id, or all of an asset's kind, or all of a profile. */
const Target = Type.Unsafe<string | Readonly<{ kind: string }> | Readonly<{ profile: string }>>({
  type: ['string', 'object'],
  properties: {
    kind: { type: 'string', description: 'of the asset: pump-set, lift, waste-bin, …' },
    profile: { type: 'string', description: 'the device model' },
  },
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 1,
  description: 'the id of a device, or { kind: … } or { profile: … } for all of them',
})

/** An alarm of its own, or what is to be different in one that the device has from its profile or a wider rule. */
const RuleEntry = Type.Object(
  {
    for: Target,
    id: AlarmDefinition.properties.id,
    ...Type.Partial(Type.Omit(AlarmDefinition, ['id'])).properties,
    disabled: Type.Optional(Type.Literal(true, { description: 'these devices do not have this alarm; needs reason' })),
    reason: Type.Optional(Type.String({ minLength: 1, description: 'why it is disabled' })),
  },
  strict,
)
export type RuleEntry = Readonly<Static<typeof RuleEntry>>

const Told = Type.Unsafe<number | boolean | string | Readonly<{ bad: (typeof REASONS)[number] }>>({
  type: ['number', 'boolean', 'string', 'object'],
  properties: { bad: { type: 'string', enum: [...REASONS] } },
  required: ['bad'],
  additionalProperties: false,
})
const Given = Type.Object(
  {
    at: Duration,
    values: Type.Optional(Type.Record(Name, Told, { description: 'point → value, or { bad: reason }' })),
    silent: Type.Optional(Type.Literal(true, { description: 'nothing is heard from here to the next line' })),
  },
  strict,
)
const Expected = Type.Object(
  {
    at: Duration,
    raised: Type.Optional(Type.String({ description: 'alarm, with its side where there are several: pressure.lo' })),
    cleared: Type.Optional(Type.String()),
  },
  strict,
)
const RuleTest = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    device: Id,
    start: Type.Optional(
      Type.String({ description: 'ISO 8601 with offset: the moment of 0s, where the time of day matters' }),
    ),
    every: Type.Optional(
      Type.Unsafe<string>({ ...Duration, description: 'how often the device speaks; 5s unless said' }),
    ),
    until: Type.Optional(Type.Unsafe<string>({ ...Duration, description: 'the last time named unless said' })),
    given: Type.Array(Given, { minItems: 1, description: 'values hold until the next line; times from the beginning' }),
    expect: Type.Array(Expected, { description: 'all that this file’s alarms do, in order; [] when they keep silent' }),
  },
  strict,
)
export type RuleTest = Readonly<Static<typeof RuleTest>>

/** A rule file: alarms for devices, kinds or profiles, and small series that test them. */
export const RuleFileSchema = Type.Object(
  { alarms: Type.Array(RuleEntry), tests: Type.Optional(Type.Array(RuleTest)) },
  strict,
)

/** One file of rules as it is written, less what its schema refuses. Every part knows its place in the text. */
export type RuleFile = Readonly<{
  file: string
  /** Of the same alarms its word counts, not what other files say. */
  isDraft: boolean
  entries: readonly Readonly<{ entry: RuleEntry; at: Path }>[]
  tests: readonly Readonly<{ test: RuleTest; at: Path }>[]
  faults: readonly ConfigFault[]
  faultAt(path: Path, code: FaultCode, params?: Params, offset?: number): ConfigFault
}>

/** No I/O: the caller brings the text. A broken entry is left out, the others stand. */
export function readRuleFile(text: string, file: string, isDraft = false): RuleFile {
  const { value, faults, broken, faultAt } = readDocument(RuleFileSchema, text, file)
  const whole = <T>(list: 'alarms' | 'tests'): { item: T; at: Path }[] => {
    const items: unknown = (value as Record<string, unknown> | null | undefined)?.[list]
    if (!Array.isArray(items)) return []
    return (items as T[])
      .map((item, i) => ({ item, at: [list, i] }))
      .filter(({ at: [, i] }) => !broken.some((path) => path[0] === list && path[1] === i))
  }
  return {
    file,
    isDraft,
    entries: whole<RuleEntry>('alarms').map(({ item, at }) => ({ entry: item, at })),
    tests: whole<RuleTest>('tests').map(({ item, at }) => ({ test: item, at })),
    faults,
    faultAt,
  }
}
