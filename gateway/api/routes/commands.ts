import Type, { type Static, type TObject, type TSchema } from 'typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Fault } from '#devices/fault.ts'
import type { CommandBody } from '#rules/command.ts'
import type { Identity } from '../../access/identity.ts'
import type { CommandAnswer } from '../../answer-book.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS, type Permission } from '../permissions.ts'
import { timeUnder } from '../site-time.ts'
import { IdParams, NoQuery } from './collection.ts'

export const By = { by: Type.String({ minLength: 1, maxLength: 64 }) }
export const Note = Type.Optional(Type.String({ maxLength: 2_000 }))
/** Said to others: never empty. */
export const Reason = Type.String({ minLength: 1, maxLength: 2_000, pattern: '\\S' })
/** ISO 8601 with offset or Z, or ms. */
export const When = Type.String({ minLength: 1, maxLength: 40 })
/** When it was done by the clock of a phone that was offline then; kept beside the time at which we heard of it. */
const DeviceAt = { deviceAt: Type.Optional(When) }
/** Whose command it is, under which key, and when it was given where that was earlier. */
export type CommandStamp = Readonly<{ id: string; actor: string; deviceAt?: number }>
type Properties = Record<string, TSchema>
type BodyOf<P extends Properties> = Static<TObject<P>>

/** Made by the client, the same when it sends again: the command has one effect and one answer. */
const KeyHeader = Type.Object({ 'idempotency-key': Type.String({ pattern: '^[\\x21-\\x7e]{8,128}$' }) }, {})

type CommandRoute<P extends Properties> = Readonly<{
  summary: string
  path: string
  permission: Permission
  /** The keys that the body may have. */
  body: P
  /** Who has the role may still not be the one: throws for somebody else. */
  guard?(id: string, body: BodyOf<P>, identity: Identity): Promise<void>
  /** `id` is that of the address; empty where it names nothing. */
  command?(id: string, body: BodyOf<P>, identity: Identity): CommandBody | Promise<CommandBody>
  /** In place of `command`, where more has to be done than to hand it on. */
  send?(id: string, body: BodyOf<P>, stamp: CommandStamp): Promise<CommandAnswer>
  /** What is answered, where it is more than what happened. `command` is the id that the events carry. */
  answer?(done: Readonly<{ done: readonly string[] }>, command: string): Promise<object>
  /** What else is done once the command was, before it is answered; also when it is sent again. */
  after?(id: string, identity: Identity): Promise<void>
}>

/**
 * One command of a person: `by` says for whom it is done, the token says who does it, and only the token is believed.
 * 200 with what happened, or the refusal with its status and its parameters.
 */
export function commandRoute<P extends Properties>(
  app: FastifyInstance,
  context: ApiContext,
  { summary, path, permission, body, guard, command, send, answer: told, after }: CommandRoute<P>,
): void {
  app.post(
    path,
    {
      config: { access: { roles: PERMISSIONS[permission] } },
      schema: {
        summary,
        ...(path.includes('/:id') ? { params: IdParams } : {}),
        querystring: NoQuery,
        headers: KeyHeader,
        body: Type.Object({ ...body, ...DeviceAt }, { additionalProperties: false }),
      },
    },
    async (request: FastifyRequest, reply: FastifyReply) => {
      const { id = '' } = request.params as { id?: string }
      const { deviceAt, ...said } = request.body as BodyOf<P> & Static<TObject<typeof DeviceAt>>
      await guard?.(id, said as BodyOf<P>, request.identity!)
      const late = deviceAt === undefined ? {} : { deviceAt: timeUnder('deviceAt', deviceAt) }
      const stamp = { ...late, ...stampOf(request) }
      const answer = send
        ? await send(id, said as BodyOf<P>, stamp)
        : await context.command({ ...(await command!(id, said as BodyOf<P>, request.identity!)), ...stamp })
      if ('refused' in answer) throw new Fault(answer.refused, answer.params)
      await after?.(id, request.identity!)
      return reply.send(told ? await told(answer, stampOf(request).id) : answer)
    },
  )
}

/** Everybody has keys of their own: nobody can take another's, or the outbox's. */
function stampOf(request: FastifyRequest, part = ''): CommandStamp {
  const { 'idempotency-key': key } = request.headers as Static<typeof KeyHeader>
  const { id: actor } = request.identity!
  return { id: `${actor}/${key}${part}`, actor }
}

const MOST_AT_ONCE = 500

/** The same command for many, each with its own answer: one that is refused keeps no other from being done. */
export function bulkRoute<P extends Properties>(
  app: FastifyInstance,
  context: ApiContext,
  { summary, path, permission, key, body, command }: CommandRoute<P> & Readonly<{ key: string }>,
): void {
  const Ids = Type.Array(IdParams.properties.id, { minItems: 1, maxItems: MOST_AT_ONCE, uniqueItems: true })
  app.post(
    path,
    {
      config: { access: { roles: PERMISSIONS[permission] } },
      schema: {
        summary,
        querystring: NoQuery,
        headers: KeyHeader,
        body: Type.Object({ [key]: Ids, ...body }, { additionalProperties: false }),
      },
    },
    async (request: FastifyRequest, reply: FastifyReply) => {
      const { [key]: ids, ...rest } = request.body as Record<string, unknown>
      const items = await Promise.all(
        (ids as string[]).map(async (id) => ({
          id,
          ...(await context.command({
            ...(await command!(id, rest as BodyOf<P>, request.identity!)),
            ...stampOf(request, `/${id}`),
          })),
        })),
      )
      return reply.send({ items })
    },
  )
}
