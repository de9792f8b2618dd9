import type { HomeWays, ReachPhase } from './events.ts'

/** Whom to tell, and what people did about it. */
export type ReachCommands = {
  /** Of the reader that knows the households: once for each event of a notice. */
  'notice.address': {
    notice: string
    phase: ReachPhase
    cause: number
    homes: readonly HomeWays[]
    informed: number
    informedHomes?: readonly string[]
    cost: number
  }
  /** More than the cap is spent only when somebody else agrees than who published it. */
  'notice.approve_cost': { notice: string; by: string }
  /** Somebody of the home, or with its link, opened what it says of the notice: the page answers for the home. */
  'reach.open': { notice: string; home: string }
  'reach.finish_task': { task: string; by: string; result: 'told' | 'not_met' }
  'reach.correct': { notice: string; home: string; isReached: boolean; since: number; by: string }
}
