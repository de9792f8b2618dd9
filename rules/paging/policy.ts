import type { OrderClass } from '#devices/alarm-definition.ts'

/** By which staff is reached: the horn of the monitoring room, a call, a card in the chat of the company, a text message. */
export const ROADS = ['sounder', 'voice', 'card', 'sms'] as const
export type Road = (typeof ROADS)[number]

/**
 * Why somebody is paged: an order that wants to be accepted, one that he is told of at once, a level of supervision, a
 * clock that runs out, residents who hear nothing, a case to be explained, a handover that is not signed, an order for which
 * nobody on duty may do the work, a roster that leaves tomorrow without somebody, and that somebody else could not be reached.
 */
export const PURPOSES = [
  'accept',
  'told',
  'level',
  'warned',
  'silent',
  'explain',
  'handover',
  'gap',
  'gap_tomorrow',
  'unreached',
] as const
export type Purpose = (typeof PURPOSES)[number]

type Told = 'head' | 'manager' | 'steward'
export type ClassPaging = Readonly<{
  /** All at once, … */
  roads: readonly Road[]
  /** … and again after so long, until somebody accepts; null: once. */
  everyMs: number | null
  /** Who hears of it when it is opened, and by what. */
  told: readonly Told[]
  tell: readonly Road[]
  /** By what supervision is told. */
  level: readonly Road[]
}>

const SECOND = 1_000
const MINUTE = 60 * SECOND
const CARD_ONCE: ClassPaging = { roads: ['card'], everyMs: null, told: [], tell: ['card'], level: ['card'] }

/** How hard staff is called, by the class of the order. */
export const PAGING: Readonly<Record<OrderClass, ClassPaging>> = {
  P0: {
    roads: ['sounder', 'voice', 'card', 'sms'],
    everyMs: 60 * SECOND,
    told: ['head', 'manager'],
    tell: ['card', 'sms'],
    level: ['voice', 'card', 'sms'],
  },
  P1: {
    roads: ['card', 'voice'],
    everyMs: 2 * MINUTE,
    told: ['head', 'manager', 'steward'],
    tell: ['card'],
    level: ['card', 'voice'],
  },
  P2: { roads: ['card', 'sms'], everyMs: 5 * MINUTE, told: [], tell: ['card'], level: ['card', 'sms'] },
  P3: CARD_ONCE,
  P4a: { ...CARD_ONCE, told: ['steward'] },
  P4b: CARD_ONCE,
  P5: { ...CARD_ONCE, told: ['steward'] },
  P5q: CARD_ONCE,
  P6: CARD_ONCE,
  P7: CARD_ONCE,
  P8a: CARD_ONCE,
  P8b: CARD_ONCE,
}

/** By which somebody is paged for what is no order's acceptance, told, or level. */
export const ONCE_BY_CARD: readonly Road[] = ['card']
/** … and where he may not be looking at the chat: a gap in the roster wants somebody on the telephone. */
export const BY_CARD_AND_TEXT: readonly Road[] = ['card', 'sms']

/** A message that could not be handed over in this time is no longer news. */
export const LONGEST_WAIT_MS = 24 * 3_600_000

type Window = Readonly<{ most: number; withinMs: number }>
const HOUR = 60 * MINUTE

/**
 * What one person may get on one road. Providers refuse more (calls, texts) or drop it in silence (cards), and a phone that
 * rings all the time is switched off.
 */
export const CALLEE_LIMITS: Readonly<Record<Road, readonly Window[]>> = {
  sounder: [],
  voice: [
    { most: 1, withinMs: MINUTE },
    { most: 5, withinMs: HOUR },
    { most: 20, withinMs: 24 * HOUR },
  ],
  card: [
    { most: 30, withinMs: MINUTE },
    { most: 1_000, withinMs: HOUR },
  ],
  sms: [
    { most: 1, withinMs: MINUTE },
    { most: 10, withinMs: HOUR },
    { most: 50, withinMs: 24 * HOUR },
  ],
}
