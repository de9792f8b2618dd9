/** An outage that nobody planned. */
export type OutageState = 'draft' | 'rejected' | 'published' | 'identified' | 'monitoring'
/** Work that was planned. */
export type WorkState = 'scheduled' | 'reminded' | 'in_progress' | 'overrun' | 'verifying'
export type EndState = 'all_clear' | 'withdrawn' | 'completed' | 'cancelled'
export type OpenState = OutageState | WorkState
export type NoticeState = OpenState | EndState

export type NoticeTrigger =
  | 'joined'
  | 'published'
  | 'confirmed'
  | 'extended'
  | 'rejected'
  | 'identified'
  | 'updated'
  | 'eta_warned'
  | 'eta_passed'
  | 'monitoring'
  | 'restored'
  | 'resumed'
  | 'all_clear'
  | 'withdrawn'
  | 'reminded'
  | 'rescheduled'
  | 'merged'
  | 'cancelled'
  | 'began'
  | 'asked'
  | 'overran'
  | 'prolonged'
  | 'measured'
  | 'verifying'
  | 'completed'

type Moves = Partial<Record<NoticeTrigger, NoticeState>>
const told: Moves = { joined: 'published', extended: 'published', confirmed: 'published', updated: 'published' }

/** state → what happens → state; what is not here cannot happen. */
export const NOTICE_TRANSITIONS: Readonly<Record<OpenState, Moves>> = {
  draft: { joined: 'draft', published: 'published', rejected: 'rejected', withdrawn: 'withdrawn' },
  // Somebody decided that it is not told; a person may still think again, nothing else will.
  rejected: { joined: 'rejected', published: 'published', withdrawn: 'withdrawn' },
  published: {
    ...told,
    identified: 'identified',
    monitoring: 'monitoring',
    all_clear: 'all_clear',
  },
  identified: {
    joined: 'identified',
    extended: 'identified',
    confirmed: 'identified',
    updated: 'identified',
    identified: 'identified',
    eta_warned: 'identified',
    eta_passed: 'published',
    monitoring: 'monitoring',
    all_clear: 'all_clear',
  },
  monitoring: {
    joined: 'monitoring',
    extended: 'published',
    confirmed: 'monitoring',
    updated: 'monitoring',
    restored: 'monitoring',
    resumed: 'published',
    all_clear: 'all_clear',
  },
  scheduled: {
    reminded: 'reminded',
    rescheduled: 'scheduled',
    merged: 'scheduled',
    updated: 'scheduled',
    cancelled: 'cancelled',
    began: 'in_progress',
  },
  reminded: {
    reminded: 'reminded',
    rescheduled: 'scheduled',
    merged: 'scheduled',
    updated: 'reminded',
    cancelled: 'cancelled',
    began: 'in_progress',
  },
  in_progress: {
    joined: 'in_progress',
    extended: 'in_progress',
    updated: 'in_progress',
    asked: 'in_progress',
    prolonged: 'in_progress',
    overran: 'overrun',
    measured: 'in_progress',
    verifying: 'verifying',
    completed: 'completed',
  },
  overrun: {
    joined: 'overrun',
    extended: 'overrun',
    updated: 'overrun',
    prolonged: 'in_progress',
    measured: 'overrun',
    verifying: 'verifying',
    completed: 'completed',
  },
  verifying: {
    joined: 'verifying',
    extended: 'verifying',
    updated: 'verifying',
    measured: 'verifying',
    prolonged: 'verifying',
    restored: 'verifying',
    resumed: 'in_progress',
    completed: 'completed',
  },
}

/** The state after an event `notice.…`; null where it cannot happen. */
export function nextNoticeState(state: OpenState, eventType: string): NoticeState | null {
  return NOTICE_TRANSITIONS[state][eventType.replace(/^notice\./, '') as NoticeTrigger] ?? null
}

const ENDS: readonly string[] = ['all_clear', 'withdrawn', 'completed', 'cancelled']
export function isEnd(state: NoticeState): state is EndState {
  return ENDS.includes(state)
}

/** Residents know of it: whoever knows of the beginning will know of the end. */
export const IS_TOLD: Readonly<Record<OpenState, boolean>> = {
  draft: false,
  rejected: false,
  published: true,
  identified: true,
  monitoring: true,
  scheduled: true,
  reminded: true,
  in_progress: true,
  overrun: true,
  verifying: true,
}
