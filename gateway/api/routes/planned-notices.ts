import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import { LEAD_MS, NOTICE_SETTINGS } from '#rules/notices/settings.ts'
import { outlookOf } from '../../audience/outlook.ts'
import { homesIn, PLACE_PATTERN } from '../../notices/audience.ts'
import { plannedPreview, previewOf } from '../../notices/preview.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import type { NoticeDocument } from '../../store/documents.ts'
import { timesOf, timeUnder } from '../site-time.ts'
import { both } from '../views/said.ts'
import { NoQuery } from './collection.ts'
import { By, commandRoute, Reason, When } from './commands.ts'
import { knownStaff } from './staff.ts'

const Ids = Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { maxItems: 200 })
const Places = Type.Array(Type.String({ pattern: PLACE_PATTERN }), { maxItems: 3_000 })
const What = {
  kind: Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$', description: 'water-off, power-off, lift-stopped, other' }),
  work: Type.String({ minLength: 1, maxLength: 60, pattern: '^[^,]*\\S[^,]*$', description: 'such as tank-cleaning' }),
  assets: Ids,
  /** Unless said, those whom the assets serve. */
  places: Type.Optional(Places),
  from: When,
  to: When,
  reason: Type.Optional(Type.String({ maxLength: 500 })),
}
/** The works that have words of their own, the kind of outage that each is, and what must be entered at its end. */
const WORKS = [
  { work: 'tank-cleaning', kind: 'water-off', needsQuality: true },
  { work: 'pump-repair', kind: 'water-off', needsQuality: false },
  { work: 'pipe-repair', kind: 'water-off', needsQuality: false },
  { work: 'lift-maintenance', kind: 'lift-stopped', needsQuality: false },
  { work: 'power-work', kind: 'power-off', needsQuality: false },
  { work: 'other', kind: 'other', needsQuality: false },
] as const

const MOST_OPEN = 200

/** Planned work: what would be told, and to whom; and what becomes of it. */
export function plannedNotices(context: ApiContext): FastifyPluginAsyncTypebox {
  const { site, clock, read, residents } = context
  const time = timesOf(site.plan.timeZone)
  const known = knownStaff(site)
  const audience = (assets: readonly string[], places: readonly string[] = []): string[] => {
    if (places.length === 0) return [...new Set(assets.flatMap((id) => site.plan.assets.get(id)?.homes ?? []))]
    const homes = homesIn(site, places)
    if (!homes) throw new Fault('invalid_request', { detail: 'places: there is no such place' })
    return homes
  }
  const optional = <T extends Record<string, unknown>>(fields: T) =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>

  return async (app) => {
    app.get(
      '/api/v1/notices/choices',
      {
        config: { access: { roles: PERMISSIONS.planWork } },
        schema: { summary: 'What may be planned, and the places it may concern', querystring: NoQuery },
      },
      async () => ({
        works: WORKS.map((each) => ({ ...each, leadHours: leadHoursOf(each.kind, context) })),
        zones: site.zones.map(({ id, name }) => ({
          id,
          name: both(name ?? id),
          homes: homesIn(site, [`zone:${id}`])?.length ?? 0,
        })),
        buildings: site.buildings.map((building) => ({
          id: building.id,
          name: both(building.name ?? building.id),
          floors: building.floors,
          entrances: (building.entrances ?? []).map(({ id, name }) => ({
            id,
            name: both(name ?? id),
            homes: homesIn(site, [`entrance:${id}`])?.length ?? 0,
          })),
          homes: homesIn(site, [`building:${building.id}`]) ?? [],
        })),
        assets: [...site.plan.assets.values()]
          .filter(({ homes }) => homes.length > 0)
          .map(({ id, name, kind, homes }) => ({
            id,
            name: both(name),
            kind,
            homes: homes.length,
            rules: site.plan.rules
              .filter((rule) => rule.asset === id && rule.mode === undefined && rule.watch.kind !== 'measured')
              .map((rule) => ({ id: rule.id, name: both(rule.name), class: rule.class, safety: rule.safety })),
          })),
      }),
    )
    app.post(
      '/api/v1/notices/preview',
      {
        config: { access: { roles: PERMISSIONS.planWork } },
        schema: {
          summary: 'What each channel would say, in each language, to which homes, when and at which cost',
          querystring: NoQuery,
          body: Type.Object(What, { additionalProperties: false }),
        },
      },
      async ({ body }) => {
        const { kind, work, assets, places, reason } = body
        const times = { from: timeUnder('from', body.from), to: timeUnder('to', body.to) }
        const homes = audience(assets, places)
        const wall = clock.now() + clock.wallOffsetMs()
        const notice = plannedPreview({ kind, work, assets, homes, ...times, reason }, wall)
        const texts = previewOf(notice, site, 'scheduled')
        const { items: open } = await read.list('notices', { state: 'open', limit: MOST_OPEN })
        const outlook = outlookOf(site, residents, notice, { open: open as readonly NoticeDocument[], wall })
        const parts = texts.find(({ channel, language }) => channel === 'sms' && language === 'zh-CN')?.parts ?? 0
        return {
          homes: homes.length,
          homeIds: homes,
          isInTime: times.from - wall >= leadHoursOf(kind, context) * 3_600_000,
          leadHours: leadHoursOf(kind, context),
          texts,
          cost: {
            parts,
            perPart: site.notices.smsPart,
            total: Math.round(homes.length * parts * site.notices.smsPart * 100) / 100,
            isPaid: site.channels.some(({ id }) => site.plan.channelKinds?.[id] === 'paid'),
          },
          sending: {
            ...outlook,
            ringAt: time(outlook.ringAt),
            remindAt: outlook.remindAt.map((at) => time(at)),
          },
        }
      },
    )
    commandRoute(app, context, {
      summary: 'Plan work: told at once, recalled a day and two hours before; the alarms it names are silent meanwhile',
      path: '/api/v1/notices',
      permission: 'planWork',
      body: {
        ...By,
        ...What,
        rules: Type.Optional(Ids),
        points: Type.Optional(Ids),
        second: Type.Optional(By.by),
        order: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
        needsQuality: Type.Optional(Type.Boolean()),
      },
      command: (
        _,
        { by, kind, work, assets, places, rules = [], points, second, reason, order, needsQuality, ...at },
      ) => ({
        type: 'notice.plan',
        kind,
        work,
        assets,
        homes: audience(assets, places),
        rules,
        from: timeUnder('from', at.from),
        to: timeUnder('to', at.to),
        by: known(by),
        ...optional({ points, reason, workOrder: order, needsQuality }),
        ...(second === undefined ? {} : { second: known(second) }),
      }),
    })
    commandRoute(app, context, {
      summary: 'Another time for planned work',
      path: '/api/v1/notices/:id/reschedule',
      permission: 'planWork',
      body: { ...By, from: When, to: When, reason: Reason, second: Type.Optional(By.by) },
      command: (notice, { by, from, to, reason, second }) => ({
        type: 'notice.reschedule',
        notice,
        from: timeUnder('from', from),
        to: timeUnder('to', to),
        by: known(by),
        reason,
        ...(second === undefined ? {} : { second: known(second) }),
      }),
    })
    commandRoute(app, context, {
      summary: 'Call planned work off: who was told is told',
      path: '/api/v1/notices/:id/cancel',
      permission: 'planWork',
      body: { ...By, reason: Reason },
      command: (notice, { by, reason }) => ({ type: 'notice.cancel', notice, by: known(by), reason }),
    })
    commandRoute(app, context, {
      summary: 'A new end for work under way; within ten minutes after the old one nothing rings meanwhile',
      path: '/api/v1/notices/:id/extend',
      permission: 'planWork',
      body: { ...By, to: When },
      command: (notice, { by, to }) => ({ type: 'notice.extend', notice, to: timeUnder('to', to), by: known(by) }),
    })
    commandRoute(app, context, {
      summary: 'Turbidity and free chlorine after work on a tank; outside the limits residents are told not to drink',
      path: '/api/v1/notices/:id/measure',
      permission: 'planWork',
      body: {
        ...By,
        turbidityNtu: Type.Number({ minimum: 0, maximum: 4_000 }),
        freeChlorineMgL: Type.Number({ minimum: 0, maximum: 100 }),
      },
      command: (notice, { by, ...values }) => ({ type: 'notice.measure', notice, by: known(by), ...values }),
    })
  }
}

function leadHoursOf(kind: string, { site }: Pick<ApiContext, 'site'>): number {
  const leadMs = { ...NOTICE_SETTINGS.leadMs, ...site.plan.settings.notices?.leadMs }
  return (leadMs[kind] ?? LEAD_MS) / 3_600_000
}
