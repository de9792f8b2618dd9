import { useEffect, useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'

const LOOK_EVERY_MS = 3_000

/** What the gateway answers on this path, looked at now and then; null while unknown, or where there is nothing. */
export function useRepeated<T>(path: string | null): { found: T | null; look: () => void } {
  const { connection } = useApp()
  const [found, setFound] = useState<T | null>(null)
  const look = () => {
    if (path !== null) void connection.getIfThere<T>(path).then(setFound, () => {})
  }
  useEffect(() => {
    if (path === null) return
    look()
    const timer = setInterval(look, LOOK_EVERY_MS)
    return () => clearInterval(timer)
  }, [path])
  return { found, look }
}
