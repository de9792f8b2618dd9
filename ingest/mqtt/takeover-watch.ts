const LOOP = 5
const LOOP_MS = 60_000
const BANNED_MS = 600_000
const MAX_WATCHED = 1_000

type Contest = { home: string; takeovers: number[]; bannedUntil: number }

/**
 * F45: two clients with one id throw each other off for ever, for each connects again [MQTT-3.1.4-2]. More than five
 * times within a minute, and who came second is kept out: its address for this id, or, where both have one
 * address, whoever finds the id taken.
 */
export type TakeoverWatch = Readonly<{
  /** `holder`: the address from which the id is connected now, null when it is not. */
  mayEnter(clientId: string, address: string, holder: string | null): boolean
  /** Ids over which two clients fought within the last ten minutes. */
  contested(): readonly string[]
}>

/** `now`: real ms. */
export function takeoverWatch(now: () => number): TakeoverWatch {
  const contests = new Map<string, Contest>()
  return {
    mayEnter(clientId, address, holder) {
      const at = now()
      const known = contests.get(clientId)
      if (known && at < known.bannedUntil) return address === known.home ? holder !== address : false
      if (holder === null) return true
      const recent = known?.takeovers.filter((earlier) => earlier > at - LOOP_MS) ?? []
      const contest: Contest =
        known && recent.length > 0
          ? { ...known, takeovers: [...recent, at] }
          : { home: holder, takeovers: [at], bannedUntil: -Infinity }
      contests.delete(clientId)
      contests.set(clientId, contest)
      const [oldest] = contests.keys()
      if (contests.size > MAX_WATCHED && oldest !== undefined) contests.delete(oldest)
      if (contest.takeovers.length <= LOOP) return true
      contest.bannedUntil = at + BANNED_MS
      return address === contest.home && holder !== address
    },
    contested: () => [...contests].flatMap(([id, { bannedUntil }]) => (now() < bannedUntil ? [id] : [])),
  }
}
