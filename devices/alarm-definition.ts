import Type, { type Static } from 'typebox'
import { Duration, Name, oneOf, Text } from './point.ts'

/** Ranks announcements (ISA-18.2 priority). */
export const PRIORITIES = ['critical', 'high', 'medium', 'low'] as const
export type Priority = (typeof PRIORITIES)[number]
/** Sets an order's clocks. */
export const ORDER_CLASSES = ['P0', 'P1', 'P2', 'P3', 'P4a', 'P4b', 'P5', 'P5q', 'P6', 'P7', 'P8a', 'P8b'] as const
export type OrderClass = (typeof ORDER_CLASSES)[number]
export const LIMIT_SIDES = ['hihi', 'hi', 'lo', 'lolo'] as const
export type LimitSide = (typeof LIMIT_SIDES)[number]

/**
 * An alarm as a person writes it, in a profile or in a site file: either `limits` on one `point`, or a CEL `when`
 * over the device's points, never both. ISA-18.2 asks for cause, consequence, response, time to respond.
 */
export const AlarmDefinition = Type.Object(
  {
    id: Type.String({
      pattern: '^[a-z][a-z0-9-]*$',
      description: "a site's alarm with the same id replaces the profile's",
    }),
    name: Text,
    point: Type.Optional(Name),
    limits: Type.Optional(
      Type.Object(
        {
          hihi: Type.Optional(Type.Number()),
          hi: Type.Optional(Type.Number()),
          lo: Type.Optional(Type.Number()),
          lolo: Type.Optional(Type.Number()),
        },
        { additionalProperties: false, minProperties: 1, description: 'true from the limit on; needs point' },
      ),
    ),
    when: Type.Optional(
      Type.String({ minLength: 1, description: 'CEL over the points of the device, instead of point and limits' }),
    ),
    deadband: Type.Optional(Type.Number({ minimum: 0, description: 'so far back from the limit it is over' })),
    delay: Type.Optional(
      Type.Object(
        { on: Type.Optional(Duration), off: Type.Optional(Duration) },
        { additionalProperties: false, description: 'how long it must hold, and be gone; 30s and 60s unless said' },
      ),
    ),
    enabled_when: Type.Optional(Type.String({ minLength: 1, description: 'CEL: judged only while this is true' })),
    latch: Type.Optional(Type.Boolean({ description: 'stays until somebody resets it after a look on site' })),
    priority: oneOf(PRIORITIES, 'ranks announcements'),
    class: oneOf(ORDER_CLASSES, "sets the order's clocks"),
    skill: Type.String({ pattern: '^[a-z][a-z0-9_]*$', description: 'who can mend it: water, electric, lift, …' }),
    cause: Type.Optional(Text),
    consequence: Type.Optional(Text),
    response: Type.Optional(Text),
    notice: Type.Optional(
      Type.String({
        pattern: '^[a-z][a-z0-9-]*$',
        description: 'kind of the notice to the homes that the asset serves; without it residents are not told',
      }),
    ),
    closes_itself: Type.Optional(
      Type.Boolean({ description: 'the order closes on telemetry alone: bins and communication' }),
    ),
  },
  { additionalProperties: false },
)
export type AlarmDefinition = Static<typeof AlarmDefinition>

/** How long a condition must hold, and be gone, unless the definition says otherwise. */
export const DEFAULT_ON_DELAY_MS = 30_000
export const DEFAULT_OFF_DELAY_MS = 60_000
