import { perPlan } from '../../site/live.ts'
import type { Site } from '../../site/site.ts'
import type { AlarmDocument } from '../../store/documents.ts'
import type { Event } from '#rules/event.ts'
import { timesOf } from '../site-time.ts'
import { evidenceText } from './evidence-text.ts'
import { both, bothOrNull } from './said.ts'
import { whyView } from './silence-view.ts'

/** An alarm as people read it: its rule's words, what made it, and when. */
export function alarmView(site: Site): (alarm: AlarmDocument) => object {
  const rules = perPlan(site, (plan) => new Map(plan.rules.map((rule) => [rule.id, rule])))
  const devices = new Map(site.devices.map((device) => [device.id, device]))
  const time = timesOf(site.plan.timeZone)
  return (alarm) => {
    // A rule that a later configuration removed still has its old alarms; they keep its id for a name.
    const rule = rules().get(alarm.rule)
    const { point: pointName, at, why, ...evidence } = alarm.evidence
    const point = pointName === undefined ? undefined : devices.get(alarm.device)?.profile.points[pointName]
    return {
      id: alarm.id,
      rule: alarm.rule,
      device: alarm.device,
      asset: alarm.asset,
      assetName: both(site.plan.assets.get(alarm.asset)?.name ?? alarm.asset),
      name: both(rule?.name ?? alarm.rule),
      cause: bothOrNull(rule?.cause),
      consequence: bothOrNull(rule?.consequence),
      response: bothOrNull(rule?.response),
      respondWithinMs: rule?.respondWithinMs ?? null,
      priority: alarm.priority,
      class: alarm.class,
      state: alarm.state,
      shown: alarm.shown,
      announced: alarm.silence === null,
      whyNot: alarm.silence && {
        ...whyView(alarm.silence.why, time),
        by: alarm.silence.by,
        root: alarm.silence.root ?? null,
        incident: alarm.silence.incident ?? null,
      },
      announcedAt: time(alarm.announcedAt),
      children: alarm.children,
      latch: alarm.latch,
      safety: alarm.safety,
      occurredAt: time(alarm.occurredAt),
      raisedAt: time(alarm.raisedAt),
      acknowledgedAt: time(alarm.acknowledgedAt),
      acknowledgedBy: alarm.acknowledgedBy,
      acknowledgedByActor: alarm.acknowledgedByActor ?? null,
      acknowledgeComment: alarm.acknowledgeComment ?? null,
      clearedAt: time(alarm.clearedAt),
      closedAt: time(alarm.closedAt),
      orderId: alarm.order,
      found: alarm.found ?? null,
      rose: alarm.rose ?? false,
      evidence: {
        ...evidence,
        ...(pointName === undefined
          ? {}
          : { point: pointName, pointName: both(point?.name ?? pointName), unit: point?.unit ?? null }),
        said: evidenceText(why),
        at: time(at),
      },
      trace: alarm.trace,
    }
  }
}

/** One line of an alarm's history: what happened, by whom, why and when. */
export function alarmHistoryView(site: Site): (event: Event) => object {
  const time = timesOf(site.plan.timeZone)
  return (event) => {
    const said: Record<string, unknown> = { ...event }
    const why = 'why' in event ? event.why : undefined
    const silence = 'silence' in event ? event.silence : undefined
    return {
      seq: event.seq,
      at: time(event.at),
      type: event.type,
      by: said['by'] ?? null,
      second: said['second'] ?? null,
      actor: event.actor ?? null,
      comment: said['comment'] ?? said['reason'] ?? null,
      until: typeof said['until'] === 'number' ? time(said['until']) : null,
      why: why ? whyView(why, time) : null,
      silence: silence ? { ...whyView(silence.why, time), by: silence.by, root: silence.root ?? null } : null,
      order: said['order'] ?? said['workOrder'] ?? null,
      priority: said['priority'] ?? null,
      rises: said['rises'] ?? null,
    }
  }
}
