import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Event } from '#rules/event.ts'
import { graver } from '#rules/orders/order.ts'
import { AlarmRows } from './alarm-rows.ts'
import { PagingRows } from './paging-rows.ts'
import { endPause, goOn, openedByPeople } from './order-rows.ts'
import { afterTask } from './task-rows.ts'
import { SupervisionRows } from './supervision-rows.ts'
import type { OrderDocument } from './documents.ts'
import { MonthRows } from './month-rows.ts'
import { NoticeRows } from './notice-rows.ts'
import { ReachRows } from './reach-rows.ts'

/** Turns events into the rows that people and the outbox read. All of it can be made again from the journal. */
export class Projections {
  readonly #get: StatementSync
  readonly #put: StatementSync
  readonly #notices: NoticeRows
  readonly #alarms: AlarmRows
  readonly #paging: PagingRows
  readonly #reach: ReachRows
  readonly #supervision: SupervisionRows
  readonly #months: MonthRows
  readonly #stuck: StatementSync
  readonly #moved: StatementSync

  constructor(db: DatabaseSync) {
    this.#alarms = new AlarmRows(db)
    this.#notices = new NoticeRows(db)
    this.#paging = new PagingRows(db)
    this.#supervision = new SupervisionRows(db)
    this.#months = new MonthRows(db)
    this.#get = db.prepare('select doc from orders where id = ?')
    this.#put = db.prepare(
      'insert into orders (id, seq, open, doc) values (?, ?, ?, ?) on conflict (id) do update set open = excluded.open, doc = excluded.doc',
    )
    this.#reach = new ReachRows(db, ({ id, seq, channel, doc, nextAt }) =>
      this.#notices.queue(id, seq, channel, nextAt, doc),
    )
    this.#stuck = db.prepare('insert or ignore into stuck (rule, device, point, from_at) values (?, ?, ?, ?)')
    this.#moved = db.prepare('update stuck set to_at = ? where rule = ? and to_at is null')
  }

  apply(event: Event): void {
    this.#alarms.apply(event)
    this.#paging.apply(event)
    this.#notices.apply(event, this.#reach.apply(event))
    this.#supervision.apply(event)
    this.#months.apply(event)
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
        this.#save(event, {
          id,
          incident,
          state: 'new',
          class: event.class,
          skill,
          region,
          asset,
          assets: [asset],
          alarmId: alarm,
          alarmIds: alarm === '' ? [] : [alarm],
          openedAt: event.at,
          ...unset,
          ...openedByPeople(event),
          ...(event.follows ? { follows: event.follows } : {}),
          trace,
        })
        return
      }
      case 'order.joined':
        this.#order(event, (order) => {
          const to = graver(order.class, event.class)
          if (to !== order.class) order.raises = [...(order.raises ?? []), { at: event.at, was: order.class }]
          order.class = to
          if (event.reported) order.reports = [...(order.reports ?? []), { ...event.reported, at: event.at }]
          if (event.alarm !== '' && !order.alarmIds.includes(event.alarm)) order.alarmIds.push(event.alarm)
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
        return this.#order(event, (order) => {
          const { assignee, why } = event
          // Whoever has it now did not pause it.
          endPause(order, event.at)
          Object.assign(order, { state: 'dispatched', assignee, owner: order.owner ?? assignee, why })
        })
      case 'order.owner_changed':
        return this.#order(event, (order) => Object.assign(order, { owner: event.owner }))
      case 'order.accepted':
        return this.#order(event, (order) =>
          Object.assign(order, { state: 'accepted', assignee: event.by, acceptedAt: event.at }),
        )
      case 'order.declined':
        return this.#order(event, (order) => Object.assign(order, { state: 'new', assignee: null }))
      case 'order.transferred':
        return this.#order(event, (order) => {
          endPause(order, event.at)
          Object.assign(order, { state: 'dispatched', assignee: event.to })
        })
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
      case 'task.confirmed':
      case 'task.arrived':
      case 'task.missed':
      case 'task.out':
      case 'task.ended':
        return this.#order(event, (order) => Object.assign(order, afterTask(order, event)))
      case 'order.appointed':
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
      case 'order.false_alarm_found':
      case 'order.false_alarm':
      case 'order.cancelled':
      case 'order.closed':
        return this.#order(event, (order) => goOn(order, event))
      case 'point.stuck':
        this.#stuck.run(event.rule, event.device, event.point, event.since)
        return
      case 'point.moved':
        this.#moved.run(event.at, event.rule)
        return
      default:
    }
  }

  #order(event: Event & { order: string }, change: (order: OrderDocument) => void): void {
    const row = this.#get.get(event.order) as { doc: string } | undefined
    if (!row) return
    const doc = JSON.parse(row.doc) as OrderDocument
    change(doc)
    this.#save(event, doc)
  }

  #save(event: Event, doc: OrderDocument): void {
    this.#put.run(doc.id, event.seq, doc.closedAt === null ? 1 : 0, JSON.stringify(doc))
  }
}
