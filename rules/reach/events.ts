/** A contact of a household and the channel to it, both by id. */
export type Way = readonly [contact: string, channel: string]
/** What is done for a home beside a message: somebody rings up, somebody goes there. Never why. */
export type Action = 'call' | 'door'

/** How a home is told: its ways in order, the first is tried first. */
export type HomeWays = Readonly<{
  home: string
  ways: readonly Way[]
  /** Somebody lives there for whom a message is not enough. */
  action?: Action
  /** They must act now, whatever the hour. */
  now?: true
}>

/** Which words of a notice a message carries: some begin, some come between, the last ends. */
export const PHASES = {
  published: 'begins',
  extended: 'begins',
  scheduled: 'begins',
  identified: 'between',
  updated: 'between',
  reminded: 'between',
  rescheduled: 'between',
  prolonged: 'between',
  all_clear: 'ends',
  completed: 'ends',
  cancelled: 'ends',
} as const
export type ReachPhase = keyof typeof PHASES
export type Line = Readonly<{ home: string; contact: string; channel: string }>
/** A sheet hangs at an entrance and concerns several homes; the others are for one. */
export type TaskKind = Action | 'sheet'
export type TaskWhy = 'no_contact' | 'no_answer' | 'tagged' | 'end_at_door' | 'informed' | 'planned' | 'end_of_sheet'
export type ReachTask = Readonly<{
  task: string
  kind: TaskKind
  why: TaskWhy
  homes: readonly string[]
  /** Of a sheet. */
  entrance?: string
  /** The errand at which nobody was there, and the how manieth this is. */
  after?: string
  attempt?: number
  /** Of planned work: to be done by then, of the calendar. */
  dueAt?: number
}>

/** Whom a notice reached, by what, and what people still have to do for it. Ids only. */
export type ReachEvents = {
  /** Recipients of one event of a notice (`cause`, its place), resolved once. The price in hundredths of a yuan. */
  'notice.addressed': {
    notice: string
    phase: ReachPhase
    cause: number
    homes: readonly HomeWays[]
    /** Homes that the page and the lobby inform: another asset still serves them. */
    informed: number
    /** Which those are: a sheet at their entrance tells them. Older events only count them. */
    informedHomes?: readonly string[]
    cost: number
    /** Ringing waits until then: it is night, site time; null when nothing waits for it. */
    heldUntil: number | null
    /** Nothing that costs goes out before a second person agrees. */
    isOverCap: boolean
  }
  /** One message to each of these: a line of the ledger and a row of the outbox, `<notice>-<seq>-<place>`. */
  /** `notBefore`: site time; until then telephones rest. */
  'reach.queued': { notice: string; phase: ReachPhase; lines: readonly Line[]; notBefore?: number }
  'reach.cost_approved': { notice: string; by: string }
  /** The night is over, and it is still true. */
  'reach.released': { notice: string }
  /** Two days after the last word: what no provider reported until now will not be. */
  'reach.closed': { notice: string }
  'reach.tasks_opened': { notice: string; phase: ReachPhase; tasks: readonly ReachTask[] }
  /** `againAt`: nobody was there, and somebody tries again then; site time. */
  'reach.task_done': { notice: string; task: string; by: string; result: 'told' | 'not_met'; againAt?: number }
  /** Once for a home and notice: the page was looked at. It says nothing of who, and is never counted as reached. */
  'reach.opened': { notice: string; home: string }
  /** It is over, or a message arrived after all: nobody has to go. */
  'reach.tasks_withdrawn': { notice: string; tasks: readonly string[] }
  /** Who was believed to live there did not: the figure of a past notice is told anew. */
  'reach.corrected': { notice: string; home: string; isReached: boolean; since: number; by: string }
}
