import Type, { type Static } from 'typebox'
import { WEEKDAYS } from '#devices/alarm-definition.ts'

const strict = { additionalProperties: false } as const
const Word = '^[a-z][a-z0-9_-]*$'
const DAY = `(${WEEKDAYS.join('|')})`
export const DATE = '\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])'
const Day = Type.String({ pattern: `^${DATE}$`, description: 'YYYY-MM-DD' })

/** `07:00-19:00`, or the name of a shift. */
export const Hours = Type.String({
  pattern: '^(([01]\\d|2[0-4]):[0-5]\\d-([01]\\d|2[0-4]):[0-5]\\d|[a-z][a-z0-9_-]*)$',
  description: 'HH:MM-HH:MM in the time zone of the site, may run past midnight; or the name of a shift',
})
const OneDay = Type.String({ pattern: Word, description: 'the name of a shift, or off' })

const Cycle = Type.Object(
  {
    cycle: Type.Array(OneDay, { minItems: 1, maxItems: 366, description: 'a shift for each day of the round' }),
    from: Type.String({ pattern: `^${DATE}$`, description: 'a first day of the round' }),
  },
  strict,
)
const Week = Type.Object(
  {
    week: Type.Record(Type.String({ pattern: `^${DAY}(-${DAY})?$` }), OneDay, {
      description: 'a shift for mon, tue … or for mon-fri; off on days that are not named',
    }),
    holiday: Type.Optional(OneDay),
  },
  strict,
)

/** Who works when, but for what people say from day to day. */
export const ROSTER_KEYS = {
  shifts: Type.Optional(
    Type.Record(Type.String({ pattern: Word }), Type.Array(Hours, { minItems: 1 }), {
      description: 'hours that have a name; one shift may have several parts',
    }),
  ),
  rotations: Type.Optional(
    Type.Record(
      Type.String({ pattern: Word }),
      Type.Unsafe<Static<typeof Cycle> | Static<typeof Week>>({ anyOf: [Cycle, Week] }),
      { description: 'rounds of so many days, or weeks, that people of staff follow' },
    ),
  ),
  calendar: Type.Optional(
    Type.Object(
      {
        holidays: Type.Optional(
          Type.Array(Type.String({ pattern: `^${DATE}(/${DATE})?$` }), {
            description: 'public holidays: a day, or the first and the last with a stroke between',
          }),
        ),
        workdays: Type.Optional(
          Type.Record(Type.String({ pattern: `^${DATE}$` }), Type.String({ pattern: `^${DAY}$` }), {
            description: 'days off that are worked instead: the day, and the weekday it is worked like',
          }),
        ),
      },
      strict,
    ),
  ),
  certificates: Type.Optional(
    Type.Record(Type.String({ pattern: Word }), Type.String({ pattern: Word }), {
      description: 'by skill: the certificate that an order for it asks of the staff; contractors answer for their own',
    }),
  ),
  roster_owner: Type.Optional(
    Type.String({ description: 'role or person that is told of gaps: at once, and each day at 17:30 for tomorrow' }),
  ),
}

/** What a person of staff has of it. */
export const PERSON_ROSTER_KEYS = {
  duty: Type.Optional(Type.Array(Hours, { description: 'the same hours each day' })),
  rotation: Type.Optional(Type.String({ pattern: Word, description: 'an entry of rotations, instead of duty' })),
  phase: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 365, description: 'so many days ahead in the round; 0 unless said' }),
  ),
  certificates: Type.Optional(
    Type.Record(Type.String({ pattern: Word }), Day, {
      description: 'kinds, each with the last day on which it is good; later ones are recorded in the running program',
    }),
  ),
  assets: Type.Optional(
    Type.Array(Type.String(), { description: 'contractors: the assets, or kinds of assets, they are listed for' }),
  ),
}
