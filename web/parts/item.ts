import type { ReadonlySignal } from '@preact/signals'
import { useEffect, useState } from 'preact/hooks'
import { useApp } from '../app-context.ts'

/** Undefined while it is looked for, null when there is no such thing. */
export type Sought<T> = T | null | undefined

/** One thing by its id: out of the live list, or, when it is over for long, from the gateway. */
export function useItem<T extends { id: string }>(
  list: ReadonlySignal<readonly T[] | null>,
  path: string,
  id: string,
): Sought<T> {
  const { connection } = useApp()
  const [fetched, setFetched] = useState<Sought<T>>(undefined)
  const known = list.value
  const found = known?.find((item) => item.id === id)
  const isMissing = known !== null && found === undefined
  useEffect(() => {
    setFetched(undefined)
    if (!isMissing) return
    let isWanted = true
    connection.getIfThere<T>(`${path}/${encodeURIComponent(id)}`).then(
      (item) => isWanted && setFetched(item),
      () => isWanted && setFetched(null),
    )
    return () => {
      isWanted = false
    }
  }, [isMissing, path, id])
  return found ?? (known === null ? undefined : fetched)
}
