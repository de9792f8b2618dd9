import { bannerView } from './banner.js'
import { chainView } from './chain.js'
import { write } from './element.js'
import { gatewayLink, NotAllowed, NotSignedIn } from './gateway-link.js'
import { noticeList, orderList } from './lists.js'
import { plantView } from './plant.js'
import { follow } from './stream.js'
import { words as loadWords } from './words.js'

const RETRY_MS = 2_000
const GATHER_MS = 150
const HEALTH_EVERY_MS = 10_000
const ANNOUNCED = [
  'alarm.raised',
  'order.dispatched',
  'order.accepted',
  'order.closed',
  'notice.published',
  'notice.all_clear',
]

const at = (id) => document.getElementById(id)
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
/** The page's own stopwatch; it never reads a wall clock: the time that counts is the site's. */
const stopwatch = () => document.timeline.currentTime ?? 0

const words = await loadWords()
const link = gatewayLink()
const showChain = chainView(at('chain'), at('chain-empty'), words)
const showBanner = bannerView(at('banner'), at('banner-list'), words)
const showOrders = orderList(at('orders'), at('orders-empty'), words)
const showNotices = noticeList(at('notices-section'), at('notices'), at('notices-empty'), words)
const plant = plantView(at('plant'), at('plant-empty'), words)

const state = {
  site: null,
  siteTime: null,
  alarms: [],
  orders: [],
  notices: null,
  health: null,
  faults: [],
  lastId: null,
  epoch: null,
  lineState: 'connecting',
  /** A demonstration's visit was renewed, and is not proven to work yet. */
  isRenewed: false,
}

function draw() {
  document.documentElement.lang = words.language
  for (const target of document.querySelectorAll('[data-text]')) write(target, words.say(target.dataset.text))
  for (const button of document.querySelectorAll('[data-language]'))
    button.setAttribute('aria-pressed', String(button.dataset.language === words.language))
  document.querySelector('.languages').setAttribute('aria-label', words.say('page.language'))
  at('clock').setAttribute('aria-label', words.say('page.clock'))
  at('link').dataset.state = state.lineState
  write(at('link-text'), words.say(`page.${state.lineState}`))
  at('signout').hidden = !link.hasToken
  const { site } = state
  if (!site) return
  const name = words.of(site.name)
  write(at('site-name'), name)
  document.title = `${name} · Caretaker`
  at('demo').hidden = !site.demo && site.speed === 1
  write(
    at('demo'),
    [site.demo ? words.say('page.demo') : '', site.speed === 1 ? '' : words.say('page.speed', { speed: site.speed })]
      .filter(Boolean)
      .join(' · '),
  )
  write(at('foot'), words.say('page.foot', { version: site.version }))
  showChain({ ...state, isDemo: site.demo })
  showOrders(state.orders)
  showNotices(state.notices)
  plant.alarmed(state.alarms.filter((alarm) => alarm.state !== 'normal'))
  showBanner(state)
}

async function readLists() {
  const [alarms, orders, notices] = await Promise.all(
    ['/api/v1/alarms?limit=100', '/api/v1/orders?limit=40', '/api/v1/notices?limit=20&ledger=counts'].map((path) =>
      link.jsonIfAllowed(path),
    ),
  )
  Object.assign(state, { alarms: alarms?.items ?? [], orders: orders?.items ?? [], notices: notices?.items ?? null })
  draw()
}

let gathering = null
/** Many events of one moment are one look at the lists. */
function readListsSoon() {
  gathering ??= setTimeout(() => {
    gathering = null
    readLists().catch(() => {})
  }, GATHER_MS)
}

async function readHealth() {
  state.health = await link.json('/api/v1/health')
  setSiteTime(state.health.time)
  showBanner(state)
}

function setSiteTime(iso) {
  state.siteTime = { ms: new Date(iso).getTime(), stopwatch: stopwatch() }
}

function siteNow() {
  const { siteTime, site } = state
  return siteTime.ms + (stopwatch() - siteTime.stopwatch) * (site?.speed ?? 1)
}

async function readSite() {
  state.site = await link.json('/api/v1/site')
  words.useTimeZone(state.site.timeZone)
  setSiteTime(state.site.now)
  const [devices, faults] = await Promise.all(
    ['/api/v1/devices', '/api/v1/faults'].map((path) => link.jsonIfAllowed(path)),
  )
  at('plant-section').hidden = devices === null
  state.faults = faults?.items ?? []
  plant.show(state.site, devices?.items ?? [])
  return devices !== null
}

const onStream = {
  id(id) {
    state.lastId = id
  },
  event(type, data) {
    if (type === 'values') return plant.take(data.items)
    if (type === 'ready') {
      state.isRenewed = false
      setLine('live')
      // What happened between the first look and this moment is seen by a second one.
      return readListsSoon()
    }
    if (/^(alarm|order|notice|message)\./.test(type)) readListsSoon()
    if (ANNOUNCED.includes(type)) {
      write(at('said'), words.say(`page.said.${type}`, { id: data[type.split('.')[0]], who: data.assignee ?? data.by }))
    }
  },
}

function setLine(to) {
  state.lineState = to
  draw()
}

/** Reads everything, then follows what happens; after a drop it reads again and goes on where the stream ended. */
async function live() {
  const hasValues = await readSite()
  if (state.epoch !== state.site.epoch) Object.assign(state, { epoch: state.site.epoch, lastId: null })
  at('signin').hidden = true
  at('live').hidden = false
  at('link').hidden = false
  await Promise.all([readLists(), readHealth()])
  await follow(link, `/api/v1/events${hasValues ? '?values=*' : ''}`, state.lastId, onStream)
}

function askToSignIn(problem) {
  at('live').hidden = true
  at('banner').hidden = true
  at('signin').hidden = false
  at('link').hidden = true
  at('signin-wrong').hidden = problem === null
  write(at('signin-wrong'), problem === null ? '' : words.say(problem))
  draw()
  return new Promise((resolve) => {
    at('signin-form').addEventListener(
      'submit',
      (submit) => {
        submit.preventDefault()
        link.signIn(at('token').value.trim())
        at('token').value = ''
        resolve()
      },
      { once: true },
    )
  })
}

async function run() {
  for (;;) {
    try {
      await live()
    } catch (error) {
      if (error instanceof NotAllowed) {
        link.signOut()
        await askToSignIn('page.forbidden')
        continue
      }
      if (error instanceof NotSignedIn) {
        const hadToken = link.hasToken
        link.signOut()
        if (!hadToken && !state.isRenewed) {
          state.isRenewed = true
          await link.renewVisit()
          continue
        }
        await askToSignIn(hadToken ? 'page.signin.wrong' : null)
        continue
      }
    }
    setLine('reconnecting')
    await pause(RETRY_MS)
  }
}

for (const button of document.querySelectorAll('[data-language]')) {
  button.addEventListener('click', () => {
    words.choose(button.dataset.language)
    plant.draw()
    draw()
  })
}
at('signout').addEventListener('click', () => {
  link.signOut()
  location.reload()
})
setInterval(() => {
  if (!state.siteTime) return
  write(at('clock'), words.timeAt(siteNow()))
  plant.age(siteNow())
}, 500)
setInterval(() => {
  if (state.lineState === 'live') readHealth().catch(() => {})
}, HEALTH_EVERY_MS)

draw()
await run()
