import { request } from 'node:http'
import t from 'tap'
import { csvReader } from '#gateway/history-files/csv-reader.ts'
import type { HistorySource } from '#gateway/history-files/ports.ts'
import { openEstate } from '../api/estate.ts'
import { until } from '../fakes/until.ts'
import { memoryHistory, readAll, reading } from './files.ts'

const AT = Date.UTC(2026, 0, 5, 1)
const DAY_MS = 86_400_000
const START = [
  reading('P1', 'a', 1, AT),
  reading('P1', 'a', 2, AT + 1, { quality: 'uncertain' }),
  reading('P1', 'b', '=1+1', AT + 2),
  reading('P2', 'a', 3, AT + 3),
]

async function serve(t: { teardown(run: () => unknown): void }, history: HistorySource) {
  const estate = await openEstate({ history })
  t.teardown(() => estate.close())
  const get = (query: Record<string, string>, who: Parameters<typeof estate.as>[0] = 'engineer') =>
    estate.as(who, `/api/v1/export?${new URLSearchParams(query).toString()}`)
  return { estate, get }
}
const FROM = new Date(AT).toISOString()

t.test('one device or one point comes as a file', async (t) => {
  const { get } = await serve(t, memoryHistory(START))
  const csv = await get({ device: 'P1', from: FROM })
  t.equal(csv.status, 200)
  t.equal(csv.headers.get('content-type'), 'text/csv; charset=utf-8')
  t.equal(csv.headers.get('content-disposition'), 'attachment; filename="P1.csv"')
  t.strictSame(await readAll(csvReader({ precision: null }), Buffer.from(await csv.arrayBuffer())), {
    readings: START.slice(0, 3),
    bad: [],
  })
  const line = await get({ device: 'P1', point: 'a', from: `${AT}`, to: `${AT + 1}`, format: 'line' })
  t.equal(line.headers.get('content-disposition'), 'attachment; filename="P1.a.lp"')
  t.equal(await line.text(), `readings,device=P1 a=1 ${AT}\n`)
})

t.test('S42 what is too much for one request is refused with words', async (t) => {
  const { get } = await serve(t, memoryHistory(START))
  const table: [Record<string, string>, number, RegExp][] = [
    [{ device: 'P1', from: `${AT}`, to: `${AT + 400 * DAY_MS}` }, 200, /^\ufefftime/],
    [{ device: 'P1', from: `${AT}`, to: `${AT + 400 * DAY_MS + 1}` }, 400, /to - from <= 400 d/],
    [{ device: 'P1', from: '2016-01-01T00:00:00Z' }, 400, /to - from <= 400 d/],
    [{ device: 'P1', from: FROM, to: FROM }, 400, /from < to/],
    [{ device: 'P1', from: 'yesterday' }, 400, /from: ISO 8601/],
    [{ device: 'P1', from: FROM, to: 'now' }, 400, /to: ISO 8601/],
    [{ device: 'P1' }, 400, /from/],
    [{ from: FROM }, 400, /device/],
    [{ device: '', from: FROM }, 400, /device/],
    [{ device: 'P1', from: FROM, format: 'xml' }, 400, /format/],
    [{ device: 'P1', from: FROM, all: 'yes' }, 400, /additional/],
    [{ device: 'P9', from: FROM }, 404, /not_found/],
    [{ device: 'P1', point: 'c', from: FROM }, 404, /not_found/],
  ]
  for (const [query, status, words] of table) {
    const answer = await get(query)
    t.equal(answer.status, status, JSON.stringify(query))
    // The decoder of a text answer would take the mark of the byte order away.
    t.match(Buffer.from(await answer.arrayBuffer()).toString(), words)
  }
})

t.test('S02 only those who may see the plant', async (t) => {
  const { get } = await serve(t, memoryHistory(START))
  const query = { device: 'P1', from: FROM }
  for (const role of ['admin', 'manager', 'engineer', 'monitor', 'quality', 'field'] as const)
    t.equal((await get(query, role)).status, 200, role)
  for (const role of ['steward', 'agent', 'contractor', 'resident'] as const)
    t.equal((await get(query, role)).status, 403, role)
})

t.test('S42 two at a time, read no faster than they are taken, and given up with their reader', async (t) => {
  const page = Array.from({ length: 500 }, (_, n) => reading('P1', 'a', n, AT + n))
  let [pages, open] = [0, 0]
  const endless: HistorySource = {
    series: () => Promise.resolve([{ device: 'P1', point: 'a' }]),
    async *read() {
      open++
      try {
        for (;;) {
          pages++
          yield await Promise.resolve(page)
        }
      } finally {
        open--
      }
    },
  }
  const { estate, get } = await serve(t, endless)
  const ask = () =>
    new Promise<() => void>((resolve, reject) => {
      const asked = request(`${estate.url}/api/v1/export?device=P1&from=${FROM}`, {
        headers: { authorization: `Bearer ${estate.tokens.engineer}` },
        agent: false,
      })
      // Takes the head of the answer and leaves the rest in the wire.
      asked.on('response', (answer) => resolve(() => answer.destroy()))
      asked.on('error', reject)
      asked.end()
    })
  const leave = [await ask(), await ask()]
  const busy = await get({ device: 'P1', from: FROM })
  t.equal(busy.status, 503)
  t.match(await busy.json(), { code: 'busy' })
  let seen = -1
  await until('the readers to stand still', () => {
    const isStill = seen === pages
    seen = pages
    return isStill
  })
  t.ok(pages < 2_000, `${pages} pages were read for readers that take nothing`)
  for (const go of leave) go()
  await until('the history to be let go', () => open === 0)
  const leaveAgain = await ask()
  leaveAgain()
  await until('the history to be let go', () => open === 0)
})

t.test('a history that breaks is a broken answer, never a short one', async (t) => {
  const history = memoryHistory(START)
  const { get } = await serve(t, {
    ...history,
    async *read(...asked) {
      yield* history.read(...asked)
      throw new Error('disk')
    },
  })
  for (let i = 0; i < 3; i++)
    await t.rejects(
      get({ device: 'P1', from: FROM }).then((answer) => answer.text()),
      'cut, and its place is free again',
    )
  const { get: getBroken } = await serve(t, { ...history, series: () => Promise.reject(new Error('disk')) })
  for (let i = 0; i < 3; i++) t.equal((await getBroken({ device: 'P1', from: FROM })).status, 500)
})
