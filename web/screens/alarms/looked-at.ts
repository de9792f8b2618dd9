import { useEffect, useState } from 'preact/hooks'
import { Refusal } from '../../api/connection.ts'
import { useApp } from '../../app-context.ts'

export type LookedAt<T> = Readonly<{
  found: T | null
  /** Site time of the last answer, ms. */
  at: number
  /** Why there is no newer answer, in words. */
  refused: string | null
  look(): void
}>

/** What stands at this path, looked at again every so often and whenever `moved` does. What was found stays, with its time. */
export function useLookedAt<T>(path: string, everyMs: number, moved: unknown = null): LookedAt<T> {
  const { connection, words, estate } = useApp()
  const [seen, setSeen] = useState<{ path: string; found: T; at: number } | null>(null)
  const [refused, setRefused] = useState<string | null>(null)
  const look = () => {
    connection.get<T>(path).then(
      (found) => {
        setSeen({ path, found, at: estate.clock.now.peek() })
        setRefused(null)
      },
      (error: unknown) => setRefused(error instanceof Refusal ? error.message : words.say('web.request.unanswered')),
    )
  }
  useEffect(() => {
    look()
    const timer = setInterval(() => document.hidden || look(), everyMs)
    return () => clearInterval(timer)
  }, [path, moved])
  return { found: seen?.path === path ? seen.found : null, at: seen?.at ?? 0, refused, look }
}
