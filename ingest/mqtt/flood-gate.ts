export type FloodLimits = Readonly<{
  /** Sustained rate, and how many may come at once after a quiet time. */
  packetsPerSecond: number
  burst: number
  /** Over the limit for so long without a pause: the gate closes … */
  patienceMs: number
  /** … for so long. */
  closedForMs: number
}>

export const FLOOD_LIMITS: FloodLimits = { packetsPerSecond: 50, burst: 200, patienceMs: 30_000, closedForMs: 60_000 }

/**
 * A token bucket of one device, shared by all its connections so that reconnecting buys nothing.
 * Real time, not site time: it protects this machine, however fast the site's clock runs.
 */
export type FloodGate = Readonly<{
  /** Takes a token: 0 when there was one, else the ms to wait before asking again; Infinity when the gate closes. */
  take(): number
  isClosed(): boolean
}>

export function floodGate(limits: FloodLimits, nowMs: () => number): FloodGate {
  let tokens = limits.burst
  let filledAt = nowMs()
  let shortSince: number | null = null
  let closedUntil = -Infinity

  return {
    isClosed: () => nowMs() < closedUntil,
    take() {
      const now = nowMs()
      if (now < closedUntil) return Infinity
      tokens = Math.min(limits.burst, tokens + ((now - filledAt) / 1_000) * limits.packetsPerSecond)
      filledAt = now
      // Half a bucket is proof of a real pause; one token only shows that we held the client back.
      if (tokens >= limits.burst / 2) shortSince = null
      if (tokens >= 1) {
        tokens -= 1
        return 0
      }
      shortSince ??= now
      if (now - shortSince >= limits.patienceMs) {
        shortSince = null
        closedUntil = now + limits.closedForMs
        return Infinity
      }
      return Math.ceil(((1 - tokens) / limits.packetsPerSecond) * 1_000)
    },
  }
}
