import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Event } from '#rules/event.ts'
import { graver } from '#rules/orders/order.ts'
import { AlarmRows } from './alarm-rows.ts'
import { PagingRows } from './paging-rows.ts'
import { endPause, goOn } from './order-rows.ts'
import { tasksAfter } from './task-rows.ts'
import { SupervisionRows } from './supervision-rows.ts'
import type { MessageDocument, MessagePhase, NoticeDocument, OrderDocument, OutboxDocument } from './documents.ts'
import { ReachRows } from './reach-rows.ts'

type Tables = { orders: OrderDocument; notices: NoticeDocument }
const TABLES = ['orders', 'notices'] as const

/** Turns events into the rows that people and the outbox read. All of it can be made again from the journal. */
export class Projections {
  readonly #get: Record<keyof Tables, StatementSync>
  readonly #put: Record<keyof Tables, StatementSync>
  readonly #queue: StatementSync
  readonly #settle: StatementSync
  readonly #alarms: AlarmRows
  readonly #paging: PagingRows
  readonly #reach: ReachRows
  readonly #supervision: SupervisionRows
  readonly #stuck: StatementSync
  readonly #moved: StatementSync

  constructor(db: DatabaseSync) {
    this.#alarms = new AlarmRows(db)
    this.#paging = new PagingRows(db)
    this.#supervision = new SupervisionRows(db)
    const prepare = (sql: (table: string) => string) =>
      Object.fromEntries(TABLES.map((table) => [table, db.prepare(sql(table))])) as Record<keyof Tables, StatementSync>
    this.#get = prepare((table) => `select doc from ${table} where id = ?`)
    this.#put = prepare(
      (table) =>
        `insert into ${table} (id, seq, open, doc) values (?, ?, ?, ?) on conflict (id) do update set open = excluded.open, doc = excluded.doc`,
    )
    this.#queue = db.prepare(
      "insert or ignore into outbox (id, seq, channel, state, attempts, next_at, doc) values (?, ?, ?, 'queued', 0, ?, ?)",
    )
    this.#reach = new ReachRows(db, ({ id, seq, channel, doc }) =>
      this.#queue.run(id, seq, channel, doc.at, JSON.stringify(doc)),
    )
    this.#stuck = db.prepare('insert or ignore into stuck (rule, device, point, from_at) values (?, ?, ?, ?)')
    this.#moved = db.prepare('update stuck set to_at = ? where rule = ? and to_at is null')
    this.#settle = db.prepare('update outbox set state = ? where id = ?')
  }

  apply(event: Event): void {
    this.#alarms.apply(event)
    this.#paging.apply(event)
    const isPersonal = this.#reach.apply(event)
    this.#supervision.apply(event)
    switch (event.type) {
      case 'order.opened': {
        const { order: id, incident, skill, region, asset, alarm, trace } = event
        const unset = {
          assignee: null,
          why: null,
          acceptedAt: null,
          arrivedAt: null,
          finishedAt: null,
          verifiedAt: null,
          closedAt: null,
          closedBy: null,
          finding: null,
        }
        this.#save(
          'orders',
          event,
          {
            id,
            incident,
            state: 'new',
            class: event.class,
            skill,
            region,
            asset,
            assets: [asset],
            alarmId: alarm,
            alarmIds: [alarm],
            openedAt: event.at,
            ...unset,
            trace,
          },
          true,
        )
        return
      }
      case 'order.joined':
        this.#order(event, (order) => {
          order.class = graver(order.class, event.class)
          if (!order.alarmIds.includes(event.alarm)) order.alarmIds.push(event.alarm)
          if (!order.assets.includes(event.asset)) order.assets.push(event.asset)
        })
        return
      case 'order.line_added':
        return this.#order(event, (order) => {
          const { asset, likely, since } = event
          const others = (order.lines ?? []).filter((line) => line.asset !== asset)
          // Whoever calls them goes from top to bottom.
          order.lines = [...others, { asset, likely, since, endedAt: null }].toSorted(
            (a, b) => Number(b.likely) - Number(a.likely) || a.since - b.since,
          )
        })
      case 'order.line_ended':
        return this.#order(event, (order) => {
          order.lines = (order.lines ?? []).map((line) =>
            line.asset === event.asset ? { ...line, endedAt: event.at } : line,
          )
        })
      case 'order.dispatched':
        return this.#order(event, (order) =>
          Object.assign(order, {
            state: 'dispatched',
            assignee: event.assignee,
            owner: order.owner ?? event.assignee,
            why: event.why,
          }),
        )
      case 'order.owner_changed':
        return this.#order(event, (order) => Object.assign(order, { owner: event.owner }))
      case 'order.accepted':
        return this.#order(event, (order) =>
          Object.assign(order, { state: 'accepted', assignee: event.by, acceptedAt: event.at }),
        )
      case 'order.declined':
        return this.#order(event, (order) => Object.assign(order, { state: 'new', assignee: null }))
      case 'order.transferred':
        return this.#order(event, (order) => Object.assign(order, { state: 'dispatched', assignee: event.to }))
      case 'order.started':
        return this.#order(event, (order) => Object.assign(order, { state: 'working', startedAt: event.at }))
      case 'order.paused':
        return this.#order(event, (order) => {
          order.pauses = [
            ...(order.pauses ?? []),
            { from: event.at, to: null, reason: event.reason, until: event.until },
          ]
          order.state = 'paused'
        })
      case 'order.resumed':
        return this.#order(event, (order) => {
          endPause(order, event.at)
          order.state = 'accepted'
        })
      case 'order.updated':
        return this.#order(event, (order) => {
          const { by, text, eta = null } = event
          order.updates = [...(order.updates ?? []), { at: event.at, by, text, eta }]
          order.silentSince = null
        })
      case 'order.escalated':
        return this.#order(event, (order) => {
          const { level, clock, dueAt, to } = event
          order.escalations = [...(order.escalations ?? []), { level, clock, dueAt, at: event.at, to: [...to] }]
        })
      case 'order.silent':
        return this.#order(event, (order) => Object.assign(order, { silentSince: event.dueAt }))
      case 'task.opened':
      case 'task.called':
      case 'task.dialled':
      case 'task.accepted':
      case 'task.contacted':
      case 'task.arrived':
      case 'task.missed':
      case 'task.out':
      case 'task.ended':
        return this.#order(event, (order) => void (order.tasks = tasksAfter(order, event)))
      case 'order.departed':
      case 'order.arrived':
      case 'order.ticked':
      case 'order.photo_added':
      case 'order.finished':
      case 'order.reported':
      case 'order.verified':
      case 'order.reopened':
      case 'order.unverified':
      case 'order.called_back':
      case 'order.rated':
      case 'order.merged':
      case 'order.false_alarm':
      case 'order.cancelled':
      case 'order.closed':
        return this.#order(event, (order) => goOn(order, event))
      case 'notice.drafted': {
        const { notice: id, kind, order, asset, alarm, trace } = event
        const unset = { publishedAt: null, publishedBy: null, monitoringSince: null, endedAt: null, messages: [] }
        return this.#save(
          'notices',
          event,
          {
            id,
            kind,
            state: 'draft',
            order,
            asset,
            assets: [asset],
            alarmId: alarm,
            alarmIds: [alarm],
            homeIds: [...event.homes],
            verifying: false,
            draftedAt: event.at,
            ...unset,
            trace,
          },
          true,
        )
      }
      case 'notice.joined':
        return this.#notice(event, (notice) => {
          if (!notice.alarmIds.includes(event.alarm)) notice.alarmIds.push(event.alarm)
          if (!notice.assets.includes(event.asset)) notice.assets.push(event.asset)
          // A draft shows whom it would reach; once published, only who was told counts.
          if (notice.state === 'draft') notice.homeIds = [...new Set([...notice.homeIds, ...event.homes])]
        })
      case 'notice.published':
        return this.#notice(event, (notice) => {
          Object.assign(notice, {
            state: 'published',
            publishedAt: event.at,
            publishedBy: event.by,
            verifying: event.verifying,
            homeIds: [...event.homes],
          })
          this.#send(notice, event, 'published')
        })
      case 'notice.extended':
        return this.#notice(event, (notice) => {
          notice.homeIds.push(...event.homes)
          Object.assign(notice, { state: 'published', monitoringSince: null })
          this.#send(notice, event, 'extended')
        })
      case 'notice.monitoring':
        return this.#notice(event, (notice) =>
          Object.assign(notice, { state: 'monitoring', monitoringSince: event.since }),
        )
      case 'notice.resumed':
        return this.#notice(event, (notice) => Object.assign(notice, { state: 'published', monitoringSince: null }))
      case 'notice.all_clear':
        return this.#notice(event, (notice) => {
          Object.assign(notice, { state: 'all_clear', endedAt: event.at })
          this.#send(notice, event, 'all_clear')
        })
      case 'notice.withdrawn':
        return this.#notice(event, (notice) => Object.assign(notice, { state: 'withdrawn', endedAt: event.at }))
      case 'point.stuck':
        this.#stuck.run(event.rule, event.device, event.point, event.since)
        return
      case 'point.moved':
        this.#moved.run(event.at, event.rule)
        return
      case 'message.settled':
        this.#settle.run(event.result, event.message)
        if (isPersonal) return
        return this.#notice(event, (notice) => {
          const message = notice.messages.find(({ id }) => id === event.message)
          if (message)
            Object.assign(message, { state: event.result, settledAt: event.at, reason: event.reason ?? null })
        })
      default:
    }
  }

  /** A message to these homes on every channel: a line in the ledger and a row in the outbox, in one transaction. */
  #send(
    notice: NoticeDocument,
    event: Event & { homes: readonly string[]; channels: readonly string[] },
    phase: MessagePhase,
  ): void {
    for (const channel of event.channels) {
      const message: MessageDocument = {
        id: `${notice.id}-${event.seq}-${channel}`,
        channel,
        phase,
        homes: event.homes,
        state: 'queued',
        settledAt: null,
        reason: null,
      }
      notice.messages.push(message)
      const doc: OutboxDocument = { notice: notice.id, phase, homes: event.homes, at: event.at, trace: event.trace }
      this.#queue.run(message.id, event.seq, channel, event.at, JSON.stringify(doc))
    }
  }

  #order(event: Event & { order: string }, change: (order: OrderDocument) => void): void {
    this.#change('orders', event.order, event, change, (order) => order.closedAt === null)
  }

  #notice(event: Event & { notice: string }, change: (notice: NoticeDocument) => void): void {
    this.#change(
      'notices',
      event.notice,
      event,
      change,
      (notice) => notice.state !== 'all_clear' && notice.state !== 'withdrawn',
    )
  }

  #change<T extends keyof Tables>(
    table: T,
    id: string,
    event: Event,
    change: (doc: Tables[T]) => void,
    isOpen: (doc: Tables[T]) => boolean,
  ): void {
    const row = this.#get[table].get(id) as { doc: string } | undefined
    if (!row) return
    const doc = JSON.parse(row.doc) as Tables[T]
    change(doc)
    this.#save(table, event, doc, isOpen(doc))
  }

  #save<T extends keyof Tables>(table: T, event: Event, doc: Tables[T], isOpen: boolean): void {
    this.#put[table].run(doc.id, event.seq, isOpen ? 1 : 0, JSON.stringify(doc))
  }
}
