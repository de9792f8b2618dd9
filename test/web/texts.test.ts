import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import t from 'tap'
import { PERMISSIONS } from '#gateway/api/permissions.ts'
import { page } from '#gateway/api/routes/page.ts'
import { ROLES } from '#gateway/role.ts'
import { homeOf, mayProvoke, OFFERED, screensOf } from '../../web/roles.ts'

const web = fileURLToPath(new URL('../../web', import.meta.url))
const source = readdirSync(web, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path) && !/^(dist|node_modules)/.test(path))
  .map((path) => readFileSync(join(web, path), 'utf8'))
  .join('\n')
const texts = fileURLToPath(new URL('../../texts', import.meta.url))
/** The sentences of the first load, and those of screens that are opened later. */
const catalogues = readdirSync(texts, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('en.json'))
const keys = catalogues
  .flatMap((path) => Object.keys(JSON.parse(readFileSync(join(texts, path), 'utf8')) as object))
  .filter((key) => key.startsWith('web.'))

t.test('every sentence of the page is used somewhere, and every one that is used is there', async (t) => {
  const named = new Set([...source.matchAll(/['"](web\.[\w.-]+)['"]/g)].map((match) => match[1]!))
  // `web.order.state.${…}` uses the whole family; so does a code that is looked up in its family.
  const families = [
    ...[...source.matchAll(/`(web\.[\w.-]+\.)\$\{/g)].map((match) => match[1]!),
    ...[...source.matchAll(/sayCode\('(\w+)'/g)].map((match) => `web.${match[1]}.`),
  ]
  t.ok(families.length > 10, 'families were found')
  const isUsed = (key: string) => named.has(key) || families.some((family) => key.startsWith(family))
  t.strictSame(
    keys.filter((key) => !isUsed(key)),
    [],
    'unused',
  )
  t.strictSame(
    [...named].filter((key) => !keys.includes(key)),
    [],
    'missing',
  )
  t.strictSame(
    families.filter((family) => !keys.some((key) => key.startsWith(family))),
    [],
    'families without a sentence',
  )
})

t.test('the page offers a role exactly what the gateway lets it do', async (t) => {
  for (const [permission, roles] of Object.entries(OFFERED))
    t.strictSame([...roles].toSorted(), [...PERMISSIONS[permission as keyof typeof PERMISSIONS]].toSorted(), permission)
  t.strictSame(
    ROLES.filter((role) => mayProvoke(role)),
    ROLES.filter((role) => (PERMISSIONS.provoke as readonly string[]).includes(role)),
  )
})

t.test('each role lands on its own first page', async (t) => {
  t.strictSame(Object.fromEntries(ROLES.map((role) => [role, homeOf(role)])), {
    admin: '/overview',
    engineer: '/overview',
    field: '/orders',
    agent: '/notices',
    steward: '/notices',
    monitor: '/overview',
    manager: '/overview',
    quality: '/overview',
    contractor: '/orders',
    resident: '/',
  })
  t.strictSame(screensOf('steward'), ['notices', 'orders', 'alarms', 'households'])
  t.strictSame(screensOf('resident'), [])
})

t.test('S15: one place sets markup, and only with drawings that were built in', async (t) => {
  t.equal(source.match(/dangerouslySetInnerHTML/g)?.length, 1)
  t.notMatch(source, /\.innerHTML|insertAdjacentHTML|outerHTML|document\.write/)
  t.match(
    readFileSync(join(web, 'parts', 'icon.tsx'), 'utf8'),
    /dangerouslySetInnerHTML=\{\{ __html: ICONS\[name\] \}\}/,
  )
})

t.test('a gateway whose page is not built says how to build it', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(page({ of: () => null, cookieFor: () => null }, join(web, 'no-such-folder')))
  const answer = await app.inject('/overview')
  t.equal(answer.statusCode, 200)
  t.match(answer.body, 'npm run build')
  t.equal((await app.inject('/built/index.js')).statusCode, 404)
})
