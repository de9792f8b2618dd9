import t from 'tap'
import { ROLES } from '#gateway/role.ts'
import { openBrowser, withoutBrowser } from './browser.ts'
import { openDemo } from './demo.ts'
import { firstMinutes } from './first-minute.ts'

t.test(
  'all others: first page, phone and desk, both languages, nothing in the way',
  { skip: withoutBrowser(), timeout: 380_000 },
  async (t) => {
    const demo = await openDemo(t)
    const browser = await openBrowser(t)
    const others = ROLES.filter((role) => !['admin', 'engineer', 'field'].includes(role))
    firstMinutes(t, browser, demo, others)
  },
)
