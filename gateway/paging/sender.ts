import type { Command } from '#rules/command.ts'
import type { Event } from '#rules/event.ts'
import type { Delivery } from '../channels/channel.ts'
import { newNap } from '../outbox/nap.ts'
import type { Site } from '../site/site.ts'
import type { PageLetter } from '../store/paging-rows.ts'
import type { LetterRow } from '../store/letter-table.ts'
import type { Store } from '../store/store.ts'
import { pageTexts, valuesOf } from './page-text.ts'
import type { ContactOf, PageMessage, StaffRoad } from './road.ts'

export type PageSenderOptions = Readonly<{
  site: Pick<Site, 'id' | 'plan'>
  roads: readonly StaffRoad[]
  /** Of the web app, such as https://caretaker.example; null: pages carry no link. */
  link: string | null
  /** By which somebody without an account accepts a task; a new one each time, for none is kept. */
  linkFor?(task: string, person: string): string
  contactOf: ContactOf
  store: Pick<Store['write'], 'waitingLetters' | 'nextLetterAt' | 'noteLetter'>
  read: Pick<Store['read'], 'get'>
  command(command: Command): Promise<unknown>
  clock: Readonly<{ now(): number; delay(realMs: number, run: () => void): () => void; speed: number }>
  log(level: 'info' | 'warn' | 'error', message: string, fields?: object): void
}>
export type PageSender = Readonly<{
  run(signal: AbortSignal): Promise<void>
  /** After each commit. */
  committed(events: readonly Event[]): void
}>

const AT_ONCE = 20
const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 60_000
const IDLE_MS = 60_000

/**
 * Hands pages to their roads, after they are durable, at least once and under the same id. A queue of its own beside the
 * outbox of notices: pages are worthless within minutes, are withdrawn when somebody accepts, and must never wait behind
 * three thousand text messages. The outcome comes back as a command, and becomes an event.
 */
export function pageSender(options: PageSenderOptions): PageSender {
  const { clock } = options
  const lines = options.roads.map((road) => ({ road, nap: newNap(clock.delay) }))
  return {
    committed(events) {
      if (!events.some(({ type }) => type === 'page.sent' || type === 'sounder.silenced')) return
      for (const { nap } of lines) nap.nudge()
    },
    async run(signal) {
      await Promise.all(lines.map(({ road, nap }) => runRoad(options, road, nap, signal)))
    },
  }
}

async function runRoad(
  options: PageSenderOptions,
  road: StaffRoad,
  nap: ReturnType<typeof newNap>,
  signal: AbortSignal,
): Promise<void> {
  const { store, clock, log } = options
  /** Gone out, and not yet journaled as such: must not ring again only because the store is away. */
  const outcomes = new Map<string, Delivery>()
  let failures = 0
  while (!signal.aborted) {
    try {
      const rows = await store.waitingLetters(road.road, clock.now(), AT_ONCE)
      await Promise.all(rows.map((row) => handle(row)))
      failures = 0
      if (rows.length > 0) continue
      const nextAt = await store.nextLetterAt(road.road)
      const dueMs = nextAt === null ? IDLE_MS : (nextAt - clock.now()) / clock.speed
      await nap.rest(Math.min(Math.max(dueMs, 50), IDLE_MS), signal)
    } catch (error) {
      if (signal.aborted) return
      log('error', 'pages wait for the store', { road: road.road, error: (error as Error).message })
      await nap.rest(retryMs(failures++), signal)
    }
  }

  async function handle(row: LetterRow): Promise<void> {
    const { id, attempts, doc } = row
    const delivery = outcomes.get(id) ?? (clock.now() > doc.until ? TOO_LATE : await send(row))
    const isOpen = delivery.outcome === 'retry' || delivery.outcome === 'unknown'
    if (isOpen) {
      const wishMs = delivery.outcome === 'retry' ? delivery.afterMs : undefined
      log('warn', 'a page is not handed over yet', { page: id, reason: delivery.reason, attempts: attempts + 1 })
      // Rung twice is better than not at all: what got no answer goes out again.
      const nextAt = clock.now() + (wishMs ?? retryMs(attempts)) * clock.speed
      await store.noteLetter(id, attempts + 1, Math.round(nextAt))
      return
    }
    outcomes.set(id, delivery)
    const failed = delivery.outcome === 'failed' ? { reason: delivery.reason } : {}
    if (!doc.ends) {
      const result = delivery.outcome === 'failed' ? 'failed' : 'delivered'
      const settled = { type: 'page.settle', page: doc.page, try: doc.try, result, ...failed } as const
      await options.command({ ...settled, id: `settle:${id}`, actor: 'paging' })
    }
    await store.noteLetter(id, attempts + 1, null)
    outcomes.delete(id)
  }

  async function send(row: LetterRow): Promise<Delivery> {
    try {
      if (row.doc.ends) return (await road.silence?.(signal)) ?? NOTHING_TO_DO
      const message = await messageOf(options, row)
      if (!message || !road.reaches(message.to)) return { outcome: 'failed', reason: 'no_contact' }
      return await road.send(message, signal)
    } catch (error) {
      signal.throwIfAborted()
      return { outcome: 'retry', reason: error instanceof Error ? error.name : 'unknown' }
    }
  }
}

const TOO_LATE: Delivery = { outcome: 'failed', reason: 'expired' }
const NOTHING_TO_DO: Delivery = { outcome: 'delivered' }
const NOBODY = { phone: null, wecom: null } as const

function retryMs(attempts: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** attempts, LONGEST_RETRY_MS)
}

async function messageOf(options: PageSenderOptions, { id, doc }: LetterRow): Promise<PageMessage | null> {
  const { site, link, contactOf, read } = options
  const known = doc.road === 'sounder' ? NOBODY : await contactOf(doc.person)
  // A line is rung; no text reaches a landline where a mobile is known.
  const isByText = doc.road === 'sms' && known !== null && known.phone !== null
  const phone = doc.line === undefined || isByText ? undefined : site.plan.rescue?.lines[doc.line]
  const to = phone === undefined ? known : { wecom: known?.wecom ?? null, phone }
  if (!to) return null
  const place = doc.about === 'task' ? doc.subject.replace(/-[a-z_]+$/, '') : doc.subject
  const order = doc.about === 'order' || doc.about === 'task' ? await read.get('orders', place) : null
  const alarm = order && (await read.get('alarms', order.alarmId))
  const subject = order && { rule: alarm?.rule ?? null, asset: order.asset }
  const { page, about, subject: number, purpose, class: ofClass, person, at, trace } = doc
  const code = codeFor(options, doc)
  const accept = code === null ? null : `${link}/accept#${code}`
  return {
    id,
    page,
    site: site.id,
    about,
    subject: number,
    purpose,
    class: ofClass,
    person,
    to,
    at,
    trace,
    texts: pageTexts(doc, subject, site, accept),
    values: { ...valuesOf(doc, subject, site, 'zh-CN'), code: code ?? '' },
    link:
      accept ?? (link === null ? null : about === 'roster' ? `${link}/roster` : `${link}/${PLACES[about]}/${place}`),
  }
}

/** The code of a link for whoever is asked to come and has no account: a contractor. Nobody reads it over the phone. */
function codeFor({ site, link, linkFor }: PageSenderOptions, { about, purpose, subject, person, road }: PageLetter) {
  const isOutside = site.plan.staff.some(({ id, role }) => id === person && role === 'contractor')
  if (link === null || about !== 'task' || purpose !== 'accept' || !isOutside) return null
  return road === 'card' || road === 'sms' ? (linkFor?.(subject, person) ?? null) : null
}

/** Screens of the web app. */
const PLACES = { order: 'orders', task: 'orders', case: 'cases', handover: 'handovers' } as const
