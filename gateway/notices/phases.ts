/** The states and messages that a template speaks of. */
export const PHASES = [
  'draft',
  'published',
  'identified',
  'updated',
  'monitoring',
  'all_clear',
  'scheduled',
  'rescheduled',
  'reminded',
  'in_progress',
  'overrun',
  'prolonged',
  'verifying',
  'completed',
  'cancelled',
  'withdrawn',
  'rejected',
] as const
export type Phase = (typeof PHASES)[number]

/** What a template may name: everything is there at all times, empty where there is nothing to say. */
export type NoticeWords = Readonly<{
  phase: Phase
  /** For people who want large print and short sentences. */
  plain: boolean
  /** For a message that is paid by the part. */
  short: boolean
  planned: boolean
  verifying: boolean
  late: boolean
  kind: string
  where: string
  from: string
  until: string
  next: string
  eta: string
  clear: string
  why: string
  work: string
  reason: string
  /** What serves them meanwhile. */
  spare: string
  text: string
  call: string
  link: string
  site: string
}>

const EMPTY: NoticeWords = {
  phase: 'draft',
  plain: false,
  short: false,
  planned: false,
  verifying: false,
  late: false,
  kind: 'other',
  where: 'A',
  from: '08:00',
  until: '09:00',
  next: '10:00',
  eta: '',
  clear: '',
  why: '',
  work: '',
  reason: '',
  spare: '',
  text: '',
  call: '',
  link: '',
  site: 'S',
}
const FULL = { eta: '9', clear: '9', why: 'W', work: 'W', reason: 'R', spare: 'S', text: 'T', call: '1', link: 'L' }

/** Every phase, with and without all that may be empty: what a template must be able to say. */
export const SAMPLES: readonly NoticeWords[] = PHASES.flatMap((phase) =>
  [false, true].flatMap((is) => [
    { ...EMPTY, phase, plain: is, short: !is, planned: is },
    { ...EMPTY, ...FULL, phase, plain: is, short: is, planned: !is, verifying: true, late: true },
  ]),
)
