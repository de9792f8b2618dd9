import { useEffect, useState } from 'preact/hooks'
import { Refusal } from '../../api/connection.ts'
import { useApp } from '../../app-context.ts'

const LOOK_EVERY_MS = 2_000

export type Watched<T> = Readonly<{ found: T | null; refused: string | null; lookAgain(): void }>

/** What a path answers, read again every other second while somebody looks. */
export function useWatched<T>(path: string): Watched<T> {
  const { connection, words } = useApp()
  const [found, setFound] = useState<T | null>(null)
  const [refused, setRefused] = useState<string | null>(null)
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    let isHere = true
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = async () => {
      if (!document.hidden)
        try {
          const answer = await connection.get<T>(path)
          if (!isHere) return
          setFound(answer)
          setRefused(null)
        } catch (error) {
          if (!isHere) return
          setRefused(error instanceof Refusal ? error.message : words.say('web.request.unanswered'))
        }
      if (isHere) timer = setTimeout(() => void look(), LOOK_EVERY_MS)
    }
    void look()
    return () => {
      isHere = false
      clearTimeout(timer)
    }
  }, [path, turn])
  return { found, refused, lookAgain: () => setTurn((before) => before + 1) }
}
