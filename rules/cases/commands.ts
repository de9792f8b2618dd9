import type { Verdict } from './events.ts'

export type CaseCommands = {
  'case.explain': { case: string; by: string; text: string }
  /** `points` are those that are taken; none where it is excused. */
  'case.judge': { case: string; by: string; verdict: Verdict; points: number; text: string }
}
