import { alarmStage } from './alarms/alarms.ts'
import { supervisionStage } from './clocks/supervision.ts'
import { Flow } from './flow.ts'
import { noticeStage } from './notices/notices.ts'
import { orderStage } from './orders/orders.ts'
import type { Plan } from './plan.ts'

/** The pure core of one site: readings become conditions, conditions alarms, alarms orders, orders notices. */
export function coreOf(plan: Plan): Flow {
  return new Flow(plan.rules, [alarmStage(plan), orderStage(plan), noticeStage(plan), supervisionStage(plan)])
}
