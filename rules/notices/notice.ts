import type { OrderClass } from '#devices/alarm-definition.ts'
import type { OpenState } from './states.ts'

export type About = Readonly<{ alarm: string; rule: string; asset: string }>

/** Work that was planned. `from` and `to` are the wall's. */
export type Work = {
  work: string
  assets: string[]
  /** Whom it concerns, told or not. */
  homes: string[]
  /** The alarms that are silent in its window. */
  rules: string[]
  from: number
  to: number
  /** The maintenance window that is open for it. */
  window: string | null
  by: string
  /** So long before it began was said; those that fell before it was planned are not. */
  reminded: string[]
  scheduledAt: number
  isAsked: boolean
  /** A service point said that the homes were not served. */
  wasOut: boolean
  isFinished: boolean
  quality: 'unneeded' | 'needed' | 'fit' | 'unfit'
}

/** One thread of words to residents. Times are site time, but those of `work`. */
export type Notice = {
  readonly notice: string
  readonly kind: string
  readonly trace: string
  readonly draftedAt: number
  order: string | null
  /** Other orders whose alarms joined it. */
  others: string[]
  state: OpenState
  class: OrderClass | null
  /** The alarms it speaks of. */
  alarms: About[]
  /** More rules that tell whether the homes are served. */
  points: string[]
  /** Grave alarms of the same asset and order of which residents are not told: they agree, and give no all-clear. */
  witnesses: string[]
  /** Somebody stands there and says so. */
  isSeen: boolean
  /** The service points are good and normal since then. */
  since: number | null
  /** The hold began with a start after a blind interval: no reading has told yet that it is still over. */
  isHeldBlindly: boolean
  /** Normal for the hold; upper floors refill. */
  isRestored: boolean
  /** Homes that were told, and by what. */
  told: string[]
  channels: string[]
  isPageOnly: boolean
  /** Who answers for the order, and when it said it would be over. */
  owner: string | null
  isRepaired: boolean
  eta: number | null
  isEtaWarned: boolean
  work: Work | null
}

export function rulesOf({ alarms }: Pick<Notice, 'alarms'>): string[] {
  return [...new Set(alarms.map(({ rule }) => rule))]
}

export function assetsOf({ alarms, work }: Pick<Notice, 'alarms' | 'work'>): string[] {
  return [...new Set([...alarms.map(({ asset }) => asset), ...(work?.assets ?? [])])]
}

/** Work that has begun. */
export function isUnderWay({ state }: Pick<Notice, 'state'>): boolean {
  return state === 'in_progress' || state === 'overrun' || state === 'verifying'
}

/** One alarm may be about several assets: the cars that are called. */
export function isSame(a: About, b: About): boolean {
  return a.alarm === b.alarm && a.rule === b.rule && a.asset === b.asset
}
