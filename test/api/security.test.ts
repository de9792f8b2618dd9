import { readdirSync } from 'node:fs'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import type { Resource } from '#gateway/api/server.ts'
import { type Role, ROLES } from '#gateway/role.ts'
import { openEstate } from './estate.ts'

type Who = Role | 'nobody'
type Route = Readonly<{
  method: 'GET' | 'HEAD,GET' | 'POST' | 'DELETE'
  path: string
  allowed: 'open' | readonly Role[]
}>

const OVERSEERS: readonly Role[] = ['admin', 'manager', 'engineer', 'monitor', 'quality']
const SHIFTS: readonly Role[] = ['admin', 'manager', 'engineer', 'field', 'monitor', 'agent', 'steward']
/** Who speaks with residents. */
const TALKERS: readonly Role[] = ['admin', 'manager', 'agent', 'steward']
const TELLERS: readonly Role[] = ['admin', 'manager', 'engineer', 'steward', 'agent']
const WORK_PLANNERS: readonly Role[] = ['admin', 'manager', 'engineer', 'steward']
const WORKERS: readonly Role[] = ['admin', 'manager', 'engineer', 'field']
/** … and contractors, on what they are listed for. */
const HANDS: readonly Role[] = [...WORKERS, 'contractor', 'agent', 'steward']
const PLANNERS: readonly Role[] = ['admin', 'manager', 'engineer']
/** The built page, and the addresses that it understands itself. */
const BUILT = readdirSync(new URL('../../web/dist', import.meta.url), { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.\w+$/.test(path) && path !== 'index.html')
  .map((path) => `/${path}`)
const HASHED = BUILT.find((path) => /^\/built\/index-.*\.js$/.test(path))!
const SCREENS = [
  '/',
  '/sign-in',
  '/setup',
  '/reset-password',
  '/accept',
  '/account',
  '/users',
  '/overview',
  '/alarms',
  '/orders',
  '/notices',
  '/health',
  '/buses',
  '/silences',
  '/roster',
  '/households',
  '/errands',
  '/alarm-health',
  '/cases',
  '/scores',
  '/months',
  '/handovers',
  '/asset-tags',
]
const THINGS = [
  '/assets/:id',
  '/alarms/:id',
  '/orders/:id',
  '/notices/:id',
  '/cases/:id',
  '/handovers/:id',
  '/households/:id',
  '/errands/:id',
]
const PAGE = [...SCREENS, ...THINGS, ...BUILT]

const READERS_OF_API: readonly Role[] = ['admin', 'manager', 'engineer']
const DOCS = [
  '/api/v1/openapi.json',
  '/api/docs',
  '/api/docs/json',
  '/api/docs/yaml',
  '/api/docs/static/index.html',
  '/api/docs/static/swagger-initializer.js',
]

const CALLERS: readonly Role[] = ['admin', 'manager', 'engineer', 'agent', 'steward', 'monitor']

/** Reviewed by hand: who may do what. A route that is missing here, or there, fails the test. */
const MATRIX: readonly Route[] = [
  { method: 'GET', path: '/api/v1/health', allowed: 'open' },
  { method: 'GET', path: '/api/v1/site', allowed: [...OVERSEERS, 'field', 'steward', 'agent', 'contractor'] },
  { method: 'POST', path: '/api/v1/rules/test', allowed: ['admin', 'engineer', 'quality'] },
  { method: 'POST', path: '/api/v1/site/reload', allowed: ['admin', 'engineer'] },
  { method: 'GET', path: '/api/v1/devices', allowed: [...OVERSEERS, 'field'] },
  { method: 'GET', path: '/api/v1/buses', allowed: ['admin', 'engineer'] },
  { method: 'POST', path: '/api/v1/buses/:id/read', allowed: ['admin', 'engineer'] },
  { method: 'GET', path: '/api/v1/opcua', allowed: ['admin', 'engineer'] },
  { method: 'GET', path: '/api/v1/opcua/:id/nodes', allowed: ['admin', 'engineer'] },
  { method: 'POST', path: '/api/v1/opcua/:id/approve', allowed: ['admin', 'engineer'] },
  { method: 'POST', path: '/api/v1/opcua/:id/revoke', allowed: ['admin', 'engineer'] },
  { method: 'POST', path: '/api/v1/opcua-certificate/renew', allowed: ['admin', 'engineer'] },
  { method: 'GET', path: '/api/v1/points/:device/:point/series', allowed: [...OVERSEERS, 'field'] },
  { method: 'POST', path: '/api/v1/forwarding/resend', allowed: ['admin', 'engineer'] },
  { method: 'GET', path: '/api/v1/export', allowed: [...OVERSEERS, 'field'] },
  { method: 'GET', path: '/api/v1/alarms', allowed: [...OVERSEERS, 'field', 'steward', 'contractor'] },
  { method: 'GET', path: '/api/v1/alarms/:id', allowed: [...OVERSEERS, 'field', 'steward', 'contractor'] },
  { method: 'POST', path: '/api/v1/alarms/:id/ack', allowed: WORKERS },
  { method: 'GET', path: '/api/v1/alarms/:id/history', allowed: [...OVERSEERS, 'field', 'steward'] },
  { method: 'POST', path: '/api/v1/alarms/ack', allowed: WORKERS },
  { method: 'POST', path: '/api/v1/alarms/:id/comment', allowed: WORKERS },
  { method: 'POST', path: '/api/v1/alarms/:id/shelve', allowed: ['admin', 'manager', 'engineer'] },
  { method: 'GET', path: '/api/v1/silences', allowed: [...OVERSEERS, 'field', 'steward'] },
  { method: 'POST', path: '/api/v1/shelves/:id/end', allowed: ['admin', 'manager', 'engineer'] },
  { method: 'POST', path: '/api/v1/assets/:id/out-of-service', allowed: ['admin', 'manager', 'engineer'] },
  { method: 'POST', path: '/api/v1/services/:id/return', allowed: ['admin', 'manager', 'engineer'] },
  { method: 'POST', path: '/api/v1/maintenance', allowed: ['admin', 'manager', 'engineer'] },
  { method: 'POST', path: '/api/v1/maintenance/:id/extend', allowed: ['admin', 'manager', 'engineer'] },
  { method: 'POST', path: '/api/v1/maintenance/:id/end', allowed: ['admin', 'manager', 'engineer'] },
  { method: 'GET', path: '/api/v1/alarm-health', allowed: [...OVERSEERS, 'field', 'steward'] },
  { method: 'GET', path: '/api/v1/bad-actors', allowed: [...OVERSEERS, 'field', 'steward'] },
  { method: 'POST', path: '/api/v1/alarms/:id/reset', allowed: ['admin', 'manager', 'engineer'] },
  { method: 'GET', path: '/api/v1/orders', allowed: [...OVERSEERS, 'field', 'steward', 'agent', 'contractor'] },
  { method: 'GET', path: '/api/v1/orders/:id', allowed: [...OVERSEERS, 'field', 'steward', 'agent', 'contractor'] },
  { method: 'GET', path: '/api/v1/intake', allowed: [...WORKERS, 'monitor', 'agent', 'steward'] },
  { method: 'POST', path: '/api/v1/orders', allowed: [...WORKERS, 'monitor', 'agent', 'steward'] },
  { method: 'POST', path: '/api/v1/orders/:id/appoint', allowed: HANDS },
  { method: 'POST', path: '/api/v1/orders/:id/accept', allowed: HANDS },
  { method: 'POST', path: '/api/v1/orders/:id/arrive', allowed: HANDS },
  { method: 'POST', path: '/api/v1/orders/:id/finish', allowed: HANDS },
  { method: 'POST', path: '/api/v1/orders/:id/start', allowed: HANDS },
  { method: 'POST', path: '/api/v1/orders/:id/decline', allowed: HANDS },
  { method: 'POST', path: '/api/v1/orders/:id/transfer', allowed: HANDS },
  { method: 'POST', path: '/api/v1/orders/:id/pause', allowed: HANDS },
  { method: 'POST', path: '/api/v1/orders/:id/resume', allowed: HANDS },
  { method: 'POST', path: '/api/v1/orders/:id/update', allowed: HANDS },
  { method: 'POST', path: '/api/v1/orders/:id/depart', allowed: HANDS },
  { method: 'POST', path: '/api/v1/orders/:id/tick', allowed: HANDS },
  { method: 'POST', path: '/api/v1/orders/:id/report', allowed: HANDS },
  { method: 'POST', path: '/api/v1/orders/:id/merge', allowed: ['admin', 'manager', 'engineer'] },
  { method: 'POST', path: '/api/v1/orders/:id/false-alarm', allowed: [...WORKERS, 'monitor'] },
  { method: 'POST', path: '/api/v1/orders/:id/false-alarm/approve', allowed: ['admin', 'manager', 'engineer'] },
  { method: 'POST', path: '/api/v1/orders/:id/cancel', allowed: ['admin', 'manager', 'engineer'] },
  { method: 'POST', path: '/api/v1/orders/:id/reopen', allowed: CALLERS },
  { method: 'POST', path: '/api/v1/orders/:id/call-back', allowed: CALLERS },
  { method: 'POST', path: '/api/v1/orders/:id/rate', allowed: CALLERS },
  { method: 'POST', path: '/api/v1/tasks/:id/accept', allowed: [...WORKERS, 'monitor', 'contractor'] },
  { method: 'POST', path: '/api/v1/tasks/:id/contact', allowed: [...WORKERS, 'monitor', 'contractor'] },
  { method: 'POST', path: '/api/v1/tasks/:id/arrive', allowed: [...WORKERS, 'monitor', 'contractor'] },
  { method: 'POST', path: '/api/v1/tasks/:id/out', allowed: [...WORKERS, 'monitor', 'contractor'] },
  { method: 'POST', path: '/api/v1/tasks/:id/confirm', allowed: [...WORKERS, 'monitor', 'contractor'] },
  { method: 'POST', path: '/api/v1/tasks/:id/done', allowed: [...WORKERS, 'monitor', 'contractor'] },
  { method: 'POST', path: '/api/v1/task-link', allowed: 'open' },
  { method: 'POST', path: '/api/v1/task-link/accept', allowed: 'open' },
  { method: 'POST', path: '/api/v1/tasks/:id/dial', allowed: [...WORKERS, 'monitor', 'contractor'] },
  { method: 'POST', path: '/api/v1/orders/:id/photos', allowed: [...WORKERS, 'steward', 'contractor'] },
  { method: 'POST', path: '/api/v1/uploads/:id', allowed: [...WORKERS, 'steward', 'contractor'] },
  {
    method: 'GET',
    path: '/api/v1/orders/:id/photos/:photo',
    allowed: [...OVERSEERS, 'field', 'steward', 'agent', 'contractor'],
  },
  { method: 'GET', path: '/api/v1/asset-tags', allowed: ['admin', 'manager', 'engineer'] },
  { method: 'POST', path: '/api/v1/orders/:id/close', allowed: HANDS },
  { method: 'GET', path: '/api/v1/pages', allowed: [...OVERSEERS, 'field', 'steward', 'agent'] },
  { method: 'GET', path: '/api/v1/cases', allowed: ['admin', 'manager', 'engineer', 'quality'] },
  { method: 'GET', path: '/api/v1/cases/:id', allowed: ['admin', 'manager', 'engineer', 'quality'] },
  { method: 'POST', path: '/api/v1/cases/:id/explain', allowed: ['admin', 'manager', 'engineer'] },
  { method: 'POST', path: '/api/v1/cases/:id/judge', allowed: ['admin', 'quality'] },
  { method: 'GET', path: '/api/v1/scores', allowed: ['admin', 'manager', 'engineer', 'quality'] },
  { method: 'GET', path: '/api/v1/months/:month', allowed: ['admin', 'manager', 'engineer', 'quality'] },
  {
    method: 'POST',
    path: '/api/v1/praise',
    allowed: ['admin', 'manager', 'engineer', 'agent', 'steward', 'monitor'],
  },
  { method: 'GET', path: '/api/v1/handovers', allowed: SHIFTS },
  { method: 'GET', path: '/api/v1/handovers/:id', allowed: SHIFTS },
  { method: 'POST', path: '/api/v1/handovers/:id/sign', allowed: SHIFTS },
  // Called by providers: a signature, or a token in the address, says who they are.
  { method: 'GET', path: '/api/v1/paging/card', allowed: 'open' },
  { method: 'POST', path: '/api/v1/paging/card', allowed: 'open' },
  { method: 'POST', path: '/api/v1/paging/voice/:id', allowed: 'open' },
  { method: 'GET', path: '/api/v1/notices', allowed: [...OVERSEERS, 'steward', 'agent'] },
  { method: 'GET', path: '/api/v1/notices/:id', allowed: [...OVERSEERS, 'steward', 'agent'] },
  { method: 'GET', path: '/api/v1/assets/:id/impact', allowed: [...OVERSEERS, 'field', 'steward', 'agent'] },
  { method: 'GET', path: '/api/v1/notices/:id/reach', allowed: [...OVERSEERS, 'steward', 'agent'] },
  { method: 'GET', path: '/api/v1/notices/:id/audience', allowed: [...OVERSEERS, 'steward', 'agent'] },
  { method: 'POST', path: '/api/v1/notices/:id/approve-cost', allowed: ['admin', 'manager', 'steward'] },
  { method: 'GET', path: '/api/v1/notices/:id/sheets', allowed: ['admin', 'manager', 'field', 'agent', 'steward'] },
  { method: 'GET', path: '/api/v1/reach-tasks', allowed: ['admin', 'manager', 'field', 'agent', 'steward'] },
  { method: 'POST', path: '/api/v1/reach-tasks/:id/done', allowed: ['admin', 'manager', 'field', 'agent', 'steward'] },
  { method: 'POST', path: '/api/v1/households/search', allowed: TALKERS },
  { method: 'GET', path: '/api/v1/households', allowed: TALKERS },
  { method: 'GET', path: '/api/v1/households/owner-only', allowed: TALKERS },
  { method: 'GET', path: '/api/v1/households/:home', allowed: TALKERS },
  { method: 'POST', path: '/api/v1/households/:home/contacts', allowed: TALKERS },
  { method: 'POST', path: '/api/v1/contacts/:id/correct', allowed: TALKERS },
  { method: 'POST', path: '/api/v1/households/import', allowed: ['admin'] },
  { method: 'GET', path: '/api/v1/contacts/:id/export', allowed: ['admin'] },
  { method: 'POST', path: '/api/v1/contacts/:id/erase', allowed: ['admin'] },
  { method: 'GET', path: '/api/v1/notices/choices', allowed: WORK_PLANNERS },
  { method: 'POST', path: '/api/v1/notices/preview', allowed: WORK_PLANNERS },
  { method: 'POST', path: '/api/v1/notices', allowed: WORK_PLANNERS },
  { method: 'POST', path: '/api/v1/notices/:id/confirm', allowed: [...TELLERS, 'monitor'] },
  { method: 'POST', path: '/api/v1/notices/:id/reject', allowed: [...TELLERS, 'monitor'] },
  { method: 'POST', path: '/api/v1/notices/:id/update', allowed: TELLERS },
  { method: 'POST', path: '/api/v1/notices/:id/end', allowed: TELLERS },
  { method: 'POST', path: '/api/v1/notices/:id/reschedule', allowed: WORK_PLANNERS },
  { method: 'POST', path: '/api/v1/notices/:id/cancel', allowed: WORK_PLANNERS },
  { method: 'POST', path: '/api/v1/notices/:id/extend', allowed: WORK_PLANNERS },
  { method: 'POST', path: '/api/v1/notices/:id/measure', allowed: WORK_PLANNERS },
  { method: 'POST', path: '/api/v1/resident-links', allowed: ['admin', 'manager', 'steward', 'agent'] },
  // By telephone and code, or by a link: what is in the cookie or the address says which home.
  { method: 'GET', path: '/r', allowed: 'open' },
  { method: 'POST', path: '/r/code', allowed: 'open' },
  { method: 'POST', path: '/r/session', allowed: 'open' },
  { method: 'POST', path: '/r/leave', allowed: 'open' },
  { method: 'GET', path: '/r/:token/report', allowed: 'open' },
  { method: 'POST', path: '/r/:token/report', allowed: 'open' },
  { method: 'GET', path: '/r/:token/reports/:id', allowed: 'open' },
  { method: 'POST', path: '/r/:token/reports/:id/rate', allowed: 'open' },
  { method: 'POST', path: '/r/:token/reports/:id/reopen', allowed: 'open' },
  { method: 'GET', path: '/r/style.css', allowed: 'open' },
  { method: 'GET', path: '/r/live.js', allowed: 'open' },
  { method: 'GET', path: '/r/:token', allowed: 'open' },
  { method: 'GET', path: '/r/:token/notices.rss', allowed: 'open' },
  { method: 'GET', path: '/r/:token/notices.ics', allowed: 'open' },
  { method: 'GET', path: '/r/:token/ledger.csv', allowed: 'open' },
  { method: 'GET', path: '/n/:token', allowed: 'open' },
  { method: 'GET', path: '/api/v1/channels', allowed: OVERSEERS },
  { method: 'POST', path: '/api/v1/channels/:id/test', allowed: ['admin', 'engineer'] },
  { method: 'POST', path: '/api/v1/channels/:id/receipts/:token', allowed: 'open' },
  { method: 'GET', path: '/api/v1/messages/undelivered', allowed: OVERSEERS },
  { method: 'POST', path: '/api/v1/messages/:id/requeue', allowed: ['admin', 'engineer'] },
  { method: 'GET', path: '/api/v1/push', allowed: 'open' },
  { method: 'POST', path: '/api/v1/push/subscriptions', allowed: 'open' },
  { method: 'POST', path: '/api/v1/push/unsubscribe', allowed: 'open' },
  { method: 'GET', path: '/api/v1/devices/:id/control', allowed: [...OVERSEERS, 'field'] },
  { method: 'POST', path: '/api/v1/devices/:id/lease', allowed: WORKERS },
  { method: 'POST', path: '/api/v1/devices/:id/release', allowed: WORKERS },
  { method: 'POST', path: '/api/v1/devices/:id/write', allowed: WORKERS },
  { method: 'GET', path: '/api/v1/safeguards', allowed: [...OVERSEERS, 'field'] },
  { method: 'POST', path: '/api/v1/assets/:id/lockouts', allowed: WORKERS },
  { method: 'POST', path: '/api/v1/lockouts/:id/remove', allowed: WORKERS },
  { method: 'POST', path: '/api/v1/assets/:id/permits', allowed: WORKERS },
  { method: 'POST', path: '/api/v1/permits/:id/close', allowed: WORKERS },
  { method: 'POST', path: '/api/v1/rooms/:id/enter', allowed: WORKERS },
  { method: 'POST', path: '/api/v1/rooms/:id/leave', allowed: WORKERS },
  { method: 'GET', path: '/api/v1/roster', allowed: [...OVERSEERS, 'field', 'steward', 'agent'] },
  { method: 'GET', path: '/api/v1/roster/coverage', allowed: [...OVERSEERS, 'field', 'steward', 'agent'] },
  { method: 'POST', path: '/api/v1/people/:id/leave', allowed: PLANNERS },
  { method: 'POST', path: '/api/v1/leaves/:id/end', allowed: PLANNERS },
  { method: 'POST', path: '/api/v1/people/:id/duty', allowed: PLANNERS },
  { method: 'POST', path: '/api/v1/duties/:id/end', allowed: PLANNERS },
  { method: 'POST', path: '/api/v1/people/:id/certificates', allowed: PLANNERS },
  { method: 'POST', path: '/api/v1/people/:id/certificates/withdraw', allowed: PLANNERS },
  { method: 'POST', path: '/api/v1/people/:id/leave-for-good', allowed: ['admin', 'manager'] },
  { method: 'POST', path: '/api/v1/people/:id/return', allowed: ['admin', 'manager'] },
  { method: 'POST', path: '/api/v1/people/import', allowed: ['admin', 'manager'] },
  { method: 'POST', path: '/api/v1/people/:id/erase', allowed: ['admin'] },
  { method: 'GET', path: '/api/v1/faults', allowed: OVERSEERS },
  { method: 'GET', path: '/api/v1/events', allowed: [...OVERSEERS, 'field', 'steward', 'agent'] },
  { method: 'GET', path: '/api/v1/plant', allowed: ['admin', 'manager', 'engineer', 'monitor'] },
  { method: 'POST', path: '/api/v1/plant/faults', allowed: ['admin', 'engineer'] },
  { method: 'POST', path: '/api/v1/plant/heal', allowed: ['admin', 'engineer'] },
  { method: 'GET', path: '/api/v1/session', allowed: ROLES },
  { method: 'POST', path: '/api/v1/session', allowed: 'open' },
  { method: 'DELETE', path: '/api/v1/session', allowed: 'open' },
  { method: 'POST', path: '/api/v1/setup', allowed: 'open' },
  { method: 'GET', path: '/api/v1/account', allowed: ROLES },
  { method: 'POST', path: '/api/v1/account/password', allowed: ROLES },
  { method: 'POST', path: '/api/v1/account/totp', allowed: ['admin', 'manager', 'agent'] },
  { method: 'POST', path: '/api/v1/account/totp/confirm', allowed: ['admin', 'manager', 'agent'] },
  { method: 'DELETE', path: '/api/v1/account/totp', allowed: ROLES },
  { method: 'POST', path: '/api/v1/password-reset', allowed: 'open' },
  { method: 'GET', path: '/enter/:link', allowed: 'open' },
  { method: 'GET', path: '/api/v1/users', allowed: ['admin'] },
  { method: 'POST', path: '/api/v1/users', allowed: ['admin'] },
  { method: 'POST', path: '/api/v1/users/:id/disable', allowed: ['admin'] },
  { method: 'POST', path: '/api/v1/users/:id/enable', allowed: ['admin'] },
  { method: 'POST', path: '/api/v1/users/:id/role', allowed: ['admin'] },
  { method: 'POST', path: '/api/v1/users/:id/totp/clear', allowed: ['admin'] },
  { method: 'POST', path: '/api/v1/users/:id/reset', allowed: ['admin'] },
  ...DOCS.map((path) => ({ method: 'GET' as const, path, allowed: READERS_OF_API })),
  { method: 'HEAD,GET', path: '/api/docs/static/*', allowed: READERS_OF_API },
  { method: 'GET', path: '/metrics', allowed: ['admin', 'engineer', 'monitor'] },
  ...PAGE.map((path) => ({ method: 'GET' as const, path, allowed: 'open' as const })),
]

const HEADERS = {
  'content-security-policy':
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(self), geolocation=(), microphone=()',
}

t.test('S02 every route declares whom it serves, and serves nobody else', async (t) => {
  const found: string[] = []
  const lookOn: Resource = () =>
    Object.assign(
      async (app: Parameters<ReturnType<Resource>>[0]) => {
        app.addHook('onRoute', ({ method, url }) => void found.push(`${String(method)} ${url}`))
      },
      { [Symbol.for('skip-override')]: true },
    )
  const estate = await openEstate({ more: [lookOn] })
  t.teardown(() => estate.close())
  t.strictSame(
    found.toSorted(),
    MATRIX.map(({ method, path }) => `${method} ${path}`).toSorted(),
    'the table names every route there is',
  )

  for (const { method, path, allowed } of MATRIX) {
    const outcome = async (who: Who) => {
      const gone = new AbortController()
      const headers = {
        'content-type': 'application/json',
        'idempotency-key': `matrix-${path}-${who}`,
        ...(who === 'nobody' ? {} : { authorization: `Bearer ${estate.tokens[who]}` }),
      }
      const url = estate.url + path.replace(':id', 'X1').replace(':device', 'P1').replace(':point', 'outlet_pressure')
      const answer = await fetch(url.replace('*', 'index.css'), {
        method: method.split(',').at(-1)!,
        headers,
        redirect: 'manual',
        signal: gone.signal,
        ...(method === 'POST' ? { body: '{"by":"T1"}' } : method === 'DELETE' ? { body: '{}' } : {}),
      })
      const { status } = answer
      const code = status >= 400 && status !== 404 ? ((await answer.json()) as { code: string }).code : null
      gone.abort()
      // The things named do not exist, and the body is nobody's: whoever may ask is told so.
      if (code === 'unauthenticated' && status === 401) return 'unknown'
      if (code === 'forbidden' && status === 403) return 'refused'
      return status < 400 || status === 404 || ['invalid_request', 'no_account', 'busy'].includes(code!)
        ? 'served'
        : status
    }
    const expected = (who: Who) =>
      allowed === 'open' ? 'served' : who === 'nobody' ? 'unknown' : allowed.includes(who) ? 'served' : 'refused'
    const everybody = ['nobody', ...ROLES] as const
    const actual = Object.fromEntries(await Promise.all(everybody.map(async (who) => [who, await outcome(who)])))
    t.strictSame(actual, Object.fromEntries(everybody.map((who) => [who, expected(who)])), `${method} ${path}`)
  }
})

t.test('S02 a route that declares nothing keeps the server from starting', async (t) => {
  const silent: Resource = () => async (app) => void app.get('/api/v1/secret', { schema: {} }, () => 'everything')
  const shapeless: Resource = () => async (app) =>
    void app.get('/api/v1/secret', { config: { access: 'open' } }, () => 'everything')
  await t.rejects(openEstate({ more: [silent] }), { message: /\/api\/v1\/secret does not declare whom it serves/ })
  await t.rejects(openEstate({ more: [shapeless] }), { message: /does not declare what it takes/ })
})

t.test('what comes from outside is not believed', async (t) => {
  const breaking: Resource = () => async (app) => {
    app.get('/api/v1/broken', { config: { access: 'open' }, schema: {} }, () => {
      throw Object.assign(new Error('SQLITE secret at /srv/data'), { statusCode: 418 })
    })
  }
  const estate = await openEstate({ more: [breaking] })
  t.teardown(() => estate.close())
  await estate.say('P1', { outlet_pressure: 0.05 }, 24)
  const post = (
    headers: Record<string, string>,
    body: string | undefined = '{"by":"T1"}',
    path = '/api/v1/orders/W5/accept',
  ) => fetch(estate.url + path, { method: 'POST', headers, ...(body === undefined ? {} : { body }) })
  const token = { authorization: `Bearer ${estate.tokens.field}` }
  const json = { 'content-type': 'application/json' }

  t.test('S03 identity comes from the token alone', async (t) => {
    const forged = {
      'x-auth-user': 'admin',
      'x-forwarded-user': 'admin',
      'x-remote-user': 'admin',
      'x-role': 'admin',
      cookie: 'role=admin; caretaker_demo=1',
    }
    t.equal((await fetch(`${estate.url}/api/v1/faults`, { headers: forged })).status, 401)
    t.equal((await estate.as('field', '/api/v1/faults', { headers: forged })).status, 403)
    t.equal((await estate.as('field', '/api/v1/faults?role=admin')).status, 403)
    for (const key of ['actor', 'role', 'user', 'id']) {
      const answer = await post(
        { ...token, ...json, 'idempotency-key': `forged-${key}` },
        JSON.stringify({ by: 'T1', [key]: 'admin' }),
      )
      t.equal(answer.status, 400, `${key} in the body`)
    }
    for (const wrong of [
      'Bearer ct_wrong',
      'Bearer',
      'Basic YWRtaW46YWRtaW4=',
      `bearer  ${estate.tokens.admin}x`,
      `Bearer ${estate.tokens.admin},`,
    ]) {
      t.equal(
        (await fetch(`${estate.url}/api/v1/faults`, { headers: { authorization: wrong } })).status,
        401,
        wrong.slice(0, 14),
      )
    }
    await post({ ...token, ...json, 'idempotency-key': 'who-did-it' }, '{"by":"T1"}', '/api/v1/orders/W5/accept')
    const [accepted] = estate.queries.eventsAfter(0, 1_000).filter(({ type }) => type === 'order.accepted')
    t.match(accepted, { by: 'T1', actor: /^T-/, command: 'who-did-it' }, 'for whom, and by whom')
  })

  t.test('S11 a foreign page cannot command through its visitor’s browser', async (t) => {
    const table = [
      { name: 'cross-site', headers: { 'sec-fetch-site': 'cross-site' }, status: 403 },
      { name: 'same-site is another site too', headers: { 'sec-fetch-site': 'same-site' }, status: 403 },
      { name: 'a foreign origin', headers: { origin: 'https://evil.example' }, status: 403 },
      { name: 'an origin without a name', headers: { origin: 'null' }, status: 403 },
      { name: 'another port', headers: { origin: 'http://127.0.0.1:1' }, status: 403 },
      {
        name: 'both must agree',
        headers: { 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' },
        status: 403,
      },
      { name: 'our own page', headers: { 'sec-fetch-site': 'same-origin', origin: estate.url }, status: 404 },
      { name: 'a program', headers: {}, status: 404 },
    ]
    for (const [index, { name, headers, status }] of table.entries()) {
      const sent = {
        ...token,
        ...json,
        'idempotency-key': `forged-site-${index}`,
        host: new URL(estate.url).host,
        ...headers,
      }
      const request = httpRequest(`${estate.url}/api/v1/orders/W999/accept`, {
        method: 'POST',
        headers: sent as Record<string, string>,
      })
      request.end('{"by":"T1"}')
      const [answer] = (await once(request, 'response')) as [import('node:http').IncomingMessage]
      answer.resume()
      t.equal(answer.statusCode, status, name)
    }
    const isRead = (path: string) => MATRIX.some((route) => route.method === 'GET' && route.path === path)
    for (const { path } of MATRIX.filter(({ method, path }) => method === 'POST' && !isRead(path))) {
      t.equal((await estate.as('admin', path.replace(':id', 'W5'))).status, 404, `nothing changes on GET ${path}`)
    }
  })

  t.test('S12 S13 every answer carries the safe headers, errors too, and none shares across origins', async (t) => {
    const table = [
      '/',
      '/orders/W5',
      '/theme.js',
      HASHED,
      '/api/v1/health',
      '/api/v1/faults',
      '/api/v1/nothing',
      '/nothing',
      '/api/v1/broken',
      '/metrics',
      '/%zz',
      '/api/v1/events',
    ]
    for (const path of table) {
      const gone = new AbortController()
      const headers = {
        origin: 'https://evil.example',
        ...(path === '/api/v1/events' ? { authorization: `Bearer ${estate.tokens.monitor}` } : {}),
      }
      const answer = await fetch(estate.url + path, { headers, signal: gone.signal })
      const sent = Object.fromEntries(answer.headers)
      gone.abort()
      t.match(sent, HEADERS, path)
      const kept =
        path === HASHED ? 'public, max-age=31536000, immutable' : path === '/theme.js' ? 'no-cache' : 'no-store'
      t.equal(sent['cache-control'], kept, path)
      t.strictSame(
        Object.keys(sent).filter(
          (name) => name.startsWith('access-control') || name === 'server' || name === 'x-powered-by',
        ),
        [],
        path,
      )
    }
    t.equal(
      (
        await fetch(`${estate.url}/api/v1/orders`, {
          method: 'OPTIONS',
          headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
        })
      ).status,
      404,
    )
    const page = await (await fetch(`${estate.url}/`)).text()
    t.notMatch(
      page,
      /<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|https?:\/\//,
      'nothing inline, nothing from elsewhere',
    )
  })

  t.test('S16 a body is exactly what the route takes', async (t) => {
    const key = { 'idempotency-key': 'strict-0001' }
    const big = JSON.stringify({ by: 'x'.repeat(70_000) })
    const table = [
      { name: 'no key', headers: { ...json }, body: '{"by":"T1"}', status: 400 },
      { name: 'a short key', headers: { ...json, 'idempotency-key': 'short' }, body: '{"by":"T1"}', status: 400 },
      {
        name: 'a long key',
        headers: { ...json, 'idempotency-key': 'x'.repeat(129) },
        body: '{"by":"T1"}',
        status: 400,
      },
      { name: 'nobody', headers: { ...json, ...key }, body: '{}', status: 400 },
      { name: 'a number for a name', headers: { ...json, ...key }, body: '{"by":1}', status: 400 },
      { name: 'a list', headers: { ...json, ...key }, body: '[{"by":"T1"}]', status: 400 },
      { name: 'one thing more', headers: { ...json, ...key }, body: '{"by":"T1","finding":"x"}', status: 400 },
      { name: '__proto__', headers: { ...json, ...key }, body: '{"by":"T1","__proto__":{"admin":true}}', status: 400 },
      {
        name: 'constructor',
        headers: { ...json, ...key },
        body: '{"by":"T1","constructor":{"prototype":{"admin":true}}}',
        status: 400,
      },
      { name: 'not JSON', headers: { ...json, ...key }, body: '{by', status: 400 },
      { name: 'nothing', headers: { ...json, ...key }, body: '', status: 400 },
      { name: 'too much', headers: { ...json, ...key }, body: big, status: 413 },
      { name: 'text', headers: { 'content-type': 'text/plain', ...key }, body: '{"by":"T1"}', status: 415 },
      {
        name: 'a form',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...key },
        body: 'by=T1',
        status: 415,
      },
      {
        name: 'a disguised text',
        headers: { 'content-type': 'text/plain; application/json', ...key },
        body: '{"by":"T1"}',
        status: 415,
      },
      {
        name: 'a tab before the type',
        headers: { 'content-type': 'application/json\ta', ...key },
        body: '{"by":1}',
        status: 415,
      },
    ]
    for (const { name, headers, body, status } of table) {
      const answer = await post({ ...token, ...headers }, body)
      t.equal(answer.status, status, name)
      t.match(answer.headers.get('content-type'), /^application\/problem\+json/, name)
      t.match(await answer.json(), { type: 'about:blank', status, code: String, detail: String, params: Object }, name)
    }
    t.equal(({} as Record<string, unknown>)['admin'], undefined)
    for (const query of [
      'state=closed',
      'limit=0',
      'limit=201',
      'limit=x',
      'before=0',
      'before=-1',
      'before=1;drop',
      'other=1',
      'limit=1&limit=2',
    ]) {
      t.equal((await estate.as('engineer', `/api/v1/alarms?${query}`)).status, 400, query)
    }
  })

  t.test('S19 no address reaches the disk', async (t) => {
    for (const path of [
      '/../package.json',
      '/%2e%2e/package.json',
      '/..%2fpackage.json',
      '/theme.js%00',
      '//etc/passwd',
      '/built/../../package.json',
      '/built/%2e%2e%2ficon.svg',
      '/dist/theme.js',
      '/index.html',
      '/.git/config',
    ]) {
      const socket = connect(Number(new URL(estate.url).port), '127.0.0.1')
      socket.end(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
      const chunks: Buffer[] = []
      for await (const chunk of socket) chunks.push(chunk as Buffer)
      t.match(Buffer.concat(chunks).toString(), /^HTTP\/1\.1 40[04] /, path)
    }
  })

  t.test('S43 what breaks inside stays inside, and is logged', async (t) => {
    const thrown = await fetch(`${estate.url}/api/v1/broken`, { headers: { 'accept-language': 'zh-CN,zh;q=0.9' } })
    t.equal(thrown.status, 500)
    t.strictSame(await thrown.json(), {
      type: 'about:blank',
      title: 'Internal Server Error',
      status: 500,
      code: 'internal',
      detail: '内部错误，已记录',
      params: {},
    })
    const logged = estate.logged.join('')
    t.match(logged, /SQLITE secret at/)
    t.match(logged, /"route":"\/api\/v1\/broken"/)
  })

  t.test('S43 a store that cannot be read tells nobody how', async (t) => {
    estate.loseReading()
    for (const path of ['/api/v1/alarms', '/api/v1/orders/W5', '/api/v1/points/P1/outlet_pressure/series']) {
      const answer = await estate.as('engineer', path)
      t.equal(answer.status, 500, path)
      t.notMatch(await answer.text(), /sqlite|database|not open|node:|\.ts/i, path)
    }
  })

  t.test('S40 no secret reaches the log', async (t) => {
    const logged = estate.logged.join('')
    for (const [role, secret] of Object.entries(estate.tokens)) t.notMatch(logged, secret, role)
  })

  t.test('a request that is no HTTP is refused in one line', async (t) => {
    const socket = connect(Number(new URL(estate.url).port), '127.0.0.1')
    socket.end('NONSENSE\r\n\r\n')
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk as Buffer)
    t.match(Buffer.concat(chunks).toString(), /^HTTP\/1\.1 400 Bad Request/)
  })
})

t.test('a demonstration on loopback lets its visitors look, and nothing else', async (t) => {
  const estate = await openEstate({ demo: true })
  t.teardown(() => estate.close())
  const port = new URL(estate.url).port
  const get = async (path: string, headers: Record<string, string>, method = 'GET') => {
    const request = httpRequest(estate.url + path, { method, headers })
    request.end(method === 'POST' ? '{"by":"T1"}' : undefined)
    const [answer] = (await once(request, 'response')) as [import('node:http').IncomingMessage]
    answer.resume()
    return { status: answer.statusCode, cookie: answer.headers['set-cookie']?.[0] ?? null }
  }
  const { cookie } = await get('/', { host: `localhost:${port}` })
  t.match(cookie, /^caretaker_demo=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
  const visitor = { cookie: cookie!.split(';')[0]! }
  const table = [
    {
      name: 'the visitor looks',
      path: '/api/v1/alarms',
      headers: { ...visitor, host: `localhost:${port}` },
      status: 200,
    },
    { name: 'by number', path: '/api/v1/faults', headers: { ...visitor, host: `127.0.0.1:${port}` }, status: 200 },
    {
      name: 'a foreign name that leads here',
      path: '/api/v1/alarms',
      headers: { ...visitor, host: `evil.example:${port}` },
      status: 401,
    },
    {
      name: 'a guessed cookie',
      path: '/api/v1/alarms',
      headers: { cookie: 'caretaker_demo=guess', host: `localhost:${port}` },
      status: 401,
    },
    { name: 'no cookie', path: '/api/v1/alarms', headers: { host: `localhost:${port}` }, status: 401 },
  ]
  for (const { name, path, headers, status } of table) t.equal((await get(path, headers)).status, status, name)
  t.equal((await get('/', { host: `evil.example:${port}` })).cookie, null, 'a foreign name gets no cookie')
  const command = {
    ...visitor,
    host: `localhost:${port}`,
    'content-type': 'application/json',
    'idempotency-key': 'visitor-0001',
  }
  t.equal((await get('/api/v1/orders/W5/accept', command, 'POST')).status, 401, 'the visitor commands nothing')

  const plain = await openEstate()
  t.teardown(() => plain.close())
  t.equal((await fetch(`${plain.url}/`)).headers.get('set-cookie'), null, 'outside a demonstration nobody is signed in')
  const shown = await openEstate({ demo: true, host: '0.0.0.0' })
  t.teardown(() => shown.close())
  t.equal((await fetch(`${shown.url}/`)).headers.get('set-cookie'), null, 'nor where others can reach it')
})
