import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Temporal } from 'temporal-polyfill'
import { Fault } from '#devices/fault.ts'
import { LEAVE_REASONS } from '#rules/roster/events.ts'
import type { ApiContext } from '../context.ts'
import { may, PERMISSIONS } from '../permissions.ts'
import { timeUnder } from '../site-time.ts'
import { rosterView } from '../views/roster-view.ts'
import { By, commandRoute, When } from './commands.ts'
import { knownStaff } from './staff.ts'

const Day = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'YYYY-MM-DD' })
const Kind = Type.String({ pattern: '^[a-z][a-z0-9_-]{0,63}$', description: 'small letters, digits, - and _' })
const Week = Type.Object(
  { from: Type.Optional(Day), days: Type.Integer({ minimum: 1, maximum: 31, default: 7 }) },
  { additionalProperties: false },
)
const Ahead = Type.Object(
  { days: Type.Integer({ minimum: 1, maximum: 62, default: 14 }) },
  { additionalProperties: false },
)
const Span = { from: When, to: When }

/** Who is there when, and what people change about it. */
export function roster(context: ApiContext): FastifyPluginAsyncTypebox {
  const view = rosterView(context)
  const known = knownStaff(context.site)
  const config = { access: { roles: PERMISSIONS.readRoster } }
  const planning = { permission: 'planRoster' } as const

  return async (app) => {
    app.get(
      '/api/v1/roster',
      { config, schema: { summary: 'Who is there when, and where nobody is, from a day on', querystring: Week } },
      async ({ query, identity }) =>
        view.week(dayUnder('from', query.from), query.days, {
          contacts: may(identity!.role, 'readContacts'),
          reasons: may(identity!.role, 'planRoster'),
        }),
    )
    app.get(
      '/api/v1/roster/coverage',
      {
        config,
        schema: {
          summary: 'Gaps to come, by region and skill, with the certificate where one is asked for',
          querystring: Ahead,
        },
      },
      async ({ query }) => view.coverage(query.days),
    )
    commandRoute(app, context, {
      ...planning,
      summary: 'Somebody is away for a while; open work that is not begun goes to others then',
      path: '/api/v1/people/:id/leave',
      body: { ...By, ...Span, reason: Type.Enum([...LEAVE_REASONS]) },
      command: (person, { by, from, to, reason }) => ({
        type: 'roster.grant_leave',
        person,
        ...spanOf(from, to),
        reason,
        by: known(by),
      }),
    })
    commandRoute(app, context, {
      ...planning,
      summary: 'Back earlier, or the leave is taken back',
      path: '/api/v1/leaves/:id/end',
      body: By,
      command: (leave, { by }) => ({ type: 'roster.end_leave', leave, by: known(by) }),
    })
    commandRoute(app, context, {
      ...planning,
      summary: 'More duty than planned; with instead in the place of somebody: two of them are a swap',
      path: '/api/v1/people/:id/duty',
      body: { ...By, ...Span, instead: Type.Optional(By.by) },
      command: (person, { by, from, to, instead }) => ({
        type: 'roster.add_duty',
        person,
        ...spanOf(from, to),
        ...(instead === undefined ? {} : { instead }),
        by: known(by),
      }),
    })
    commandRoute(app, context, {
      ...planning,
      summary: 'Take such a change of duty back',
      path: '/api/v1/duties/:id/end',
      body: By,
      command: (duty, { by }) => ({ type: 'roster.end_duty', duty, by: known(by) }),
    })
    commandRoute(app, context, {
      ...planning,
      summary: 'A certificate, with the last day on which it is good',
      path: '/api/v1/people/:id/certificates',
      body: { ...By, certificate: Kind, until: Day },
      command: (person, { by, certificate, until }) => ({
        type: 'roster.record_certificate',
        person,
        certificate,
        until: dayUnder('until', until)!,
        by: known(by),
      }),
    })
    commandRoute(app, context, {
      ...planning,
      summary: 'A certificate is no longer good, whatever is written on it',
      path: '/api/v1/people/:id/certificates/withdraw',
      body: { ...By, certificate: Kind },
      command: (person, { by, certificate }) => ({
        type: 'roster.withdraw_certificate',
        person,
        certificate,
        by: known(by),
      }),
    })
    commandRoute(app, context, {
      summary: 'Works here no more: all open work is handed over, accounts are disabled',
      path: '/api/v1/people/:id/leave-for-good',
      permission: 'managePeople',
      body: { ...By, handTo: Type.Optional(By.by) },
      command: (person, { by, handTo }) => ({
        type: 'roster.leave_for_good',
        person,
        ...(handTo === undefined ? {} : { handTo }),
        by: known(by),
      }),
      async after(person, { id: actor, role }) {
        for (const account of context.access.accounts.list()) {
          // An admin's account is an admin's to disable.
          const isTheirs = account.role !== 'admin' || may(role, 'manageUsers')
          if (account.person === person && !account.isDisabled && isTheirs)
            context.access.accounts.disable(account.id, actor)
        }
        await context.audit()
      },
    })
    commandRoute(app, context, {
      summary: 'Works here again; an admin enables the account',
      path: '/api/v1/people/:id/return',
      permission: 'managePeople',
      body: By,
      command: (person, { by }) => ({ type: 'roster.return', person, by: known(by) }),
    })
  }
}

/** The wall's time: a roster follows the calendar. */
function spanOf(from: string, to: string): { from: number; to: number } {
  return { from: timeUnder('from', from), to: timeUnder('to', to) }
}

function dayUnder(key: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  try {
    return Temporal.PlainDate.from(text).toString()
  } catch {
    throw new Fault('invalid_request', { detail: `${key}: YYYY-MM-DD` })
  }
}
