/** A road to people, and how it does. `failing`: since when nothing went out. */
export type Channel = Readonly<{
  id: string
  type: string
  reach: 'group' | 'person'
  fallback: string | null
  lastDeliveredAt: string | null
  failing: Readonly<{ since: string; reason: string; attempts: number }> | null
  restsUntil: string | null
  waiting: number
  oldestAt: string | null
  accepted: number
  undelivered: number
}>

/** A message that nobody got. */
export type DeadLetter = Readonly<{
  id: string
  channel: string
  notice: string
  homes: number
  reason: string | null
  failedAt: string
}>

/** What a test came to; `said` are the provider's own words. */
export type ChannelTest = Readonly<{
  outcome: 'delivered' | 'accepted' | 'failed' | 'retry' | 'unknown'
  reason: string | null
  said: string | null
  tookMs: number
  parts: number | null
}>
