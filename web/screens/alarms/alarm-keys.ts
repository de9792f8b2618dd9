import { useLayoutEffect } from 'preact/hooks'

/** What a key does with the row that has the focus, if one has. */
export type Keys = Readonly<Record<string, (row: string | null) => void>>

/** Keys of a list: nothing while somebody types, chooses or is asked. */
export function useKeys(keys: Keys): void {
  // Before the next key: who types fast marks what they see.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement
      if (event.ctrlKey || event.metaKey || event.altKey) return
      if (target.closest('input:not([type="checkbox"]), textarea, select, dialog')) return
      if (!Object.hasOwn(keys, event.key)) return
      event.preventDefault()
      keys[event.key]?.(document.activeElement?.closest<HTMLElement>('[data-row]')?.dataset['row'] ?? null)
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  })
}

/** The row above or below takes the focus; the first, where none has it. */
export function focusRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')]
  const here = rows.findIndex((row) => row.contains(document.activeElement))
  const next = here < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, here + step))
  const link = rows[next]?.querySelector('a')
  link?.focus()
  link?.scrollIntoView({ block: 'nearest' })
}
