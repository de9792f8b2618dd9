import { TargetError } from './target.ts'

const LONGEST_REASON = 500
/** A server that asks for longer is asked again anyway: it may have been restarted since. */
const LONGEST_WAIT_S = 600

/** What an answer other than the confirmation means for the lines that were sent. `retryAfter` is the header, in seconds. */
export function refusal(status: number, body: string, retryAfter?: string): TargetError {
  const words = wordsOf(body)
  const cause = `HTTP ${status}: ${words ?? (body.trim() || 'no body')}`.slice(0, LONGEST_REASON)
  const expired = /points beyond retention policy dropped=(\d+)/.exec(words ?? '')
  if (expired) return new TargetError('expired', cause, { expired: Number(expired[1]) })
  if (isAboutLines(status, words)) return new TargetError('rejected', cause)
  const seconds = /^\d{1,9}$/.test(retryAfter ?? '') ? Number(retryAfter) : 0
  return new TargetError('unavailable', cause, { retryAfterMs: Math.min(seconds, LONGEST_WAIT_S) * 1_000 })
}

/** What a thrown error of a client library means: no answer, so nothing is known about the lines. */
export function noAnswer(error: unknown): TargetError {
  if (error instanceof TargetError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const message = error instanceof Error ? error.message : String(error)
  return new TargetError('unavailable', (message || code || 'no answer').slice(0, LONGEST_REASON))
}

/** 1.x answers `{error}`, 2.x `{code, message}`. Null when it is neither: then something in between has answered. */
function wordsOf(body: string): string | null {
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed !== 'object' || parsed === null) return null
    const words = 'message' in parsed ? parsed.message : 'error' in parsed ? parsed.error : null
    return typeof words === 'string' ? words : null
  } catch {
    return null
  }
}

/**
 * Quarantine is for lines that are bad, not for a wrong organization or a proxy in between: those would empty the
 * whole log into it. So a 400 counts only in the server's own JSON, and not when it misses the place to write to.
 */
function isAboutLines(status: number, words: string | null): boolean {
  if (status === 413) return true // too large: halves may pass
  if (status !== 400 && status !== 422) return false
  return (
    words !== null && !/\b(organization|org|bucket|database|retention policy)\b.*\b(not found|required)\b/i.test(words)
  )
}
