import t from 'tap'
import { LONGEST_LINE, lineReader } from '#gateway/history-files/line-reader.ts'
import type { Precision } from '#gateway/history-files/numerals.ts'
import { places, readAll, reading } from './files.ts'

const read = (precision: Precision | null = null, deviceTag = 'device') => lineReader({ deviceTag, precision })
const AT = Date.UTC(2026, 0, 5, 2)

t.test('a line becomes readings: the tag is the device, each field a point', async (t) => {
  const at = `${AT}`
  const table: [string, string, ReturnType<typeof reading>[]][] = [
    [
      'numbers, booleans and words',
      `pump,area=north,device=P1 pressure=0.5,starts=3i,total=7u,run=T,mode="auto" ${at}`,
      [
        reading('P1', 'pressure', 0.5, AT),
        reading('P1', 'starts', 3, AT),
        reading('P1', 'total', 7, AT),
        reading('P1', 'run', true, AT),
        reading('P1', 'mode', 'auto', AT),
      ],
    ],
    [
      'a quality beside its value',
      `m,device=P1 a=1,a_q="uncertain",b=2,b_q="bad",c=3 ${at}`,
      [
        reading('P1', 'a', 1, AT, { quality: 'uncertain' }),
        reading('P1', 'b', 2, AT, { quality: 'bad' }),
        reading('P1', 'c', 3, AT),
      ],
    ],
    ['a quality before its value', `m,device=P1 a_q="bad",a=1 ${at}`, [reading('P1', 'a', 1, AT, { quality: 'bad' })]],
    [
      'what only looks like one',
      `m,device=P1 a_q="bad" ${at}\nm,device=P1 b=1,b_q="so so",c=2,c_q=3 ${at}`,
      [
        reading('P1', 'a_q', 'bad', AT),
        reading('P1', 'b', 1, AT),
        reading('P1', 'b_q', 'so so', AT),
        reading('P1', 'c', 2, AT),
        reading('P1', 'c_q', 3, AT),
      ],
    ],
    [
      'escapes everywhere',
      `m\\,\\ x,device=P\\ 1\\,\\=,k\\ k=v a\\ b\\,\\==1 ${at}`,
      [reading('P 1,=', 'a b,=', 1, AT)],
    ],
    [
      'text over several lines',
      `m,device=P1 a="one\ntwo, \\"three\\" \\\\" ${at}\r\n`,
      [reading('P1', 'a', 'one\ntwo, "three" \\', AT)],
    ],
    [
      'comments, blank lines and a mark at the beginning',
      `\ufeff# x\n\n  \r\n m,device=P1 a=1 ${at}`,
      [reading('P1', 'a', 1, AT)],
    ],
  ]
  for (const [name, text, readings] of table)
    for (const size of [1, 65_536]) t.strictSame(await readAll(read(), text, size), { readings, bad: [] }, name)
  t.strictSame((await readAll(read(null, 'host'), `m,host=P1 a=1 ${at}`)).readings, [reading('P1', 'a', 1, AT)])
})

t.test('times are s, ms, us or ns: as said, or as their size says', async (t) => {
  const table: [string, Precision | null, number][] = [
    [`${AT / 1_000}`, null, AT],
    [`${AT + 7}`, null, AT + 7],
    [`${AT + 7}999`, null, AT + 7],
    [`${AT + 7}999999`, null, AT + 7],
    ['1', 's', 1_000],
    ['1', 'ms', 1],
    ['1500', 'us', 1],
    ['1500000', 'ns', 1],
    ['-1', 'ns', -1],
    ['-1000000', 'ns', -1],
    ['-1000001', 'ns', -2],
    ['0', 'ns', 0],
  ]
  for (const [time, precision, at] of table) {
    const { readings, bad } = await readAll(read(precision), `m,device=P1 a=1 ${time}`)
    t.strictSame([readings.map((each) => each.at), bad], [[at], []], `${time} ${precision}`)
  }
})

t.test('a bad line is named by its place, and the rest goes on', async (t) => {
  const good = `m,device=P1 ok=1 ${AT}`
  const table: [string, string][] = [
    ['m,device=P1 a=1', '2:1 no_time'],
    [`m,host=P1 a=1 ${AT}`, '2:1 no_device_tag'],
    [`,device=P1 a=1 ${AT}`, '2:1 measurement'],
    [`m,device a=1 ${AT}`, '2:9 tag_key'],
    [`m,=P1 a=1 ${AT}`, '2:3 tag_key'],
    [`m,device= a=1 ${AT}`, '2:10 tag_value'],
    [`m,device=P1,device=P2 a=1 ${AT}`, '2:13 tag_twice'],
    ['m,device=P1', '2:12 fields'],
    [`m,device=P1 a ${AT}`, '2:14 field_key'],
    [`m,device=P1 a= ${AT}`, '2:15 field_value'],
    [`m,device=P1 a=1,5i ${AT}`, '2:19 field_key'],
    [`m,device=P1 a=yes ${AT}`, '2:15 field_value'],
    [`m,device=P1 a=NaN ${AT}`, '2:15 field_value'],
    [`m,device=P1 a=-1u ${AT}`, '2:15 field_value'],
    [`m,device=P1 a=1e999 ${AT}`, '2:15 number_range'],
    [`m,device=P1 a=9223372036854775808i ${AT}`, '2:15 number_range'],
    [`m,device=P1 a=18446744073709551616u ${AT}`, '2:15 number_range'],
    [`m,device=P1 a="x"y ${AT}`, '2:18 after_value'],
    [`m,device=P1 a="x\ny"z ${AT}`, '3:3 after_value'],
    ['m,device=P1 a=1 tomorrow', '2:17 time'],
    ['m,device=P1 a=1 9223372036854775808', '2:17 time_range'],
    [`m,device=P1 a=1 ${AT} 5`, '2:31 after_time'],
    [`m,device=水泵 a=yes ${AT}`, '2:15 field_value'],
    ['# \u0000', '2:3 comment'],
    [`m,device=P1 a="open ${AT}`, '2:15 open_string'],
  ]
  for (const [line, place] of table)
    for (const size of [1, 65_536]) {
      const { readings, bad } = await readAll(read(), `${good}\n${line}\n${good}\n`, size)
      t.strictSame([places(bad), readings.length], [[place], 2], line)
    }
  const { bad } = await readAll(
    read(),
    Buffer.from(`m,device=P\xff a=1 ${AT}\nm,device=P1 a="\xff\n" ${AT}\nbad`, 'latin1'),
  )
  t.strictSame(places(bad), ['1:12 encoding', '3:1 encoding', '4:4 fields'])
  t.strictSame(places((await readAll(read('s'), 'm,device=P1 a=1 9000000000000000')).bad), ['1:1 time_range'])
})

t.test('what never ends is given up after a megabyte, and the rest goes on', async (t) => {
  const good = `m,device=P1 ok=1 ${AT}\n`
  const filler = 'x'.repeat(LONGEST_LINE)
  const many = good.repeat(2 + LONGEST_LINE / good.length)
  t.strictSame(
    places((await readAll(read(), `${good}m,device=P1 a="${filler}" ${AT}\n${good}`)).bad),
    ['2:1 too_long'],
    'a long line',
  )
  t.strictSame(places((await readAll(read(), filler + filler)).bad), ['1:1 too_long'], 'and nothing behind it')
  const { readings, bad } = await readAll(read(), `${good}m,device=P1 a="open ${AT}\n${many}bad\n`)
  t.strictSame(places(bad), ['2:15 open_string', `${many.length / good.length + 3}:4 fields`])
  t.equal(readings.length, many.length / good.length + 1, 'a string that nobody closed')
  const second = await readAll(read(), `m,device=P1 a="x\ny",b="open ${AT}\n${many}`)
  t.strictSame(places(second.bad), ['2:6 open_string'])
  t.equal(second.readings.length, many.length / good.length, 'a second one, behind one of two lines')
  const tail = await readAll(read(), `m,device=P1 a="x\n",b=${filler} ${AT}\n${good}bad\n`, LONGEST_LINE + 30)
  t.strictSame(places(tail.bad), ['2:5 too_long', '4:4 fields'])
  t.equal(tail.readings.length, 1)
})

t.test('a string that nobody closes does not hold the file up', async (t) => {
  let isAtEnd = false
  async function* file() {
    yield Buffer.from(`m,device=P1 a="open ${AT}\n`)
    for (let i = 0; i < 100; i++) yield Buffer.from(`m,device=P1 ok=1 ${AT}\n`.repeat(1_000))
    isAtEnd = true
  }
  let early = 0
  for await (const readings of read()(file(), () => {})) if (!isAtEnd) early += readings.length
  t.ok(early > 50_000, `${early} readings before the end`)
})

t.test('how fast it is', async (t) => {
  const lines = 400_000
  let text = ''
  for (let i = 0; i < lines; i++)
    text += `pump-set,area=north,device=PR${i % 50},site=demo pressure=${(i % 977) / 100},run=true ${AT + i}\n`
  const bytes = Buffer.from(text)
  const before = performance.now()
  const { readings } = await readAll(read(), bytes)
  const seconds = (performance.now() - before) / 1_000
  t.equal(readings.length, 2 * lines)
  t.comment(`line protocol: ${Math.round(lines / seconds).toLocaleString('en')} lines/s of two fields`)
})
