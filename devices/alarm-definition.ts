import Type, { type Static } from 'typebox'
import { DURATION_PATTERN } from './duration.ts'
import { Duration, Name, oneOf, Text } from './point.ts'

/** Ranks announcements (ISA-18.2 priority). */
export const PRIORITIES = ['critical', 'high', 'medium', 'low'] as const
export type Priority = (typeof PRIORITIES)[number]
/** Sets an order's clocks. */
export const ORDER_CLASSES = ['P0', 'P1', 'P2', 'P3', 'P4a', 'P4b', 'P5', 'P5q', 'P6', 'P7', 'P8a', 'P8b'] as const
export type OrderClass = (typeof ORDER_CLASSES)[number]
export const LIMIT_SIDES = ['hihi', 'hi', 'lo', 'lolo'] as const
export type LimitSide = (typeof LIMIT_SIDES)[number]

/** Sorted waste (GB/T 19095): 厨余, 可回收, 有害, 其他. */
export const WASTE_CATEGORIES = ['kitchen', 'recyclable', 'hazardous', 'other'] as const
export type WasteCategory = (typeof WASTE_CATEGORIES)[number]

const strict = { additionalProperties: false } as const
const Limits = Type.Object(
  {
    hihi: Type.Optional(Type.Number()),
    hi: Type.Optional(Type.Number()),
    lo: Type.Optional(Type.Number()),
    lolo: Type.Optional(Type.Number()),
  },
  { ...strict, minProperties: 1, description: 'true from the limit on; needs point' },
)
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const ClockTime = Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$|^24:00$', description: 'HH:MM at the site' })
const Span = Type.Object(
  {
    days: Type.Optional(
      Type.Array(oneOf(WEEKDAYS), { minItems: 1, description: 'on which it begins; all unless said' }),
    ),
    from: ClockTime,
    to: ClockTime,
    limits: Type.Optional(Limits),
    off: Type.Optional(Type.Boolean({ description: 'not watched at all then' })),
  },
  { ...strict, description: 'other limits for a while of the week; may run past midnight' },
)
const Times = Type.Integer({ minimum: 0, maximum: 100_000, description: 'more often than this' })
const Size = Type.Number({ exclusiveMinimum: 0 })

const Readings = Type.Integer({ minimum: 1, maximum: 100, description: 'so many in a row; 1 unless said' })
const Lasting = {
  readings: Type.Optional(Readings),
  for: Type.Optional(Type.Unsafe<string>({ ...Duration, description: 'from the first of them to the last' })),
}
const Reached = Type.Object(
  { hi: Type.Optional(Type.Number()), lo: Type.Optional(Type.Number()), ...Lasting },
  { ...strict, description: 'from hi upwards or from lo downwards' },
)
const Left = Type.Object(
  {
    below: Type.Optional(Type.Number()),
    above: Type.Optional(Type.Number()),
    fall: Type.Optional(Size),
    rise: Type.Optional(Size),
    ...Lasting,
  },
  { ...strict, description: 'below or above a limit, or a fall or rise of so much from one reading to the next' },
)

/** Conditions beyond limits and CEL: one key of the definition each. */
const Conditions = {
  rate: Type.Optional(
    Type.Object(
      { over: Duration, rise: Type.Optional(Size), fall: Type.Optional(Size) },
      { ...strict, minProperties: 2, description: 'the point rises, or falls, by so much within that time' },
    ),
  ),
  persists: Type.Optional(
    Type.Object(
      {
        raise: Type.Array(Reached, { minItems: 1, maxItems: 8, description: 'any of these makes it true' }),
        clear: Type.Optional(
          Type.Array(Left, {
            minItems: 1,
            maxItems: 8,
            description: 'any of these ends it; the first reading that is not beyond, unless said',
          }),
        ),
      },
      { ...strict, description: 'the point reaches a level in so many readings in a row, or for so long' },
    ),
  ),
  stuck: Type.Optional(
    Type.Object(
      {
        for: Type.Unsafe<string | Readonly<Record<WasteCategory, string>>>({
          type: ['string', 'object'],
          pattern: DURATION_PATTERN,
          properties: Object.fromEntries(WASTE_CATEGORIES.map((category) => [category, Duration])),
          required: [...WASTE_CATEGORIES],
          additionalProperties: false,
          description: 'a duration, or one for each category of waste bins',
        }),
        resolution: Type.Optional(Type.Number({ minimum: 0, description: 'a smaller change is none; 0 unless said' })),
        driver: Type.Optional(
          Type.String({
            minLength: 1,
            description: 'CEL: while this is true, the point ought to move; always unless said',
          }),
        ),
      },
      { ...strict, description: 'the point stands still while what drives it moves' },
    ),
  ),
  absent: Type.Optional(
    Type.Object({ for: Duration }, { ...strict, description: 'no good reading of the point for so long' }),
  ),
  changes: Type.Optional(
    Type.Object({ over: Duration, above: Times }, { ...strict, description: 'the point changes too often' }),
  ),
  disagrees: Type.Optional(
    Type.Object(
      {
        with: Name,
        of: Type.Optional(Type.String({ description: 'another device of the same asset; only in a site file' })),
        by: Type.Optional(Type.Number({ minimum: 0, description: 'further apart than this; 0 unless said' })),
      },
      { ...strict, description: 'two points that measure the same say different things' },
    ),
  ),
  duty: Type.Optional(
    Type.Object(
      {
        over: Duration,
        starts: Type.Optional(Times),
        share: Type.Optional(
          Type.Number({ minimum: 0, maximum: 1, description: 'on for a larger share of the time than this' }),
        ),
      },
      { ...strict, minProperties: 2, description: 'it starts too often, or runs too much; the point is a switch' },
    ),
  ),
  lost: Type.Optional(
    Type.Object(
      {
        while: Type.String({ minLength: 1, description: 'CEL, without windows: so its last good values were' }),
        within: Duration,
        or: Type.Optional(Type.String({ minLength: 1, description: 'CEL: the device itself says that it goes' })),
      },
      { ...strict, description: 'the device falls silent while its last good values, not older than within, were so' },
    ),
  ),
  moving_normal: Type.Optional(
    Type.Object(
      {
        short: Type.Optional(Duration),
        normal: Type.Optional(Duration),
        deviations: Type.Optional(Type.Number({ minimum: 1, maximum: 100 })),
        least: Type.Optional(
          Type.Number({ minimum: 0, description: 'a deviation is never taken for less: resolution, or what matters' }),
        ),
        side: Type.Optional(oneOf(['above', 'below', 'both'] as const)),
        settles_after: Type.Optional(Duration),
      },
      { ...strict, description: 'a short average leaves what was normal for it before' },
    ),
  ),
} as const
/** What an alarm may be about; a definition has one of these. */
export const CONDITION_KEYS = ['limits', 'when', ...(Object.keys(Conditions) as (keyof typeof Conditions)[])] as const

/**
 * An alarm as a person writes it, in a profile or in a site file: `limits` on one `point`, a CEL `when` over the
 * device's points, or one of the other conditions, never two. ISA-18.2 asks for cause, consequence, response, time to
 * respond.
 */
export const AlarmDefinition = Type.Object(
  {
    id: Type.String({
      pattern: '^[a-z][a-z0-9-]*$',
      description: "a site's alarm with the same id replaces the profile's",
    }),
    name: Text,
    point: Type.Optional(Name),
    limits: Type.Optional(Limits),
    window: Type.Optional(
      Type.Object(
        { of: oneOf(['avg', 'min', 'max', 'sum'] as const), over: Duration },
        { ...strict, description: 'the limits are held against this instead of the newest value' },
      ),
    ),
    schedule: Type.Optional(
      Type.Array(Span, { maxItems: 32, description: 'the first that covers the time of the reading counts' }),
    ),
    when: Type.Optional(
      Type.String({ minLength: 1, description: 'CEL over the points of the device, instead of point and limits' }),
    ),
    until: Type.Optional(
      Type.String({ minLength: 1, description: 'CEL, with when: once true it stays so until this is true' }),
    ),
    pulse: Type.Optional(
      Type.Boolean({
        description: 'with until: one reading is enough, also while the delay runs, such as of a button',
      }),
    ),
    ...Conditions,
    deadband: Type.Optional(Type.Number({ minimum: 0, description: 'so far back from the limit it is over' })),
    delay: Type.Optional(
      Type.Object(
        { on: Type.Optional(Duration), off: Type.Optional(Duration) },
        {
          additionalProperties: false,
          description: 'how long it must hold, and be gone; 30s and 60s unless said, 0s with persists',
        },
      ),
    ),
    enabled_when: Type.Optional(Type.String({ minLength: 1, description: 'CEL: judged only while this is true' })),
    on_missing: Type.Optional(
      oneOf(
        ['hold', 'alarm'] as const,
        'hold: what stands stays while its data is missing, which is an alarm of the device; alarm: it is one of this rule as well',
      ),
    ),
    latch: Type.Optional(Type.Boolean({ description: 'stays until somebody resets it after a look on site' })),
    priority: oneOf(PRIORITIES, 'ranks announcements'),
    class: oneOf(ORDER_CLASSES, "sets the order's clocks"),
    skill: Type.String({ pattern: '^[a-z][a-z0-9_]*$', description: 'who can mend it: water, electric, lift, …' }),
    cause: Type.Optional(Text),
    consequence: Type.Optional(Text),
    response: Type.Optional(Text),
    respond_within: Type.Optional(Duration),
    notice: Type.Optional(
      Type.String({
        pattern: '^[a-z][a-z0-9-]*$',
        description: 'kind of the notice to the homes that the asset serves; without it residents are not told',
      }),
    ),
    closes_itself: Type.Optional(
      Type.Boolean({ description: 'the order closes on telemetry alone: bins and communication' }),
    ),
    rescue: Type.Optional(
      Type.Boolean({
        description: 'somebody cannot get out: comfort, somebody on site and the rescue chain begin at once',
      }),
    ),
    intercom: Type.Optional(
      Type.Boolean({ description: 'an alarm button: somebody answers by intercom within a minute, in every mode' }),
    ),
    verify: Type.Optional(
      Type.Object(
        {
          normal: Type.Optional(Duration),
          readings: Type.Optional(Type.Unsafe<number>({ ...Readings, description: 'so many normal ones in a row' })),
          shown: Type.Optional(Type.String({ minLength: 1, description: 'CEL: what only a repaired device shows' })),
        },
        {
          ...strict,
          minProperties: 1,
          description: 'before the readings verify the order: so long, and so often, normal, and this',
        },
      ),
    ),
  },
  { additionalProperties: false },
)
export type AlarmDefinition = Static<typeof AlarmDefinition>

/** How long a condition must hold, and be gone, unless the definition says otherwise. */
export const DEFAULT_ON_DELAY_MS = 30_000
export const DEFAULT_OFF_DELAY_MS = 60_000

/** 10/10 valves closing on a test bed, none before, with these. */
export const MOVING_NORMAL = { short: '60s', normal: '9m', deviations: 6, settles_after: '1d' } as const
