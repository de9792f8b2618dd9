import Type, { type Static } from 'typebox'
import { Duration } from './point.ts'
import { STATUS_NAMES } from './opcua-status.ts'

/** Defaults of the points that a server tells over OPC UA. */
export const OpcUaProfile = Type.Object(
  {
    sampling: Type.Optional(Duration),
    queue: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
  },
  {
    additionalProperties: false,
    description: 'how often the server looks at its points, 1s unless said, and how many changes it keeps, 10',
  },
)
export type OpcUaProfile = Static<typeof OpcUaProfile>

const Stated = Type.Object(
  {
    value: Type.Optional(Type.Unknown()),
    status: Type.Unsafe<string>({ type: 'string', enum: [...STATUS_NAMES], description: 'as OPC UA Part 4 names it' }),
  },
  { additionalProperties: false },
)
type Stated = Static<typeof Stated>

/** What a server says: node id as the profile writes it → value, or value with a status code. */
export const OpcUaExample = Type.Record(
  Type.String(),
  Type.Unsafe<unknown>({
    if: { type: 'object' },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    then: Stated,
    else: { type: ['number', 'string', 'boolean', 'null'] },
  }),
  { description: 'node id, as the profile writes it → value, or { value, status }' },
)

export function isStated(written: unknown): written is Stated {
  return typeof written === 'object' && written !== null
}
