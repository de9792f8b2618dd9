import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Event } from '#rules/event.ts'
import type { Ring } from '#rules/notices/events.ts'
import { isEnd, nextNoticeState } from '#rules/notices/states.ts'
import { OutboxRows } from './outbox-rows.ts'
import type { MessageDocument, MessagePhase, NoticeDocument, OutboxDocument, WorkDocument } from './documents.ts'

type NoticeEvent = Extract<Event, { notice: string }>
type Told = Readonly<{
  homes: readonly string[]
  channels: readonly string[]
  ring?: Ring
  ringAt?: number
  ringing?: readonly string[]
  cheapest?: true
}>

/** Which words go with an event that is told. */
const PHASES: Readonly<Record<string, MessagePhase>> = {
  'notice.published': 'published',
  'notice.confirmed': 'published',
  'notice.extended': 'extended',
  'notice.identified': 'identified',
  'notice.updated': 'updated',
  'notice.all_clear': 'all_clear',
  'notice.scheduled': 'scheduled',
  'notice.merged': 'rescheduled',
  'notice.reminded': 'reminded',
  'notice.rescheduled': 'rescheduled',
  'notice.prolonged': 'prolonged',
  'notice.cancelled': 'cancelled',
  'notice.completed': 'completed',
}

/** Notices as people read them, and the messages that they queue: rows made from events. */
export class NoticeRows {
  readonly #get: StatementSync
  readonly #put: StatementSync
  readonly #open: StatementSync
  readonly #outbox: OutboxRows

  constructor(db: DatabaseSync) {
    this.#get = db.prepare('select doc from notices where id = ?')
    this.#open = db.prepare('select id, seq, doc from notices where open = 1')
    this.#put = db.prepare(
      'insert into notices (id, seq, open, doc) values (?, ?, ?, ?) on conflict (id) do update set open = excluded.open, doc = excluded.doc',
    )
    this.#outbox = new OutboxRows(db)
  }

  /** A message that waits to be sent. */
  queue(id: string, seq: number, channel: string, nextAt: number, doc: OutboxDocument): void {
    this.#outbox.queue({ id, seq, channel, doc }, nextAt)
  }

  /** `isPersonal`: the message is of the ledger of homes, and stands there. */
  apply(event: Event, isPersonal = false): void {
    if (event.type === 'clock.stepped') this.#outbox.wallStepped(event)
    if (!('notice' in event)) return
    const instead = event.type === 'message.settled' ? this.#outbox.settle(event) : null
    if (event.type === 'message.requeued') this.#outbox.requeue(event)
    if (isPersonal) return
    if (event.type === 'notice.drafted' || event.type === 'notice.joined') this.#noSpare(event.asset)
    const notice = event.type === 'notice.drafted' ? drafted(event) : this.#noticeOf(event)
    if (!notice) return
    const isOpen = !isEnd(notice.state)
    const next = isEnd(notice.state) ? null : nextNoticeState(notice.state, event.type)
    if (next !== null) notice.state = next
    takeIn(notice, event)
    const failed = instead && 'message' in event && notice.messages.find(({ id }) => id === event.message)
    if (failed) notice.messages.push({ ...failed, ...instead, state: 'queued', settledAt: null, reason: null })
    const phase = PHASES[event.type]
    if (phase !== undefined && 'homes' in event && 'channels' in event) this.#send(notice, event, phase)
    this.#put.run(notice.id, event.seq, isOpen && !isEnd(notice.state) ? 1 : 0, JSON.stringify(notice))
  }

  /** It serves nobody itself any more: no page says any longer that it does. */
  #noSpare(asset: string): void {
    for (const row of this.#open.all() as { id: string; seq: number; doc: string }[]) {
      const notice = JSON.parse(row.doc) as NoticeDocument
      if (!notice.spares?.includes(asset)) continue
      notice.spares = notice.spares.filter((spare) => spare !== asset)
      this.#put.run(row.id, row.seq, 1, JSON.stringify(notice))
    }
  }

  #noticeOf(event: NoticeEvent): NoticeDocument | null {
    if (event.type === 'notice.scheduled') return scheduled(event)
    const row = this.#get.get(event.notice) as { doc: string } | undefined
    return row ? (JSON.parse(row.doc) as NoticeDocument) : null
  }

  /** A message to these homes on every channel: a line in the ledger and a row in the outbox, in one transaction. */
  #send(notice: NoticeDocument, event: NoticeEvent & Told, phase: MessagePhase): void {
    for (const channel of event.channels) {
      const mustWait = event.ringAt !== undefined && (event.ringing ?? event.channels).includes(channel)
      const message: MessageDocument = {
        id: `${notice.id}-${event.seq}-${channel}`,
        channel,
        phase,
        homes: event.homes,
        state: 'queued',
        settledAt: null,
        reason: null,
        ...(mustWait ? { ringAt: event.ringAt } : {}),
      }
      notice.messages.push(message)
      const doc: OutboxDocument = {
        notice: notice.id,
        phase,
        homes: event.homes,
        at: event.at,
        trace: event.trace,
        ...(event.ring === undefined ? {} : { ring: event.ring }),
        ...(event.cheapest ? { cheapest: true } : {}),
      }
      this.queue(message.id, event.seq, channel, mustWait ? event.ringAt! : event.at, doc)
    }
  }
}

function drafted(event: Extract<NoticeEvent, { type: 'notice.drafted' }>): NoticeDocument {
  const { notice: id, kind, order, asset, alarm, rule, trace } = event
  return {
    ...unsaid(id, kind, trace, event),
    state: 'draft',
    order,
    asset,
    assets: [asset],
    alarmId: alarm,
    alarmIds: [alarm],
    rule,
    ...(event.class === undefined ? {} : { class: event.class }),
    ...(event.dueAt === undefined ? {} : { dueAt: event.dueAt }),
  }
}

function scheduled(event: Extract<NoticeEvent, { type: 'notice.scheduled' }>): NoticeDocument {
  const { notice: id, kind, trace, assets, workOrder, by } = event
  return {
    ...unsaid(id, kind, trace, event),
    state: 'scheduled',
    order: workOrder ?? '',
    asset: assets[0] ?? '',
    assets: [...assets],
    alarmId: '',
    alarmIds: [],
    class: 'P6',
    publishedAt: event.at,
    publishedBy: by,
    planned: workOf(event),
  }
}

function workOf(event: Extract<NoticeEvent, { type: 'notice.scheduled' }>): WorkDocument {
  const { work, rules, from, to, by, second = null, reason = null, workOrder = null, needsQuality = false } = event
  const unseen = { reminded: [], askedAt: null, overranAt: null, graceUntil: null, isLate: false, quality: null }
  return { work, rules, from, to, by, second, reason, workOrder, needsQuality, ...unseen }
}

function unsaid(id: string, kind: string, trace: string, { at, homes }: { at: number; homes: readonly string[] }) {
  return {
    id,
    kind,
    homeIds: [...homes],
    verifying: false,
    draftedAt: at,
    publishedAt: null,
    publishedBy: null,
    monitoringSince: null,
    endedAt: null,
    messages: [],
    trace,
  }
}

/** What an event says of its notice, beside its state. */
function takeIn(notice: NoticeDocument, event: NoticeEvent): void {
  switch (event.type) {
    case 'notice.joined':
      if (!notice.alarmIds.includes(event.alarm)) notice.alarmIds.push(event.alarm)
      if (!notice.assets.includes(event.asset)) notice.assets.push(event.asset)
      // A draft shows whom it would reach; once published, only who was told counts.
      if (notice.state === 'draft') notice.homeIds = [...new Set([...notice.homeIds, ...event.homes])]
      return
    case 'notice.published': {
      const { at: publishedAt, by: publishedBy, verifying, pageOnly = false, nextUpdateAt = null } = event
      Object.assign(notice, { publishedAt, publishedBy, verifying, pageOnly, nextUpdateAt, homeIds: [...event.homes] })
      notice.spares = event.spares ?? []
      return
    }
    case 'notice.confirmed':
      Object.assign(notice, { pageOnly: false, publishedBy: event.by })
      return
    case 'notice.extended':
      notice.homeIds = [...new Set([...notice.homeIds, ...event.homes])]
      notice.spares = event.spares ?? []
      if (!notice.planned) notice.monitoringSince = null
      return
    case 'notice.rejected':
      notice.rejected = { at: event.at, by: event.by, reason: event.reason, to: event.to }
      return
    case 'notice.identified':
      Object.assign(notice, { eta: event.eta, nextUpdateAt: event.nextUpdateAt })
      return
    case 'notice.updated':
      notice.updates = [...(notice.updates ?? []), { at: event.at, by: event.by, text: event.text }]
      notice.nextUpdateAt = event.nextUpdateAt
      return
    case 'notice.eta_passed':
      notice.eta = null
      return
    case 'notice.monitoring':
    case 'notice.verifying':
      Object.assign(notice, {
        monitoringSince: event.since,
        clearAt: event.clearAt ?? null,
        restoredAt: null,
        eta: null,
      })
      return
    case 'notice.restored':
      Object.assign(notice, { restoredAt: event.at, clearAt: event.clearAt })
      return
    case 'notice.resumed':
      Object.assign(notice, { monitoringSince: null, clearAt: null, restoredAt: null })
      return
    case 'notice.all_clear':
    case 'notice.completed':
      Object.assign(notice, { endedAt: event.at, endedBy: event.name ?? event.by ?? null })
      return
    case 'notice.withdrawn':
      notice.endedAt = event.at
      return
    case 'notice.cancelled':
      Object.assign(notice, { endedAt: event.at, endedBy: event.by, endReason: event.reason })
      return
    case 'message.settled': {
      const message = notice.messages.find(({ id }) => id === event.message)
      if (message) Object.assign(message, { state: event.result, settledAt: event.at, reason: event.reason ?? null })
      return
    }
    case 'message.requeued': {
      const message = notice.messages.find(({ id }) => id === event.message)
      if (message?.state === 'failed') Object.assign(message, { state: 'queued', settledAt: null, reason: null })
      return
    }
    default:
      if (notice.planned) ofWork(notice, notice.planned, event)
  }
}

function ofWork(notice: NoticeDocument, work: WorkDocument, event: NoticeEvent): void {
  switch (event.type) {
    case 'notice.reminded':
      work.reminded.push({ before: event.before, at: event.at })
      return
    case 'notice.rescheduled':
      Object.assign(work, { from: event.from, to: event.to, reminded: [], reason: event.reason })
      return
    case 'notice.merged': {
      const { from, to, rules, work: what } = event
      notice.assets = [...event.assets]
      notice.homeIds = [...new Set([...notice.homeIds, ...event.homes])]
      Object.assign(work, { from, to, rules, work: what, reminded: [] })
      if (event.needsQuality) work.needsQuality = true
      return
    }
    case 'notice.asked':
      work.askedAt = event.at
      return
    case 'notice.overran':
      Object.assign(work, { overranAt: event.at, graceUntil: event.graceUntil })
      return
    case 'notice.prolonged':
      Object.assign(work, { to: event.to, isLate: event.late, graceUntil: null })
      return
    case 'notice.measured': {
      const { turbidityNtu, freeChlorineMgL, isFit, by, at } = event
      work.quality = { turbidityNtu, freeChlorineMgL, isFit, by, at }
      return
    }
    default:
  }
}
