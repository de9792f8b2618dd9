import Type from 'typebox'

/** Ids that we give: a letter and a number. Anything else cannot be there. */
export const IdParams = Type.Object(
  { id: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }) },
  { additionalProperties: false },
)

export const LIST_QUERY = {
  state: Type.Optional(Type.Union([Type.Literal('open'), Type.Literal('ended')])),
  /** The `next` of the page before. */
  before: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
}

/** Nothing, or an empty object from clients that always send one. */
export const NoBody = Type.Union([Type.Null(), Type.Object({}, { additionalProperties: false })])

export const NoQuery = Type.Object({}, { additionalProperties: false })
