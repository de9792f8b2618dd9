import type { OrderClass } from '#devices/alarm-definition.ts'
import type { Goal } from '../clocks/policy.ts'

export const VERDICTS = ['excused', 'deducted'] as const
export type Verdict = (typeof VERDICTS)[number]

/** A supervision case 督办单: what reached level 3 is explained, and judged by the quality branch. The order goes its own way. */
export type CaseEvents = {
  /** `dueAt`: by then it is explained, in site time as it was then; null: nobody is asked to, for it was late because the gateway was down. */
  'case.opened': {
    case: string
    order: string
    class: OrderClass
    clock: Goal
    /** Who has the order, and is to explain it together with the head. */
    assignee: string | null
    to: readonly string[]
    dueAt: number | null
    /** The same on the wall, which it follows when that is set; missing in what was written before there was this. */
    dueOnWall?: number
  }
  'case.explained': { case: string; by: string; text: string }
  /** Nobody explained it in time: booked by itself. */
  'case.deducted': { case: string; points: number; dueAt: number }
  'case.judged': { case: string; by: string; verdict: Verdict; points: number; text: string }
}
