import { createECDH } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import type { Identity } from '../../access/identity.ts'
import type { Right, Subscription } from '../../channels/push-book.ts'
import { hashOf } from '../../residents/links.ts'
import { leadsInside } from '../../channels/private-address.ts'
import type { ApiContext } from '../context.ts'
import { may } from '../permissions.ts'
import { NoQuery } from './collection.ts'

const exact = { additionalProperties: false } as const
const Key = (length: number) => Type.String({ pattern: `^[A-Za-z0-9_-]{${length}}={0,2}$` })
const Endpoint = Type.String({ pattern: '^https?://', maxLength: 1_000 })
/** As a browser gives it; `token` is that of the page of a home. */
const Subscribe = Type.Object(
  {
    endpoint: Endpoint,
    keys: Type.Object({ p256dh: Key(87), auth: Key(22) }, exact),
    language: Type.Union([Type.Literal('zh-CN'), Type.Literal('en')]),
    token: Type.Optional(Type.String({ minLength: 16, maxLength: 200 })),
  },
  exact,
)

/**
 * Browsers that ask to be told: of the homes of a page by its token; of everything where somebody is signed in who reads
 * notices. Whoever knows an endpoint is that browser, and may take it out again.
 */
export function push(context: ApiContext): FastifyPluginAsyncTypebox {
  const { sending, site, clock } = context
  const mayBePrivate = site.channels.some((channel) => channel.type === 'web-push' && channel.allow_private === true)
  const desk = () => {
    if (!sending.push) throw new Fault('not_found')
    return sending.push
  }
  const config = { access: 'open' as const }

  function ofHome(token: string): Pick<Subscription, 'homes' | 'right'> {
    const home = context.residentDoor.links.homeOf(token)
    if (home === null) throw new Fault('not_found')
    return { homes: [home], right: { kind: 'link', id: hashOf(token), session: null } }
  }

  function ofStaff(identity: Identity | null): Pick<Subscription, 'homes' | 'right'> {
    if (!identity || !may(identity.role, 'readNotices')) throw new Fault('unauthenticated')
    const { id, session } = identity
    if (context.access.accounts.get(id)) return { homes: null, right: { kind: 'account', id, session } }
    const right: Right = session === null ? { kind: 'token', id, session } : { kind: 'session', id: session, session }
    return { homes: null, right }
  }

  return async (app) => {
    app.addHook('preValidation', async () => void desk())
    app.get(
      '/api/v1/push',
      { config, schema: { summary: 'The key by which a browser asks to be told', querystring: NoQuery } },
      async () => ({ publicKey: (await desk().keys()).publicKey }),
    )
    app.post(
      '/api/v1/push/subscriptions',
      { config, schema: { summary: 'Have this browser told', querystring: NoQuery, body: Subscribe } },
      async ({ body: { endpoint, keys, language, token }, identity }, reply) => {
        const { homes, right } = token === undefined ? ofStaff(identity) : ofHome(token)
        // S21: a push service is out there; where its name leads is seen when it is called.
        const isOutside = URL.canParse(endpoint) && endpoint.startsWith('https:') && !leadsInside(endpoint)
        if (!isOutside && !mayBePrivate) throw new Fault('invalid_request', { detail: 'endpoint' })
        if (!isPoint(keys.p256dh)) throw new Fault('invalid_request', { detail: 'p256dh' })
        const strip = (key: string) => key.replace(/=+$/, '')
        const subscription = { endpoint, p256dh: strip(keys.p256dh), auth: strip(keys.auth), homes, language, right }
        if (!desk().book.add(subscription, clock.now())) throw new Fault('busy')
        return reply.code(201).send({ homes: homes?.length ?? null })
      },
    )
    app.post(
      '/api/v1/push/unsubscribe',
      {
        config,
        schema: {
          summary: 'No longer have this browser told',
          querystring: NoQuery,
          body: Type.Object({ endpoint: Endpoint }, exact),
        },
      },
      async ({ body: { endpoint } }) => {
        desk().book.remove(endpoint)
        return {}
      },
    )
  }
}

/** A key that is no point of the curve would fail at every message. */
function isPoint(p256dh: string): boolean {
  const own = createECDH('prime256v1')
  own.generateKeys()
  try {
    own.computeSecret(Buffer.from(p256dh, 'base64url'))
    return true
  } catch {
    return false
  }
}
