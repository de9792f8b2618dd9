import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Priority } from '#devices/alarm-definition.ts'
import { type AlarmState, type AlarmTrigger, nextAlarmState, SILENCES } from '#rules/alarms/states.ts'
import type { Event, EventOf, Silence } from '#rules/event.ts'
import type { AlarmDocument, SilenceDocument } from './documents.ts'

/** What the health of the alarm system is counted from: one line for each telling, counted, kept silent, or chatter. */
export type LogKind = 'announced' | 'counted' | 'silent' | 'chattered'

/** Alarm events as rows: the alarm itself, its history, what keeps it silent, and what operators were told. */
export class AlarmRows {
  readonly #get: StatementSync
  readonly #put: StatementSync
  readonly #remember: StatementSync
  readonly #log: StatementSync
  readonly #getSilence: StatementSync
  readonly #putSilence: StatementSync

  constructor(db: DatabaseSync) {
    const upsert = (table: string) =>
      `insert into ${table} (id, seq, open, doc) values (?, ?, ?, ?) on conflict (id) do update set open = excluded.open, doc = excluded.doc`
    this.#get = db.prepare('select doc from alarms where id = ?')
    this.#put = db.prepare(upsert('alarms'))
    this.#remember = db.prepare('insert or ignore into alarm_history (alarm, seq) values (?, ?)')
    this.#log = db.prepare(
      'insert into alarm_log (seq, at, kind, alarm, rule, asset, priority) values (?, ?, ?, ?, ?, ?, ?)',
    )
    this.#getSilence = db.prepare('select doc from silences where id = ?')
    this.#putSilence = db.prepare(upsert('silences'))
  }

  apply(event: Event): void {
    const alarms = 'alarms' in event ? event.alarms : 'alarm' in event && event.alarm !== null ? [event.alarm] : []
    for (const alarm of alarms) this.#remember.run(alarm, event.seq)
    switch (event.type) {
      case 'alarm.raised':
        return this.#raise(event)
      case 'alarm.reoccurred':
        return this.#told(event, 'occur', (alarm) => Object.assign(alarm, { clearedAt: null }))
      case 'alarm.severity_changed':
        return this.#told(event, event.rises ? 'rise' : null, (alarm) =>
          Object.assign(alarm, {
            rule: event.rule,
            priority: event.priority,
            class: event.class,
            rose: event.rules.length > 1,
          }),
        )
      case 'alarm.announced':
        return this.#told(event, 'announce')
      case 'alarm.silenced':
        this.#change(event.alarm, event, (alarm) => this.#quieten(alarm, event.silence, event))
        return this.#line(event, event.alarm, 'silent')
      case 'alarm.unsilenced':
        return this.#change(event.alarm, event, (alarm) => this.#quieten(alarm, null, event))
      case 'alarm.acknowledged':
        return this.#change(event.alarm, event, (alarm) => {
          move(alarm, 'acknowledge')
          Object.assign(alarm, { acknowledgedAt: event.at, acknowledgedBy: event.by })
          Object.assign(alarm, { acknowledgedByActor: event.actor ?? null, acknowledgeComment: event.comment ?? null })
        })
      case 'alarm.cleared':
        return this.#change(event.alarm, event, (alarm) => {
          move(alarm, 'clear')
          Object.assign(alarm, { clearedAt: event.at })
        })
      case 'alarm.closed':
        return this.#change(event.alarm, event, (alarm) => {
          this.#quieten(alarm, null, event)
          Object.assign(alarm, { state: 'normal', closedAt: event.at })
        })
      case 'alarm.flood_ended':
        for (const id of event.alarms)
          this.#change(id, event, (alarm) => Object.assign(alarm, { silence: null, announcedAt: event.at }))
        return
      case 'condition.chattered':
        this.#log.run(event.seq, event.at, 'chattered' satisfies LogKind, null, event.rule, event.asset, 'low')
        return
      case 'order.opened':
      case 'order.joined':
        return this.#change(event.alarm, event, (alarm) => Object.assign(alarm, { order: event.order }))
      default:
        this.#silence(event)
    }
  }

  #raise(event: EventOf<'alarm.raised'>): void {
    const {
      alarm: id,
      rule,
      device,
      asset,
      priority,
      latch,
      safety,
      occurredAt,
      evidence,
      trace,
      found = null,
      silence = null,
    } = event
    const alarm: AlarmDocument = {
      id,
      rule,
      device,
      asset,
      priority,
      class: event.class,
      state: 'unacknowledged',
      shown: 'unacknowledged',
      silence: null,
      announcedAt: null,
      children: 0,
      latch,
      safety,
      occurredAt,
      raisedAt: event.at,
      clearedAt: null,
      closedAt: null,
      acknowledgedAt: null,
      acknowledgedBy: null,
      order: null,
      evidence,
      found,
      rose: false,
      trace,
    }
    this.#tell(alarm, silence, event)
    this.#save(alarm, event.seq)
    this.#line(event, id, kindOf(silence))
  }

  #told(
    event: EventOf<'alarm.reoccurred' | 'alarm.severity_changed' | 'alarm.announced'>,
    trigger: AlarmTrigger | null,
    more: (alarm: AlarmDocument) => void = () => {},
  ): void {
    const { silence = null } = event
    this.#change(event.alarm, event, (alarm) => {
      more(alarm)
      if (trigger === null) return
      move(alarm, trigger)
      this.#tell(alarm, silence, event)
    })
    if (trigger !== null) this.#line(event, event.alarm, kindOf(silence))
  }

  #tell(alarm: AlarmDocument, silence: Silence | null, event: Event): void {
    this.#quieten(alarm, silence, event)
    if (silence === null || silence.by === 'flood') alarm.announcedAt = event.at
  }

  /** The root counts those that are silent for it. */
  #quieten(alarm: AlarmDocument, silence: Silence | null, event: Event): void {
    const [before, after] = [alarm.silence?.root, silence?.root]
    alarm.silence = silence
    if (before === after) return
    for (const [root, by] of [
      [before, -1],
      [after, 1],
    ] as const)
      if (root !== undefined) this.#change(root, event, (each) => (each.children += by))
  }

  #change(id: string, event: Event, change: (alarm: AlarmDocument) => unknown): void {
    const row = this.#get.get(id) as { doc: string } | undefined
    if (!row) return
    const alarm = JSON.parse(row.doc) as AlarmDocument
    change(alarm)
    this.#save(alarm, event.seq)
  }

  #save(alarm: AlarmDocument, seq: number): void {
    const isOpen = alarm.state !== 'normal'
    const silent = alarm.silence && isOpen ? SILENCES[alarm.silence.by].state : null
    alarm.shown = silent ?? alarm.state
    this.#put.run(alarm.id, seq, isOpen ? 1 : 0, JSON.stringify(alarm))
  }

  #line(event: Event & { rule: string; asset: string }, alarm: string, kind: LogKind): void {
    const row = this.#get.get(alarm) as { doc: string } | undefined
    const priority: Priority = row ? (JSON.parse(row.doc) as AlarmDocument).priority : 'low'
    this.#log.run(event.seq, event.at, kind, alarm, event.rule, event.asset, priority)
  }

  #silence(event: Event): void {
    const unset = { alarm: null, second: null, order: null, to: null, oneShot: false }
    const ended = { endedAt: null, endedBy: null, why: null }
    switch (event.type) {
      case 'alarm.shelved': {
        const { shelf: id, alarm, rule, asset, by, second = null, reason, until: to, oneShot } = event
        const covers = { alarm, assets: [asset], rules: [rule] }
        return this.#saveSilence(
          {
            ...unset,
            ...ended,
            id,
            kind: 'shelf',
            state: 'running',
            ...covers,
            by,
            second,
            reason,
            from: event.at,
            to,
            oneShot,
          },
          event.seq,
        )
      }
      case 'service.removed': {
        const { service: id, asset, rule, by, workOrder: order, reason } = event
        const covers = { assets: [asset], rules: rule === undefined ? [] : [rule] }
        return this.#saveSilence(
          { ...unset, ...ended, id, kind: 'service', state: 'running', ...covers, by, order, reason, from: event.at },
          event.seq,
        )
      }
      case 'maintenance.planned': {
        const { window: id, assets, rules, from, to, by, reason } = event
        return this.#saveSilence(
          { ...unset, ...ended, id, kind: 'maintenance', state: 'planned', assets, rules, by, reason, from, to },
          event.seq,
        )
      }
      case 'maintenance.began':
        return this.#changeSilence(event.window, event, { state: 'running' })
      case 'maintenance.overran':
        return this.#changeSilence(event.window, event, { state: 'overrun' })
      case 'maintenance.extended':
        return this.#changeSilence(event.window, event, (window) => ({
          to: event.to,
          state: window.state === 'overrun' ? 'running' : window.state,
        }))
      case 'maintenance.ended':
        return this.#endSilence(event.window, event, event.why)
      case 'alarm.unshelved':
        return this.#endSilence(event.shelf, event, event.why)
      case 'service.returned':
        return this.#endSilence(event.service, event, null)
      default:
    }
  }

  #endSilence(id: string, event: Event & { by: string }, why: SilenceDocument['why']): void {
    this.#changeSilence(id, event, { state: 'ended', endedAt: event.at, endedBy: event.by, why })
  }

  #changeSilence(
    id: string,
    event: Event,
    changes: Partial<SilenceDocument> | ((doc: SilenceDocument) => Partial<SilenceDocument>),
  ): void {
    const row = this.#getSilence.get(id) as { doc: string } | undefined
    if (!row) return
    const doc = JSON.parse(row.doc) as SilenceDocument
    this.#saveSilence({ ...doc, ...(typeof changes === 'function' ? changes(doc) : changes) }, event.seq)
  }

  #saveSilence(doc: SilenceDocument, seq: number): void {
    this.#putSilence.run(doc.id, seq, doc.state === 'ended' ? 0 : 1, JSON.stringify(doc))
  }
}

function move(alarm: AlarmDocument, trigger: AlarmTrigger): void {
  alarm.state = nextAlarmState(alarm.state, trigger, alarm.latch) ?? (alarm.state satisfies AlarmState)
}

function kindOf(silence: Silence | null): LogKind {
  if (silence === null) return 'announced'
  return silence.by === 'flood' ? 'counted' : 'silent'
}
