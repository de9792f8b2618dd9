/** One measured value, or the visible absence of one. */

/** Why a reading is not good. Sentences are made at the edge (`texts/`); this is the machine's word. */
export const REASONS = [
  'no_response', // the unit did not answer within the time-out
  'connection_lost', // the road to the device is down (socket, bus, broker session)
  'silent', // nothing heard for the profile's offline_after
  'exception', // the device refused the request (Modbus exception, OPC UA bad status)
  'bad_frame', // an answer that cannot be an answer to what was asked
  'out_of_range', // outside the point's physical range
  'absent', // the device says "no sensor here" by a reserved raw value
  'not_a_number', // NaN or ±Infinity on the wire
  'undecodable', // present, but not of the declared shape
  'stale', // older than its validity
  'stuck', // has not changed while its driver did
  'incomplete', // sums up a time that is not yet known as a whole
  'sensor_failure', // the device says itself that its sensor or its input has failed
  'doubtful', // the device says itself that the value may not be right: substituted, forced, not accurate
] as const
export type Reason = (typeof REASONS)[number]

/** Reasons that say "we cannot hear the device", as opposed to "the device says something wrong". */
export const COMMUNICATION_REASONS: ReadonlySet<Reason> = new Set([
  'no_response',
  'connection_lost',
  'silent',
  'exception',
  'bad_frame',
  'stale',
])

export type Quality = 'good' | 'uncertain' | 'bad'
export type Value = number | boolean | string

/** `at` is source time in ms since the Unix epoch, UTC; `value` is null when nothing can be said. */
export type Reading = Readonly<{
  device: string
  point: string
  value: Value | null
  quality: Quality
  reason?: Reason
  at: number
  timeQuality?: 'ok' | 'bad'
}>

/**
 * One input: one poll reply or one message. `receivedAt` is site time (ms).
 * `key` names the message itself where the device gives it an identity, so that a re-sent one has one effect.
 */
export type Batch = Readonly<{
  source: string
  receivedAt: number
  readings: readonly Reading[]
  key?: string
}>

/** A bad reading of a point: visible, and powerless. */
export function badReading(device: string, point: string, at: number, reason: Reason): Reading {
  return { device, point, value: null, quality: 'bad', reason, at }
}
