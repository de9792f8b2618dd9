import t from 'tap'
import { csvOf, fileNameOf, rowsOf } from '../../web/screens/asset/csv.ts'
import { heardOf, stretchesOf } from '../../web/screens/asset/stretches.ts'
import { fitted, moved, queryOf, spanOf, type View, viewOf, zoomed } from '../../web/screens/asset/view.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const NOW = Date.parse('2026-03-01T12:00:00Z')

/** One bucket a minute: a figure is good, `!` is bad, `?` uncertain with a figure, `.` is silence. */
function bucketsFrom(signs: string) {
  return Array.from(signs, (sign, index) => {
    const value = sign === '.' || sign === '!' ? null : sign === '?' ? 5 : Number(sign)
    return {
      t: new Date(NOW + index * MINUTE).toISOString(),
      min: value,
      mean: value,
      max: value,
      n: value === null ? 0 : 1,
      quality:
        sign === '.'
          ? null
          : sign === '!'
            ? ('bad' as const)
            : sign === '?'
              ? ('uncertain' as const)
              : ('good' as const),
    }
  })
}

t.test('an address keeps what a chart shows, and a wrong one is as none', async (t) => {
  const span = { from: NOW - 2 * HOUR, to: NOW - HOUR }
  for (const view of [
    { range: '1h', span: null },
    { range: '30d', span },
  ] satisfies View[]) {
    const query = queryOf('PR1-H.outlet_pressure', view)
    t.strictSame(viewOf(Object.fromEntries(new URLSearchParams(query))), view, query)
  }
  t.equal(
    queryOf('a.b', { range: '24h', span }),
    'point=a.b&range=24h&from=2026-03-01T10:00:00Z&to=2026-03-01T11:00:00Z',
  )
  const nonsense: Record<string, string>[] = [
    { range: 'constructor' },
    { range: '1h', from: 'x', to: 'y' },
    { range: '1h', from: '2026-03-01T12:00:00Z', to: '2026-03-01T11:00:00Z' },
    { range: '1h', from: '2026-03-01T12:00:00Z', to: '2026-03-01T12:00:01Z' },
    { range: '1h', from: '2025-03-01T12:00:00Z', to: '2026-03-01T12:00:00Z' },
    { range: '1h', from: '2026-03-01T11:00:00Z' },
  ]
  for (const query of nonsense) t.strictSame(viewOf(query), { range: '1h', span: null }, JSON.stringify(query))
})

t.test('closer, further, earlier, later: never too close, too far, or beyond now', async (t) => {
  const hour = spanOf({ range: '1h', span: null }, NOW)
  t.strictSame(hour, { from: NOW - HOUR, to: NOW })
  t.strictSame(zoomed(hour, 0.5, NOW), { from: NOW - 45 * MINUTE, to: NOW - 15 * MINUTE })
  t.strictSame(zoomed(hour, 2, NOW), { from: NOW - 2 * HOUR, to: NOW }, 'what would be beyond now is before it')
  t.strictSame(moved(hour, -0.25, NOW), { from: NOW - 75 * MINUTE, to: NOW - 15 * MINUTE })
  t.strictSame(moved(hour, 0.25, NOW), hour)
  t.strictSame(
    fitted({ from: NOW - 10_000, to: NOW - 5_000 }, NOW).to - fitted({ from: NOW - 10_000, to: NOW - 5_000 }, NOW).from,
    MINUTE,
  )
  t.equal(zoomed({ from: NOW - 30 * DAY, to: NOW }, 2, NOW).from, NOW - 31 * DAY)
})

t.test('a gap is seen as one, and so is what was not good', async (t) => {
  const cases: [signs: string, validity: number, drawn: string, stretches: string][] = [
    ['1234', 1, '1234', ''],
    // Reports every third minute and is valid for three: no gap.
    ['1..2..3', 3, '123', ''],
    ['1.....2', 3, '1|2', ''],
    // A bad value breaks the line, however short it was.
    ['12!45', 3, '12|45', 'bad 2-3'],
    ['1!!!!5', 3, '1|5', 'bad 1-5'],
    // Silence after a bad value is not claimed to be bad for longer than a value is valid.
    ['1!.......9', 3, '1|9', 'bad 1-5'],
    ['1??4', 1, '1554', 'uncertain 1-3'],
    ['?!?', 1, '5|5', 'uncertain 0-1, bad 1-2, uncertain 2-4'],
    ['....', 1, '', ''],
  ]
  const minutes = (ms: number) => (ms - NOW) / MINUTE
  for (const [signs, validity, drawn, expected] of cases) {
    const points = bucketsFrom(signs)
    t.equal(
      heardOf(points, validity * MINUTE)
        .map(({ mean }) => mean ?? '|')
        .join(''),
      drawn,
      `drawn of ${signs}`,
    )
    t.equal(
      stretchesOf(points, validity * MINUTE)
        .map(({ quality, from, to }) => `${quality} ${minutes(from)}-${minutes(to)}`)
        .join(', '),
      expected,
      `not good of ${signs}`,
    )
  }
})

t.test('a table opens in a spreadsheet, in Chinese, and calculates nothing', async (t) => {
  const points = [
    { t: '2026-03-01T20:00:00+08:00', min: 1, mean: 0.1 + 0.2, max: 2, n: 3, quality: 'good' as const },
    { t: '2026-03-01T20:01:00+08:00', min: null, mean: null, max: null, n: 0, quality: null },
    { t: '2026-03-01T20:01:30+08:00', min: 4, mean: 4, max: 4, n: 1, quality: 'bad' as const },
    { t: '2026-03-01T20:01:45+08:00', min: null, mean: null, max: null, n: 0, quality: 'bad' as const },
    { t: '2026-03-01T20:02:00+08:00', min: -1.5, mean: -1.5, max: -1.5, n: 1, quality: 'uncertain' as const },
  ]
  const hostile = '=HYPERLINK("http://x","y")'
  const csv = csvOf(
    ['时间', hostile, '@a', '+b', '-c', '<img src=x onerror=1>'],
    rowsOf(points, (quality) => `质量 ${quality}`),
  )
  t.equal(
    csv,
    '\uFEFF时间,"\'=HYPERLINK(""http://x"",""y"")",\'@a,\'+b,\'-c,<img src=x onerror=1>\r\n' +
      '2026-03-01 20:00:00,0.3,1,2,3,质量 good\r\n' +
      '2026-03-01 20:01:30,4,4,4,1,质量 partly\r\n' +
      '2026-03-01 20:01:45,,,,0,质量 bad\r\n' +
      '2026-03-01 20:02:00,-1.5,-1.5,-1.5,1,质量 uncertain\r\n',
  )
  t.strictSame([...Buffer.from(csv).subarray(0, 3)], [0xef, 0xbb, 0xbf], 'the mark that tells UTF-8')
  const span = { from: '2026-03-01T20:00:00+08:00', to: '2026-03-02T20:00:00+08:00' }
  t.equal(fileNameOf('PR1-H.outlet_pressure', span), 'PR1-H.outlet_pressure_20260301-2000_20260302-2000')
  t.equal(fileNameOf('泵../a:b', span), '泵.._a_b_20260301-2000_20260302-2000')
})
