import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import { isTag } from '../../households/tags.ts'
import { correcting } from '../../audience/corrections.ts'
import type { Identity } from '../../access/identity.ts'
import type { Contact } from '../../households/register.ts'
import { regionOf } from '../../intake/places.ts'
import { isHome } from '../../site/places.ts'
import type { Role } from '../../role.ts'
import { audited } from '../audited.ts'
import type { ApiContext } from '../context.ts'
import { may, PERMISSIONS } from '../permissions.ts'
import { timesOf, timeUnder } from '../site-time.ts'
import { homeOrderView, toldView } from '../views/household-view.ts'
import { phoneFor } from '../views/reach-view.ts'
import { NoQuery } from './collection.ts'

const TOLD_FOR_MS = 90 * 24 * 3_600_000
const MOST_FOUND = 20
const exact = { additionalProperties: false } as const
const HomeParams = Type.Object({ home: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }) }, exact)
const ContactParams = Type.Object({ id: Type.String({ pattern: '^C[A-Za-z0-9]{1,32}$' }) }, exact)
const Relation = Type.Union([Type.Literal('owner'), Type.Literal('tenant'), Type.Literal('family')])
const Phone = Type.String({ minLength: 3, maxLength: 32 })
const When = Type.String({ minLength: 1, maxLength: 40 })
const Email = Type.String({ maxLength: 254, pattern: '^[^\\s@]+@[^\\s@]+$' })

/** Homes and who lives in them, for those who speak with residents. A number is hidden from who may not ring up. */
export function households(context: ApiContext): FastifyPluginAsyncTypebox {
  const { site, read, clock, residents } = context
  const { register } = residents
  const wall = () => clock.now() + clock.wallOffsetMs()
  const correct = correcting({ register, read, command: context.command, wallOffsetMs: clock.wallOffsetMs })

  /** What a person is to a home; a tag is what is done for them, never why. */
  function contactView({ tags = [], ...contact }: Contact, role: Role): object {
    const time = timesOf(site.plan.timeZone)
    const day = (at: number | null) => (at === null || at === 0 ? null : time(at - clock.wallOffsetMs()))
    const { id, name, relation, from, to, language = 'zh-CN', consent = false, livesHere = null } = contact
    const entry = register.roll().entry(id)
    return {
      id,
      name,
      relation,
      phone: phoneFor(contact.phone, may(role, 'callHouseholds')),
      email: contact.email ?? null,
      language,
      consent,
      livesHere,
      from: day(from),
      to: day(to),
      isNow: from <= wall() && (to === null || wall() < to),
      roads: entry?.roads ?? [],
      action: tags.some(isTag) ? (entry?.action ?? null) : null,
    }
  }

  return async (app) => {
    const config = { access: { roles: PERMISSIONS.readHouseholds } }
    app.get(
      '/api/v1/households',
      {
        config,
        schema: {
          summary: 'Find a home by its number; by a telephone number or a name with POST /households/search',
          querystring: Type.Object(
            { q: Type.String({ pattern: '^[A-Za-z]{0,4} ?[0-9]{0,3}[ -]?[0-9]{3,5}$' }) },
            exact,
          ),
        },
      },
      async ({ query: { q } }) => ({ items: homesLike(q).slice(0, MOST_FOUND).map(found) }),
    )
    app.post(
      '/api/v1/households/search',
      {
        config,
        schema: {
          summary: 'Find a home: by its number, by a telephone number, by a name; these two stand in no address',
          querystring: NoQuery,
          body: Type.Object({ q: Type.String({ minLength: 2, maxLength: 64 }) }, exact),
        },
      },
      async ({ body: { q } }) => {
        const text = q.trim()
        const byPhone = register.findByPhone(text).map(({ home }) => home)
        const byName =
          text === '' ? [] : register.all().flatMap(({ name, home }) => (name.includes(text) ? [home] : []))
        const homes = [...new Set([...byPhone, ...homesLike(text), ...byName])].slice(0, MOST_FOUND)
        return { items: homes.map(found) }
      },
    )
    app.get(
      '/api/v1/households/owner-only',
      {
        config,
        schema: {
          summary: 'Homes of which only an owner elsewhere is known; a steward sees his own',
          querystring: NoQuery,
        },
      },
      async ({ identity }) => {
        const roll = register.roll()
        const homes = [...new Set(register.all().map(({ home }) => home))].toSorted()
        return { items: homes.filter((home) => isTheirs(home, identity!) && roll.at(home, wall()).isOwnerOnly) }
      },
    )
    app.get(
      '/api/v1/households/:home',
      {
        config,
        schema: { summary: 'A home: its contacts, and what each was told', params: HomeParams, querystring: NoQuery },
      },
      async ({ params: { home }, identity }) => {
        if (!isHome(home, site)) throw new Fault('not_found')
        const time = timesOf(site.plan.timeZone)
        const told = await read.reachOfHome(home, clock.now() - TOLD_FOR_MS)
        const roll = register.roll()
        const ids = [...new Set([...told.lines, ...told.tasks, ...told.opened].map(({ notice }) => notice))]
        const around = { register, time, wallOffsetMs: clock.wallOffsetMs() }
        const notices = await Promise.all(
          ids.map(async (id) => toldView(home, id, await read.get('notices', id), told, around)),
        )
        const orders = await read.list('orders', { home, limit: MOST_FOUND })
        const { isOwnerOnly } = roll.at(home, wall())
        return {
          home,
          isOwnerOnly,
          contacts: register.ofHome(home).map((contact) => contactView(contact, identity!.role)),
          notices,
          orders: orders.items.map((order) => homeOrderView(order, time)),
        }
      },
    )
    app.post(
      '/api/v1/households/:home/contacts',
      {
        config: { access: { roles: PERMISSIONS.correctHouseholds } },
        schema: {
          summary: 'Somebody lives here since a day',
          params: HomeParams,
          querystring: NoQuery,
          body: Type.Object(
            {
              name: Type.String({ minLength: 1, maxLength: 100 }),
              relation: Relation,
              phone: Type.Optional(Phone),
              email: Type.Optional(Email),
              from: When,
              consent: Type.Boolean(),
              language: Type.Optional(Type.Union([Type.Literal('zh-CN'), Type.Literal('en')])),
            },
            exact,
          ),
        },
      },
      async ({ params: { home }, body, identity }) => {
        if (!isHome(home, site)) throw new Fault('not_found')
        const { phone = null, email = null, language = 'zh-CN', from, ...rest } = body
        const contact = { ...rest, home, phone, email, language, from: timeUnder('from', from), to: null }
        return audited(context, () => correct.add(contact, identity!.id))
      },
    )
    app.post(
      '/api/v1/contacts/:id/correct',
      {
        config: { access: { roles: PERMISSIONS.correctHouseholds } },
        schema: {
          summary: 'Correct a contact: from which day, until which day, its number',
          params: ContactParams,
          querystring: NoQuery,
          body: Type.Object(
            {
              from: Type.Optional(When),
              to: Type.Optional(When),
              phone: Type.Optional(Phone),
              email: Type.Optional(Email),
              consent: Type.Optional(Type.Boolean()),
              livesHere: Type.Optional(Type.Boolean()),
            },
            exact,
          ),
        },
      },
      async ({ params: { id }, body, identity }) => {
        const { from, to, ...rest } = body
        const change = {
          ...rest,
          ...(from === undefined ? {} : { from: timeUnder('from', from) }),
          ...(to === undefined ? {} : { to: timeUnder('to', to) }),
        }
        return audited(context, () => correct.change(id, change, identity!.id))
      },
    )
  }

  /** A steward of the site file looks after the homes of his regions; all others speak for all. */
  function isTheirs(home: string, { role, person }: Identity): boolean {
    const steward = role === 'steward' ? site.plan.staff.find(({ id }) => id === person) : undefined
    return !steward || steward.regions.includes(regionOf(site, { home }) ?? '')
  }

  function found(home: string) {
    return { home, names: register.ofHome(home).map(({ name }) => name) }
  }

  /** `1803` and `b2 1803` mean B2-1803. */
  function homesLike(text: string): string[] {
    const wanted = text.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')
    if (!/\d{3,}$/.test(wanted)) return []
    return site.buildings
      .map(({ id }) => `${id}-${wanted.startsWith(id.toUpperCase()) ? wanted.slice(id.length) : wanted}`)
      .filter((home) => isHome(home, site))
  }
}
