import t from 'tap'
import { cellValue, isoTimeMs, valueCell } from '#gateway/history-files/cells.ts'
import { csvReader } from '#gateway/history-files/csv-reader.ts'
import { exported, memoryHistory, places, readAll, reading } from './files.ts'

const read = csvReader({ precision: null })
const AT = Date.UTC(2026, 0, 5, 2)
const HEAD = 'time,device,point,value,quality\n'

t.test('the long form: one reading a row', async (t) => {
  const table: [string, string, ReturnType<typeof reading>[]][] = [
    ['ISO time and a number', `${HEAD}2026-01-05T10:00:00+08:00,P1,a,0.5,good\n`, [reading('P1', 'a', 0.5, AT)]],
    ['no quality is good', `${HEAD}${AT},P1,a,1,\n`, [reading('P1', 'a', 1, AT)]],
    [
      'booleans and words',
      `${HEAD}${AT},P1,a,true,good\n${AT},P1,a,FALSE,good\n${AT},P1,a,auto,good\n`,
      [reading('P1', 'a', true, AT), reading('P1', 'a', false, AT), reading('P1', 'a', 'auto', AT)],
    ],
    ['an empty value is none', `${HEAD}${AT},P1,a,,\n`, []],
    [
      'unless its quality says why',
      `time,device,point,value,quality,reason\n${AT},P1,a,,bad,no_response\n`,
      [reading('P1', 'a', null, AT, { quality: 'bad', reason: 'no_response' })],
    ],
    [
      'columns in any order, others left aside, a mark at the beginning, Windows line ends, a blank line',
      `\ufeffValue,Unit, Point ,Device,Time\r\n7,bar,a,P1,${AT / 1_000}\r\n\r\n`,
      [reading('P1', 'a', 7, AT)],
    ],
    [
      'quoted cells',
      `\ufeff"time","device","point","value","quality"\n"${AT}","P1","a","say ""hi"",\nthere","good"\n`,
      [reading('P1', 'a', 'say "hi",\nthere', AT)],
    ],
    ['nothing but a header', HEAD, []],
    ['nothing', '', []],
  ]
  for (const [name, text, readings] of table)
    for (const size of [1, 65_536]) t.strictSame(await readAll(read, text, size), { readings, bad: [] }, name)
})

t.test('the wide form: one column for each point of a device', async (t) => {
  const text = `time,P1.pressure,P1.mode,P2.motor.run\n${AT},0.5,auto,true\n${AT + 1_000},,,false\n`
  t.strictSame(await readAll(read, text), {
    readings: [
      reading('P1', 'pressure', 0.5, AT),
      reading('P1', 'mode', 'auto', AT),
      reading('P2', 'motor.run', true, AT),
      reading('P2', 'motor.run', false, AT + 1_000),
    ],
    bad: [],
  })
})

t.test('a bad row is named by line and cell, and the rest goes on', async (t) => {
  const good = `${AT},P1,ok,1,good\n`
  const table: [string, string][] = [
    ['yesterday,P1,a,1,good', '3:1 time'],
    ['2026-02-30T00:00:00Z,P1,a,1,good', '3:1 time'],
    ['2026-01-05T25:00:00Z,P1,a,1,good', '3:1 time'],
    ['2026-01-05 10:00:00,P1,a,1,good', '3:1 no_offset'],
    ['9223372036854775808,P1,a,1,good', '3:1 time_range'],
    [`${AT},,a,1,good`, '3:2 no_device'],
    [`${AT},P1,,1,good`, '3:3 no_point'],
    [`${AT},P1,a,1e999,good`, '3:4 number_range'],
    [`${AT},P1,a,1,fine`, '3:5 quality'],
    [`${AT},P1,a,1`, '3:5 columns'],
    [`${AT},P1,a,1,good,more`, '3:6 columns'],
    [`${AT},P1,a,"one\ntwo",fine`, '3:5 quality'],
    [`${AT},P1,a,5" pipe,good`, '3:1 quotes'],
  ]
  for (const [row, place] of table)
    for (const size of [1, 65_536]) {
      const { readings, bad } = await readAll(read, `${HEAD}${good}${row}\n${good}`, size)
      t.strictSame([places(bad), readings.length], [[place], 2], row)
    }
  for (const header of ['', 'a,b', 'device,point,value', 'time', 'time,pressure', 'time,.a', 'time,device,value'])
    t.strictSame(places((await readAll(read, `${header}\n${good}`.trimStart())).bad), ['1:1 header'], header)
})

t.test('a quotation mark out of place says which lines it took along', async (t) => {
  const good = `${AT},P1,ok,1,good\n`
  const { readings, bad } = await readAll(
    read,
    `${HEAD}${good}${AT},P1,a,"x"y,good\n${good}${AT},"P1",a,1,good\n${good}`,
  )
  t.match(bad, [{ line: 3, code: 'quotes', params: { upTo: 5 } }])
  t.equal(readings.length, 2)
  const open = await readAll(read, `${HEAD}${good}${AT},P1,a,"x,good\n${good}`)
  t.match(open.bad, [{ line: 3, code: 'quotes', params: { upTo: 5 } }])
  const endless = await readAll(read, `${HEAD}${good}${AT},P1,a,"${'x\n'.repeat(1_000_000)}`)
  t.strictSame(places(endless.bad), ['3:1 too_long'])
  t.equal(endless.readings.length, 1, 'what stood before it is kept')
})

t.test('a cell holds what it says', async (t) => {
  const table: [string, ReturnType<typeof cellValue>][] = [
    ['', null],
    ['-1.5e3', -1_500],
    [' 7 ', 7],
    ['+7', 7],
    ['.5', 0.5],
    ['TRUE', true],
    ['1,5', '1,5'],
    ['0x10', '0x10'],
    ['n/a', 'n/a'],
    ["'7", '7'],
    ["'", ''],
    ["'=1+1", '=1+1'],
    ["'tis", "'tis"],
    ['=1+1', '=1+1'],
  ]
  for (const [cell, value] of table) t.strictSame(cellValue(cell), value, cell)
})

t.test('a spreadsheet calculates nothing of an export, and takes its numbers for numbers', async (t) => {
  const formulas = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', "'=1", '=HYPERLINK("http://x")', '＝1']
  for (const text of formulas) t.equal(valueCell(text), `'${text}`)
  t.strictSame([-1.5, 1e21, -0, true, null].map(valueCell), ['-1.5', '1e+21', '0', 'true', ''])
  const history = memoryHistory([
    reading('=P1', '@a', -5, AT),
    reading('P1', 'a', '=cmd|x', AT, { quality: 'uncertain' }),
    reading('P1', 'b', null, AT, { quality: 'bad', reason: 'silent' }),
    reading('P1', 'c', 'one\rtwo', AT),
  ])
  t.equal(
    await exported(history, 'csv'),
    `\ufefftime,device,point,value,quality,reason
2026-01-05T02:00:00.000Z,'=P1,'@a,-5,good,
2026-01-05T02:00:00.000Z,P1,a,'=cmd|x,uncertain,
2026-01-05T02:00:00.000Z,P1,b,,bad,silent
2026-01-05T02:00:00.000Z,P1,c,"one\rtwo",good,
`,
  )
})

t.test('a time of day with its offset', async (t) => {
  const table: [string, number | string][] = [
    ['2026-01-05T02:00:00Z', AT],
    ['2026-01-05T02:00Z', AT],
    ['2026-01-05 10:00:00.5+08:00', AT + 500],
    ['2026-01-05T10:00:00,123456789+0800', AT + 123],
    ['2026-01-04T21:30:00-04:30', AT],
    ['2026-01-05T02:00:00 +00', AT],
    ['2026-01-05T02:00:00', 'no_offset'],
    ['2026-13-05T02:00:00Z', 'time'],
    ['2026-01-05', 'time'],
    ['05/01/2026 02:00', 'time'],
  ]
  for (const [text, at] of table) t.equal(isoTimeMs(text), at, text)
})

t.test('how fast it is', async (t) => {
  const rows = 300_000
  let text = HEAD
  for (let i = 0; i < rows; i++) text += `2026-01-05T02:00:00.${100 + (i % 900)}Z,P${i % 50},pressure,${i % 977},good\n`
  const bytes = Buffer.from(text)
  const before = performance.now()
  const { readings } = await readAll(read, bytes)
  const seconds = (performance.now() - before) / 1_000
  t.equal(readings.length, rows)
  t.comment(`CSV: ${Math.round(rows / seconds).toLocaleString('en')} rows/s`)
})
