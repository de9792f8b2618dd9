import type { HistoryLine } from '../../api/alarm-types.ts'
import type { Alarm } from '../../api/types.ts'
import type { Words } from '../../words/words.ts'

/** Why nobody is told, in words; null where everybody was. */
export function whyNotText(words: Words, why: Alarm['whyNot'] | HistoryLine['silence']): string | null {
  if (why === null) return null
  const { code, by: _, root, ...params } = why as Readonly<Record<string, string | null>>
  const said = Object.fromEntries(
    Object.entries({ ...params, root: root ?? '' }).flatMap(([name, value]) => {
      if (value === null || value === undefined) return []
      return [[name, name === 'until' || name === 'since' ? words.format.moment(value) : String(value)]]
    }),
  )
  return words.sayCode('whyNot', code ?? '', said)
}
