import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { Page } from '../api/types.ts'
import { useApp } from '../app-context.ts'

/** What ended before the latest ones that the live list holds, page by page. */
export function useOlder<T extends { id: string }>(
  path: string,
  latest: readonly T[] | null,
): Readonly<{ items: readonly T[]; more: ComponentChildren }> {
  const { connection, words } = useApp()
  const [older, setOlder] = useState<readonly T[]>([])
  const [next, setNext] = useState<number | null | 'first'>('first')
  const [isBusy, setBusy] = useState(false)
  const known = new Set((latest ?? []).map(({ id }) => id))
  const read = async () => {
    setBusy(true)
    try {
      const page = await connection.get<Page<T>>(
        `${path}?state=ended&limit=50${typeof next === 'number' ? `&before=${next}` : ''}`,
      )
      setOlder([...older, ...page.items.filter(({ id }) => older.every((item) => item.id !== id))])
      setNext(page.next)
    } finally {
      setBusy(false)
    }
  }
  return {
    items: [...(latest ?? []), ...older.filter(({ id }) => !known.has(id))],
    more:
      next === null || latest === null || latest.length === 0 ? null : (
        <button type="button" class="btn touch mt-3 w-full" disabled={isBusy} onClick={() => void read()}>
          {words.say('web.older')}
        </button>
      ),
  }
}
