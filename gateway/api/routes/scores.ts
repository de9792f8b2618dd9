import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Temporal } from 'temporal-polyfill'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import { type Department, departmentOf, type Score, sumOf } from '#rules/cases/scores.ts'
import { say } from '../../texts.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { timesOf } from '../site-time.ts'

const Query = Type.Object(
  {
    month: Type.String({ pattern: '^\\d{4}-(0[1-9]|1[0-2])$', description: 'YYYY-MM, of the site' }),
    format: Type.Union([Type.Literal('json'), Type.Literal('csv')], { default: 'json' }),
    language: Type.Union([Type.Literal('zh-CN'), Type.Literal('en')], { default: 'zh-CN' }),
  },
  { additionalProperties: false },
)
/** Excel in Chinese reads UTF-8 only where this says so. */
const BYTE_ORDER_MARK = '\uFEFF'
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
] as const

/** The monthly score sheet: per person and per department, counted anew from the journal at each look. */
export function scores({ site, read, clock }: ApiContext): FastifyPluginAsyncTypebox {
  const { timeZone } = site.plan
  const time = timesOf(timeZone)

  function monthOf(written: string): { from: number; to: number } {
    const month = Temporal.PlainYearMonth.from(written)
    const beginOf = (of: Temporal.PlainYearMonth) =>
      of.toPlainDate({ day: 1 }).toZonedDateTime({ timeZone }).epochMilliseconds - clock.wallOffsetMs()
    return { from: beginOf(month), to: beginOf(month.add({ months: 1 })) }
  }

  async function sheetOf(month: string) {
    const { from, to } = monthOf(month)
    if (from > clock.now()) throw new Fault('invalid_request', { detail: 'month: not yet' })
    const roleOf = (person: string) => site.plan.staff.find(({ id }) => id === person)?.role
    const persons = (await read.scores(from, to)).map((score) => {
      return { ...figuresOf(score), person: score.person, department: departmentOf(roleOf(score.person)), score }
    })
    const departments = [...Map.groupBy(persons, ({ department }) => department)].map(([department, own]) => {
      return { department, ...figuresOf(sumOf(own.map(({ score }) => score))) }
    })
    return {
      month,
      from: time(from),
      to: time(to),
      departments: departments.toSorted((a, b) => (a.department < b.department ? -1 : 1)),
      persons: persons.map(({ score: _, ...line }) => line),
      total: figuresOf(sumOf(persons.map(({ score }) => score))),
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
          .send(csvOf(sheet, language))
      },
    )
  }
}

type Figures = Readonly<Record<(typeof FIGURES)[number], number>>
type Sheet = Readonly<{
  departments: readonly (Figures & Readonly<{ department: Department }>)[]
  persons: readonly (Figures & Readonly<{ person: string; department: Department }>)[]
  total: Figures
}>

function figuresOf({ levels: [level1, level2, level3], ...score }: Omit<Score, 'person'>): Figures {
  const { opened, settledInside, overdue, excused, points, praise } = score
  return { opened, settledInside, overdue, level1, level2, level3, excused, points, praise }
}

function csvOf({ departments, persons, total }: Sheet, language: 'zh-CN' | 'en'): string {
  const figures = (line: Figures) => FIGURES.map((figure) => String(line[figure]))
  const department = (id: Department) => say(language, `department.${id}`)
  const head = (['department', 'person', ...FIGURES] as const).map((column) => say(language, `score.${column}`))
  const rows = [
    head,
    ...persons.map((line) => [
      department(line.department),
      line.person || say(language, 'score.nobody'),
      ...figures(line),
    ]),
    ...departments.map((line) => [department(line.department), say(language, 'score.all'), ...figures(line)]),
    [say(language, 'score.site'), say(language, 'score.all'), ...figures(total)],
  ]
  return BYTE_ORDER_MARK + rows.map((row) => `${row.map(cellOf).join(',')}\r\n`).join('')
}

/** What begins like a formula is text, and stays text. */
function cellOf(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
