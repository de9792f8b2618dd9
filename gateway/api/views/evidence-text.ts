import type { Params } from '#devices/fault.ts'
import type { Why } from '#rules/event.ts'
import { inAllLanguages, isTextKey, type Language, LANGUAGES, say } from '../../texts.ts'

type Both = Readonly<Record<Language, string>>

const UNITS = [
  ['days', 86_400_000],
  ['hours', 3_600_000],
  ['minutes', 60_000],
  ['seconds', 1_000],
] as const

/** What made a condition, where a value and its limit do not say it: "rose by 0.6 in 10 min". Null: nothing to add. */
export function evidenceText(why: Why | undefined): Both | null {
  const key = `evidence.${why?.code}`
  if (!why || !isTextKey(key)) return null
  const said = LANGUAGES.map((language) => [language, say(language, key, spoken(why.params, language))])
  return Object.fromEntries(said) as Both
}

/** `overMs: 600000` is `over: 10 min`; figures have as many digits as one reads. */
function spoken(params: Params, language: Language): Params {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      if (typeof value !== 'number') return [name, value]
      if (name.endsWith('Ms')) return [name.slice(0, -2), durationText(value, language)]
      return [name, Number(value.toPrecision(4))]
    }),
  )
}

function durationText(ms: number, language: Language): string {
  const [unit, length] = UNITS.find(([, each]) => ms >= 2 * each || ms === each) ?? UNITS[3]
  return inAllLanguages(`duration.${unit}`, { n: Number((ms / length).toPrecision(3)) })[language]
}
