import Type from 'typebox'
import { oneOf } from '#devices/point.ts'

const strict = { additionalProperties: false } as const

export const Procedure = Type.Object(
  {
    arrival: Type.Optional(
      oneOf(['scan', 'word'] as const, 'scan: the tag of the asset, or a supervisor answers for it'),
    ),
    photos: Type.Optional(oneOf(['by_class', 'none'] as const, 'before an order can be finished')),
    closing: Type.Optional(
      oneOf(['by_class', 'free'] as const, 'by_class: after a call-back, or three days without objection'),
    ),
    verify: Type.Optional(
      oneOf(['by_profile', 'at_once'] as const, 'by_profile: normal for as long as the profile asks'),
    ),
  },
  { ...strict, description: 'how strictly orders are handled; what is not said is not asked for' },
)

export const Rescue = Type.Object(
  {
    comfort: Type.Optional(
      Type.Array(Type.String(), { minItems: 1, description: 'who speaks with them: roles or people' }),
    ),
    on_site: Type.Optional(Type.Array(Type.String(), { minItems: 1, description: 'who goes to the door' })),
    contractor: Type.Optional(Type.String({ description: 'the person on the staff who stands for him' })),
    lines: Type.Optional(
      Type.Array(Type.String({ minLength: 3, maxLength: 30 }), {
        minItems: 1,
        maxItems: 2,
        description: "the contractor's 24-hour number, and a second one",
      }),
    ),
    outside_cities: Type.Optional(
      Type.Boolean({ description: 'whoever frees people has an hour to come instead of half an hour' }),
    ),
  },
  { ...strict, description: 'who frees people from a lift' },
)
