import type { Words } from '../../words/words.ts'

/** 0.153 → 15 %; what is nearly all or next to nothing keeps a digit. */
export function percent(words: Words, share: number): string {
  const value = share * 100
  const isNear = (value > 0 && value < 1) || (value > 99 && value < 100)
  return `${words.format.number(isNear ? Math.round(value * 10) / 10 : Math.round(value))} %`
}
