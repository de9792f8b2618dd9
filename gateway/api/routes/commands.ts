import Type, { type Static, type TSchema } from 'typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Fault } from '#devices/fault.ts'
import type { CommandBody } from '#rules/command.ts'
import { PAUSE_REASONS } from '#rules/orders/states.ts'
import type { Identity } from '../../access/identity.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS, type Permission } from '../permissions.ts'
import { IdParams, NoQuery } from './collection.ts'

export const By = { by: Type.String({ minLength: 1, maxLength: 64 }) }
export const Note = Type.Optional(Type.String({ maxLength: 2_000 }))
/** Said to others: never empty. */
export const Reason = Type.String({ minLength: 1, maxLength: 2_000, pattern: '\\S' })
/** ISO 8601 with offset or Z, or ms. */
export const When = Type.String({ minLength: 1, maxLength: 40 })
const Body = Type.Object({
  ...By,
  comment: Note,
  finding: Note,
  reason: Type.Optional(Reason),
  text: Type.Optional(Reason),
  to: Type.Optional(By.by),
  pause: Type.Optional(Type.Enum([...PAUSE_REASONS])),
  until: Type.Optional(When),
  eta: Type.Optional(When),
  point: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  value: Type.Optional(Type.Union([Type.Number(), Type.Boolean(), Type.String({ maxLength: 64 })])),
})
type Body = Static<typeof Body>

/** Made by the client, the same when it sends again: the command has one effect and one answer. */
const KeyHeader = Type.Object({ 'idempotency-key': Type.String({ pattern: '^[\\x21-\\x7e]{8,128}$' }) }, {})

type CommandRoute = Readonly<{
  summary: string
  path: string
  permission: Permission
  /** The keys that the body may have; a key that is required here and may be left out elsewhere has its schema here. */
  body: Readonly<Record<string, TSchema>>
  command(id: string, body: Body, identity: Identity): CommandBody
  /** What is answered, where it is more than what happened. `command` is the id that the events carry. */
  answer?(done: Readonly<{ done: readonly string[] }>, command: string): Promise<object>
}>

/**
 * One command of a person: `by` says for whom it is done, the token says who does it, and only the token is believed.
 * 200 with what happened, or the refusal with its status and its parameters.
 */
export function commandRoute(
  app: FastifyInstance,
  context: ApiContext,
  { summary, path, permission, body, command, answer: told }: CommandRoute,
): void {
  app.post(
    path,
    {
      config: { access: { roles: PERMISSIONS[permission] } },
      schema: {
        summary,
        params: IdParams,
        querystring: NoQuery,
        headers: KeyHeader,
        body: Type.Object(body, { additionalProperties: false }),
      },
    },
    async (request: FastifyRequest, reply: FastifyReply) => {
      const { id } = request.params as Static<typeof IdParams>
      const { 'idempotency-key': key } = request.headers as Static<typeof KeyHeader>
      const identity = request.identity!
      // Everybody has keys of their own: nobody can take another's, or the outbox's.
      const commandId = `${identity.id}/${key}`
      const answer = await context.command({
        ...command(id, request.body as Body, identity),
        id: commandId,
        actor: identity.id,
      })
      if ('refused' in answer) throw new Fault(answer.refused, answer.params)
      return reply.send(told ? await told(answer, commandId) : answer)
    },
  )
}
