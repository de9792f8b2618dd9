import { type Signal, signal } from '@preact/signals'
import { recall, remember } from './memory.ts'

export type Theme = 'light' | 'dark'
const KEPT_AS = 'caretaker.theme'

/** The system's wish, until the reader has one of their own. */
export function openTheme(): Readonly<{ theme: Signal<Theme>; toggle(): void }> {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const chosen = () => {
    const kept = recall(KEPT_AS)
    return kept === 'light' || kept === 'dark' ? kept : null
  }
  const theme = signal<Theme>(chosen() ?? (dark.matches ? 'dark' : 'light'))
  dark.addEventListener('change', () => {
    if (chosen() === null) theme.value = dark.matches ? 'dark' : 'light'
  })
  return {
    theme,
    toggle() {
      theme.value = theme.value === 'dark' ? 'light' : 'dark'
      document.documentElement.dataset.theme = theme.value
      remember(KEPT_AS, theme.value)
    },
  }
}
