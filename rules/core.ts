import { alarmStage } from './alarms/alarms.ts'
import { caseStage } from './cases/cases.ts'
import { supervisionStage } from './clocks/supervision.ts'
import { controlStage } from './control/control.ts'
import { workPermitStage } from './control/work-permits.ts'
import { Flow } from './flow.ts'
import { handoverStage } from './handover/handover.ts'
import { liftStage } from './lifts/lifts.ts'
import { noticeStage } from './notices/notices.ts'
import { followUpStage } from './orders/follow-ups.ts'
import { orderStage } from './orders/orders.ts'
import { pagingStage } from './paging/paging.ts'
import { rosterStage } from './roster/roster.ts'
import { stuckStage } from './points/stuck.ts'
import { monthStage } from './months/months.ts'
import type { Plan } from './plan.ts'
import { taskStage } from './tasks/tasks.ts'
import { reachStage } from './reach/reach.ts'

/**
 * The pure core of one site: readings become conditions, conditions alarms, alarms orders, orders notices; who is there
 * for them, and what people switch from afar. With `before` it takes over from the core of another plan, in memory and without a gap; `load`
 * then closes what the plan removed.
 */
export function coreOf(plan: Plan, before?: Flow): Flow {
  const [alarms, orders, notices] = [alarmStage(plan), orderStage(plan), noticeStage(plan)]
  return new Flow(
    plan.rules,
    [
      liftStage(plan),
      stuckStage(plan),
      rosterStage(plan),
      alarms,
      followUpStage(plan),
      workPermitStage(),
      orders,
      taskStage(plan),
      notices,
      supervisionStage(plan),
      caseStage(plan),
      handoverStage(plan),
      pagingStage(plan),
      controlStage(plan),
      reachStage(plan),
      monthStage(plan),
    ],
    before,
  )
}
