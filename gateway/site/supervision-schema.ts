import Type from 'typebox'
import { Text } from '#devices/point.ts'

const ID = '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$'
const Id = Type.String({ pattern: ID, description: 'letters, digits, - and _' })
const Word = Type.String({ pattern: '^[a-z][a-z0-9_-]*$', description: 'small letters, digits, - and _' })
const Who = Type.Array(Type.String({ pattern: ID }), { minItems: 1, description: 'roles or persons of staff' })
const strict = { additionalProperties: false } as const

/** Of the site file: who stands above whom, whose shifts hand over to each other, what a level 3 costs. */
export const SUPERVISION_KEYS = {
  supervisors: Type.Optional(
    Type.Object(
      {
        head: Type.Optional(Who),
        heads: Type.Optional(Type.Record(Word, Who, { description: 'heads by skill, before head' })),
        manager: Type.Optional(Who),
        quality: Type.Optional(Who),
      },
      {
        ...strict,
        description: 'who is told when the clocks of an order run out; chief, manager, quality unless said',
      },
    ),
  ),
  handovers: Type.Optional(
    Type.Array(
      Type.Object(
        {
          id: Id,
          name: Type.Optional(Text),
          who: Who,
          at: Type.Array(Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' }), {
            minItems: 1,
            maxItems: 12,
            description: 'HH:MM, when shifts change',
          }),
        },
        strict,
      ),
      { description: 'whose shifts hand over to each other, with a sheet that both sides sign' },
    ),
  ),
  deduction: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 100,
      description: 'points that a level 3 costs that nobody explains in time; 5 unless said',
    }),
  ),
}
