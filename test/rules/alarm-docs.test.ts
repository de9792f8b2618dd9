import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { ALARM_TABLE, ALARM_TRANSITIONS, type AlarmTrigger, nextAlarmState } from '#rules/alarms/states.ts'

const PAGE = new URL('../../docs/alarms.md', import.meta.url)
const TRIGGERS: readonly AlarmTrigger[] = ['occur', 'rise', 'clear', 'acknowledge', 'reset', 'announce']

const words = (text: string) => text.replaceAll('_', ' ')

/** As the formatter of the project lays tables out: columns as wide as their widest cell. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`
  return [line(rows[0]!), line(widths.map((width) => '-'.repeat(width))), ...rows.slice(1).map(line)].join('\n')
}

function states(): string {
  const rows = Object.entries(ALARM_TABLE).map(([state, row]) => [
    words(state),
    row.process,
    row.announced,
    row.acknowledged,
    row.enter,
    row.leave,
  ])
  return table([['state', 'process', 'announced', 'acknowledged', 'enter', 'leave'], ...rows])
}

function transitions(): string {
  const from = Object.keys(ALARM_TRANSITIONS) as (keyof typeof ALARM_TRANSITIONS)[]
  const cell = (state: (typeof from)[number], trigger: AlarmTrigger) => {
    const [plain, latching] = [false, true].map((latch) => nextAlarmState(state, trigger, latch))
    const both = plain === latching ? [plain] : [plain, latching]
    return both.map((to) => (to === null || to === undefined ? '–' : words(to))).join(', or ')
  }
  return table([
    ['from', ...TRIGGERS],
    ...from.map((state) => [words(state), ...TRIGGERS.map((each) => cell(state, each))]),
  ])
}

/** `UPDATE_DOCS=1` writes the tables; without it the page must hold them already. */
t.test('the page for people prints the table of the code', async (t) => {
  let page = readFileSync(PAGE, 'utf8')
  for (const [name, text] of [
    ['states', states()],
    ['transitions', transitions()],
  ] as const) {
    const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
    const found = page.slice(page.indexOf(begin) + begin.length, page.indexOf(end)).trim()
    if (process.env['UPDATE_DOCS'])
      page = page.replace(`${begin}${page.split(begin)[1]!.split(end)[0]}${end}`, () => `${begin}\n\n${text}\n\n${end}`)
    else t.equal(found, text, `docs/alarms.md, ${name}: run with UPDATE_DOCS=1 to print it anew`)
  }
  if (process.env['UPDATE_DOCS']) writeFileSync(PAGE, page)
})
