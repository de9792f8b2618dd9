import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { FIGURES_VERSION } from '#rules/months/figures.ts'
import { homesOf } from '#rules/months/months.ts'
import type { PersonFigures } from '#rules/months/month-figures.ts'
import { type Department, departmentOf, sumOf } from '#rules/months/person-figures.ts'
import { type Language, say } from '../../texts.ts'
import type { ApiContext } from '../context.ts'
import { csvOf } from '../csv.ts'
import { MONTH_PATTERN, monthBounds } from '../month-bounds.ts'
import { PERMISSIONS } from '../permissions.ts'
import { timesOf } from '../site-time.ts'

const Query = Type.Object(
  {
    month: Type.String({ pattern: MONTH_PATTERN, description: 'YYYY-MM, of the site' }),
    format: Type.Union([Type.Literal('json'), Type.Literal('csv')], { default: 'json' }),
    language: Type.Union([Type.Literal('zh-CN'), Type.Literal('en')], { default: 'zh-CN' }),
  },
  { additionalProperties: false },
)
const FIGURES = [
  'opened',
  'settledInside',
  'overdue',
  'level1',
  'level2',
  'level3',
  'excused',
  'points',
  'praise',
  'rated',
  'stars',
] as const

/** The monthly score sheet: per person and per department, counted anew from the journal at each look. */
export function scores(context: ApiContext): FastifyPluginAsyncTypebox {
  const { site, read, clock } = context
  const { timeZone } = site.plan
  const time = timesOf(timeZone)
  const boundsOf = monthBounds(context)

  async function sheetOf(month: string) {
    const { from, to } = boundsOf(month)
    const roleOf = (person: string) => site.plan.staff.find(({ id }) => id === person)?.role
    const asked = { month, timeZone, homes: homesOf(site.plan), now: clock.now(), version: FIGURES_VERSION }
    const { figures, frozen } = await read.month(asked)
    const persons = figures.persons.map((line) => {
      return { ...figuresOf(line), person: line.person, department: departmentOf(roleOf(line.person)), line }
    })
    const departments = [...Map.groupBy(persons, ({ department }) => department)].map(([department, own]) => {
      return { department, ...figuresOf(sumOf(own.map(({ line }) => line))) }
    })
    return {
      month,
      from: time(from),
      to: time(to),
      frozenAt: time(frozen?.at ?? null),
      departments: departments.toSorted((a, b) => (a.department < b.department ? -1 : 1)),
      persons: persons.map(({ line: _, ...figures }) => figures),
      total: figuresOf(sumOf(persons.map(({ line }) => line))),
    }
  }

  return async (app) => {
    app.get(
      '/api/v1/scores',
      {
        config: { access: { roles: PERMISSIONS.readCases } },
        schema: { summary: 'The score sheet of a month, as JSON or as CSV', querystring: Query },
      },
      async ({ query: { month, format, language } }, reply) => {
        const sheet = await sheetOf(month)
        if (format === 'json') return sheet
        return reply
          .type('text/csv; charset=utf-8')
          .header('content-disposition', `attachment; filename="scores-${month}.csv"`)
          .send(csvOf(rowsOf(sheet, language)))
      },
    )
  }
}

type Figures = Readonly<Record<Exclude<(typeof FIGURES)[number], 'stars'>, number>> &
  /** The mean of those who gave any. */
  Readonly<{ stars: number | null }>
type Sheet = Readonly<{
  departments: readonly (Figures & Readonly<{ department: Department }>)[]
  persons: readonly (Figures & Readonly<{ person: string; department: Department }>)[]
  total: Figures
}>

function figuresOf({ levels: [level1, level2, level3], ...line }: Omit<PersonFigures, 'person'>): Figures {
  const { opened, settledInside, overdue, excused, points, praise, rated } = line
  const stars = rated === 0 ? null : Math.round((line.stars / rated) * 100) / 100
  return { opened, settledInside, overdue, level1, level2, level3, excused, points, praise, rated, stars }
}

function rowsOf({ departments, persons, total }: Sheet, language: Language): string[][] {
  const figures = (line: Figures) => FIGURES.map((figure) => String(line[figure] ?? ''))
  const department = (id: Department) => say(language, `department.${id}`)
  const head = (['department', 'person', ...FIGURES] as const).map((column) => say(language, `score.${column}`))
  return [
    head,
    ...persons.map((line) => [
      department(line.department),
      line.person || say(language, 'score.nobody'),
      ...figures(line),
    ]),
    ...departments.map((line) => [department(line.department), say(language, 'score.all'), ...figures(line)]),
    [say(language, 'score.site'), say(language, 'score.all'), ...figures(total)],
  ]
}
