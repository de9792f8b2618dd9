import { type Language, say, type TextKey } from '../../texts.ts'
import type { MonthView } from './month-view.ts'
import { written } from './month-view.ts'

const TALLIES = [
  'opened',
  'merged',
  'cancelled',
  'falseAlarms',
  'counted',
  'verified',
  'settledInside',
  'level2',
  'level3',
] as const
const PERSON = ['opened', 'settledInside', 'overdue', 'excused', 'points', 'praise', 'rated'] as const

/** The month as a list for spreadsheets: the figures with their definitions, where they come from, people, corrections. */
export function monthRows(view: MonthView, language: Language): string[][] {
  const word = (key: TextKey) => say(language, key)
  const { frozen, lines, sources, persons, corrections } = view
  return [
    [word('month.column.month'), view.month],
    [word('month.column.frozenAt'), frozen?.at ?? ''],
    [word('month.column.version'), String(frozen?.version ?? '')],
    [word('month.column.hash'), frozen?.hash ?? ''],
    [word('month.column.homes'), String(view.homes)],
    [],
    (['figure', 'result', 'value', 'of', 'now', 'means'] as const).map((column) => word(`month.column.${column}`)),
    ...lines.map((line) => [
      line.name[language],
      written(line, language),
      String(line.value ?? ''),
      String(line.of ?? ''),
      line.now ? written({ ...line, ...line.now }, language) : '',
      line.means[language],
    ]),
    [],
    [word('month.column.source'), ...TALLIES.map((tally) => word(`month.tally.${tally}`))],
    ...sources.map((line) => [word(`month.source.${line.source}`), ...TALLIES.map((tally) => String(line[tally]))]),
    [],
    (['person', ...PERSON, 'level1', 'level2', 'level3', 'stars'] as const).map((column) => word(`score.${column}`)),
    ...persons.map(({ person, levels, stars, ...line }) => [
      person || word('score.nobody'),
      ...PERSON.map((figure) => String(line[figure])),
      ...levels.map(String),
      written({ unit: 'mean', value: stars, of: line.rated }, language),
    ]),
    [],
    (['corrected', 'type', 'subject', 'by'] as const).map((column) => word(`month.column.${column}`)),
    ...corrections.map(({ at, name, subject, by }) => [at ?? '', name[language], subject, by ?? '']),
  ]
}
